import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { currentDocument } from "./openapi.document.ts";

// Usage: node --conditions=@grantline/source tools/docs/openapi.ts [--check]
const target = new URL("../../docs/reference/openapi.json", import.meta.url);
const document = await currentDocument();

if (!process.argv.includes("--check")) {
  writeFileSync(target, `${JSON.stringify(document, undefined, 2)}\n`);
} else if (!isDeepStrictEqual(JSON.parse(readFileSync(target, "utf8")), document)) {
  console.error("docs/reference/openapi.json is not what the endpoints say: run node --conditions=@grantline/source tools/docs/openapi.ts");
  process.exitCode = 1;
}
