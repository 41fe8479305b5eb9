import { styleText } from "node:util";
import type { Terminal } from "./terminal.ts";

/** For a terminal: what servers and strangers wrote may hold sequences that steer it. Line ends stay. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what it takes out
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "?");
}

/** The same for what stands on one line. */
function onOneLine(text: string): string {
  return printable(text).replaceAll("\n", "?");
}

/** Columns as wide as their widest text; the first row is the heading. */
export function table(values: readonly (readonly string[])[], { colours }: Pick<Terminal, "colours">): string {
  const rows = values.map((row) => row.map(onOneLine));
  const widths = rows.reduce<readonly number[]>((widest, row) => row.map((cell, at) => Math.max(widest[at] ?? 0, cell.length)), []);
  return rows
    .map((row, line) => {
      const text = row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join("  ");
      return `${line === 0 && colours === true ? styleText("bold", text, { validateStream: false }) : text}\n`;
    })
    .join("");
}

/** Names and values, one a line; what is undefined is left out. Lists are joined, objects are JSON, `…_at` are times. */
export function members(values: Readonly<Record<string, unknown>>): string {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  const widest = Math.max(0, ...present.map(([name]) => name.length));
  return present
    .map(([name, value]) => `${name.padEnd(widest)}  ${name.endsWith("_at") ? timeOf(value) : onOneLine(asText(value))}\n`)
    .join("");
}

export function asText(value: unknown): string {
  if (value === undefined) return "-";
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join(" ");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Epoch seconds as an ISO time; "-" for none. */
export function timeOf(seconds: unknown): string {
  return typeof seconds === "number" ? new Date(seconds * 1000).toISOString().replace(".000", "") : "-";
}
