import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";

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
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const name = relative(dataDir, path);
    const bytes = [name, readFileSync(path).toString("latin1")] as const;
    return name.endsWith(".db") ? [bytes, [name, rowsOf(path)] as const] : [bytes];
  });
}

function rowsOf(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'").all() as {
      name: string;
    }[];
    return tables
      .flatMap(({ name }) =>
        database
          .prepare(`SELECT * FROM "${name.replaceAll('"', '""')}"`)
          .all()
          .map(rowText),
      )
      .join("\n");
  } finally {
    database.close();
  }
}

function rowText(row: Record<string, unknown>): string {
  return Object.values(row)
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)))
    .join(" ");
}
