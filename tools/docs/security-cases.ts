import { readFileSync, writeFileSync } from "node:fs";
import { securityCasesPage } from "./security-cases.page.ts";

/**
 * node --conditions=@grantline/source tools/docs/security-cases.ts           writes docs/reference/security-cases.md
 * node --conditions=@grantline/source tools/docs/security-cases.ts --check   writes nothing; exit code 1 when the page is out of date
 */
const file = new URL("../../docs/reference/security-cases.md", import.meta.url);
const page = securityCasesPage();

if (!process.argv.includes("--check")) {
  writeFileSync(file, page);
} else if (readFileSync(file, "utf8") !== page) {
  console.error("docs/reference/security-cases.md is out of date: run node --conditions=@grantline/source tools/docs/security-cases.ts");
  process.exitCode = 1;
}
