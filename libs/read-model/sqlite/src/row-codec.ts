import type { ReadModelRow } from "@grantline/read-model";

/** A row as the statements return it. */
export interface StoredRow {
  readonly key: string;
  readonly revision: number;
  readonly value: string | null;
  readonly columns: string | null;
  readonly expires_at: number | null;
}

export type Columns = NonNullable<ReadModelRow["columns"]>;

export function toRow(stored: StoredRow): ReadModelRow {
  return {
    key: stored.key,
    revision: stored.revision,
    value: JSON.parse(stored.value ?? "null") as unknown,
    ...(stored.columns === null ? {} : { columns: JSON.parse(stored.columns) as Columns }),
    ...(stored.expires_at === null ? {} : { expiresAt: stored.expires_at }),
  };
}

/** Every (name, value) pair a row is found under. */
export function columnPairs(columns: string | null): readonly (readonly [string, string])[] {
  if (columns === null) return [];
  return Object.entries(JSON.parse(columns) as Columns).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [...new Set(value)].map((each) => [name, each] as const),
  );
}
