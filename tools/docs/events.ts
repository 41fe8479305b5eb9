import { readFileSync, writeFileSync } from "node:fs";
import { eventsPage } from "./events.page.ts";

/**
 * node --conditions=@grantline/source tools/docs/events.ts           writes docs/reference/events.md
 * node --conditions=@grantline/source tools/docs/events.ts --check   writes nothing; exit code 1 when the page is out of date
 */
const file = new URL("../../docs/reference/events.md", import.meta.url);
const page = eventsPage();

if (!process.argv.includes("--check")) {
  writeFileSync(file, page);
} else if (readFileSync(file, "utf8") !== page) {
  console.error("docs/reference/events.md is out of date: run node --conditions=@grantline/source tools/docs/events.ts");
  process.exitCode = 1;
}
