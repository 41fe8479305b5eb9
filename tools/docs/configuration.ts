import { readFileSync, writeFileSync } from "node:fs";
import { configReference } from "@grantline/config";

// Usage: node --conditions=@grantline/source tools/docs/configuration.ts [--check]
const target = new URL("../../docs/reference/configuration.md", import.meta.url);
const text = `${configReference().trimEnd()}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error(
    "docs/reference/configuration.md is not what the schema says: run node --conditions=@grantline/source tools/docs/configuration.ts",
  );
  process.exitCode = 1;
}
