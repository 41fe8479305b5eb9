import { readFileSync, writeFileSync } from "node:fs";
import { cliPage } from "./cli.page.ts";

/**
 * node --conditions=@grantline/source tools/docs/cli.ts           writes docs/reference/cli.md
 * node --conditions=@grantline/source tools/docs/cli.ts --check   writes nothing; exit code 1 when the page is out of date
 */
const file = new URL("../../docs/reference/cli.md", import.meta.url);
const page = cliPage();

if (!process.argv.includes("--check")) {
  writeFileSync(file, page);
} else if (readFileSync(file, "utf8") !== page) {
  console.error("docs/reference/cli.md is out of date: run node --conditions=@grantline/source tools/docs/cli.ts");
  process.exitCode = 1;
}
