import { lineFormat } from "./format.ts";
import { COLUMNS, rowOf } from "./row.ts";

/** What makes a spreadsheet take a cell for a formula or a command (OWASP, CSV injection); full-width forms too. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

// RFC 4180 §2: CRLF after every record, the first of which names the columns
export const csv = lineFormat(
  { id: "csv", extension: "csv", contentType: "text/csv; charset=utf-8; header=present", needsOrigins: true },
  (event) => {
    const row = rowOf(event);
    return `${COLUMNS.map((column) => cell(row[column] ?? "")).join(",")}\r\n`;
  },
  `${COLUMNS.join(",")}\r\n`,
);

/** A cell that no spreadsheet computes: what might be a formula gets an apostrophe before it. */
export function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  // RFC 4180 §2: a quote is written twice, inside quotes
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
