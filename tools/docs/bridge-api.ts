import { readFileSync, writeFileSync } from "node:fs";
import { bridgeDocument } from "./bridge-api.document.ts";
import { type BridgeDocument, bridgePage } from "./bridge-api.page.ts";

// Usage: node --conditions=@grantline/source tools/docs/bridge-api.ts [--check]
const document = (await bridgeDocument()) as BridgeDocument;
const files = { "bridge-openapi.json": `${JSON.stringify(document, undefined, 2)}\n`, "bridge-api.md": bridgePage(document) };

for (const [name, text] of Object.entries(files)) {
  const file = new URL(`../../docs/reference/${name}`, import.meta.url);
  if (!process.argv.includes("--check")) {
    writeFileSync(file, text);
  } else if (readFileSync(file, "utf8") !== text) {
    console.error(`docs/reference/${name} is out of date: run node --conditions=@grantline/source tools/docs/bridge-api.ts`);
    process.exitCode = 1;
  }
}
