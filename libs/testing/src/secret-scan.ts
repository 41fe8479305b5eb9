import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { filesBelow, rowsOf } from "./kept-in-files.ts";

export interface SecretScan {
  /** Value and what it is. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Texts to look through, by name: logs, metrics. */
  readonly texts: Readonly<Record<string, string>>;
  /** Every file in it is looked through as bytes, and every database row by row too (a value may lie over two pages). */
  readonly dataDir?: string;
}

/** Where which secret was found: `events.db: refresh_token`. Empty: nothing leaked. The value itself is never in the answer. */
export function secretScan({ secrets, texts, dataDir }: SecretScan): readonly string[] {
  const needles = [...secrets].flatMap(([value, label]) => needlesOf(value).map((needle) => ({ needle, label })));
  const places = [...Object.entries(texts), ...(dataDir === undefined ? [] : filesOf(dataDir))];
  const found = new Set<string>();
  for (const [place, text] of places) for (const { needle, label } of needles) if (text.includes(needle)) found.add(`${place}: ${label}`);
  return [...found];
}

/** A value, the part of it that is secret by itself (the last part of a token or JWT), and how a URL or a JSON text would spell it. */
function needlesOf(value: string): readonly string[] {
  const last = value.slice(value.lastIndexOf(".") + 1);
  const parts = last.length >= 32 && last !== value ? [value, last] : [value];
  return [...new Set(parts.flatMap((part) => [part, encodeURIComponent(part), JSON.stringify(part).slice(1, -1)]))];
}

function filesOf(dataDir: string): readonly (readonly [string, string])[] {
  return filesBelow(dataDir).flatMap((path) => {
    const name = relative(dataDir, path);
    const bytes = [name, readFileSync(path).toString("latin1")] as const;
    return name.endsWith(".db") ? [bytes, [name, rowsOf(path)] as const] : [bytes];
  });
}
