import { readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { asyncApiDocument } from "./asyncapi.document.ts";

// Usage: node --conditions=@grantline/source tools/docs/asyncapi.ts [--check]
const file = new URL("../../docs/reference/asyncapi.yaml", import.meta.url);
const page = `# Written by tools/docs/asyncapi.ts from the catalogue of events; do not edit.\n${stringify(asyncApiDocument(), { lineWidth: 0 })}`;

if (!process.argv.includes("--check")) {
  writeFileSync(file, page);
} else if (readFileSync(file, "utf8") !== page) {
  console.error("docs/reference/asyncapi.yaml is out of date: run node --conditions=@grantline/source tools/docs/asyncapi.ts");
  process.exitCode = 1;
}
