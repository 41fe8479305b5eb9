import { readdirSync, readFileSync } from "node:fs";
import { securityCases } from "./security-cases.list.ts";

const FOLDER = new URL("../../apps/all-in-one/test/security/", import.meta.url);
const LINK = "../../apps/all-in-one/test/security/";

const INTRODUCTION = `# Security cases

Written by \`tools/docs/security-cases.ts\` from the test titles in \`apps/all-in-one/test/security\`; do not edit. A test fails when it is out of date.

Attacks and bad inputs, each a test over HTTP against the whole server that starts with its id and checks status, error code, headers,
recorded events, the private reason in the log, and that nothing else changed. *Later round*: the part it is about does not exist yet.
`;

/** Ids at the start of test titles, with the files they are in. */
export function testedCases(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const found = new Map<string, string[]>();
  for (const file of files.toSorted()) {
    for (const [, ids = ""] of readFileSync(new URL(file, FOLDER), "utf8").matchAll(/\(\s*"((?:[A-Z]-\d{2} )+)/g)) {
      for (const id of ids.trim().split(" ")) found.set(id, [...new Set([...(found.get(id) ?? []), file])]);
    }
  }
  return found;
}

/** docs/reference/security-cases.md: every case, and where it is tested. */
export function securityCasesPage(): string {
  const tested = testedCases();
  const rows = Object.entries(securityCases).map(([id, what]) => {
    const files = tested.get(id);
    const where =
      files === undefined ? "later round" : files.map((file) => `[${file.replace(/(\.e2e\.spec)?\.ts$/, "")}](${LINK}${file})`).join(", ");
    return [id, what, where] as const;
  });
  return `${INTRODUCTION}\n${table([["id", "case", "tested in"], ...rows])}`;
}

/** A markdown table, its columns aligned, so that the formatter leaves it alone. */
function table(rows: readonly (readonly [string, string, string])[]): string {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const [head, ...body] = rows.map((row) => `| ${widths.map((width, column) => (row[column] as string).padEnd(width)).join(" | ")} |`);
  return `${[head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n")}\n`;
}
