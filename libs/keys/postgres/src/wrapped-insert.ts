import { KeysUnavailable } from "./errors.ts";
import type { KekRing, NamedKek } from "./kek-ring.ts";
import type { KeyDatabase } from "./key-database.ts";

export interface WrappedInsert {
  readonly table: "named_keys" | "signing_keys" | "daily_keys" | "subject_keys";
  /** Column names (of this code, never of a caller) and their values, beside `kek` and `wrapped`. */
  readonly columns: Readonly<Record<string, string | number>>;
  readonly wrap: (kek: NamedKek) => Buffer;
}

/**
 * Adds a wrapped key unless there is one already. The row goes in only while its key-encryption key is the active one, held so until commit: a
 * re-wrapping that has switched finds no row under the old key afterwards.
 * @returns false when a row was there already.
 */
export async function insertWrapped(database: KeyDatabase, ring: KekRing, { table, columns, wrap }: WrappedInsert): Promise<boolean> {
  const names = Object.keys(columns);
  const places = names.map((_, index) => `$${index + 3}`).join(", ");
  const text = `WITH active AS (SELECT id FROM grantline_keys.kek WHERE id = $1 AND active FOR SHARE),
    added AS (INSERT INTO grantline_keys.${table} (kek, wrapped, ${names.join(", ")}) SELECT id, $2::bytea, ${places} FROM active
      ON CONFLICT DO NOTHING RETURNING 1)
    SELECT (SELECT count(*) FROM active)::int AS held, (SELECT count(*) FROM added)::int AS added`;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const kek = ring.active();
    const [row] = await database.query<{ held: number; added: number }>(text, [kek.id, wrap(kek), ...Object.values(columns)]);
    if (row?.held === 1) return row.added === 1;
    await ring.reload();
  }
  throw new KeysUnavailable("the key-encryption key was changed several times while a key was being added");
}
