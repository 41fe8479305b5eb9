import type { DatabaseSync } from "node:sqlite";
import type { ProjectionWrite, ReadModelRow } from "@grantline/read-model";
import { columnPairs, type StoredRow } from "./row-codec.ts";
import type { TableIds } from "./table-ids.ts";

/** How long the guard of a deleted row is kept, seconds. */
const TOMBSTONE_SECONDS = 30 * 24 * 3_600;
/** Expired rows taken away in one go, so that a write stays short. */
const SWEEP_ROWS = 200;

type DoomedRow = Pick<StoredRow, "key" | "columns"> & { readonly table_id: number };

/** Applies writes inside the caller's transaction. */
export interface RowWriter {
  apply(projection: string, write: ProjectionWrite, now: number): void;
  sweep(now: number): number;
  /** Takes away up to `limit` rows of a dropped table; how many there were. */
  drain(tableId: number, limit: number): number;
}

export function createRowWriter(database: DatabaseSync, tables: TableIds): RowWriter {
  const find = database.prepare("SELECT revision, columns FROM rows WHERE table_id = ? AND key = ?");
  const upsert = database.prepare(
    `INSERT INTO rows (table_id, key, revision, value, columns, expires_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (table_id, key) DO UPDATE SET revision = excluded.revision, value = excluded.value, columns = excluded.columns, expires_at = excluded.expires_at`,
  );
  const addColumn = database.prepare("INSERT OR IGNORE INTO columns (table_id, name, value, key) VALUES (?, ?, ?, ?)");
  const dropColumn = database.prepare("DELETE FROM columns WHERE table_id = ? AND name = ? AND value = ? AND key = ?");
  const remove = database.prepare("DELETE FROM rows WHERE table_id = ? AND key = ?");
  const expired = database.prepare("SELECT table_id, key, columns FROM rows WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT ?");
  const ofTable = database.prepare("SELECT table_id, key, columns FROM rows WHERE table_id = ? LIMIT ?");

  function put(tableId: number, row: ReadModelRow, value: string | null): void {
    const before = find.get(tableId, row.key) as Pick<StoredRow, "revision" | "columns"> | undefined;
    if (before !== undefined && before.revision > row.revision) return;
    const columns = row.columns === undefined ? null : JSON.stringify(row.columns);
    upsert.run(tableId, row.key, row.revision, value, columns, row.expiresAt ?? null);
    if ((before?.columns ?? null) === columns) return;
    for (const [name, each] of columnPairs(before?.columns ?? null)) dropColumn.run(tableId, name, each, row.key);
    for (const [name, each] of columnPairs(columns)) addColumn.run(tableId, name, each, row.key);
  }

  function removeAll(rows: readonly DoomedRow[]): number {
    for (const row of rows) {
      for (const [name, each] of columnPairs(row.columns)) dropColumn.run(row.table_id, name, each, row.key);
      remove.run(row.table_id, row.key);
    }
    return rows.length;
  }

  return {
    apply(projection, write, now) {
      const tableId = tables.claim(projection, write.table);
      if (write.kind === "put") put(tableId, write.row, JSON.stringify(write.row.value ?? null));
      else put(tableId, { key: write.key, revision: write.revision, value: null, expiresAt: now + TOMBSTONE_SECONDS }, null);
    },
    sweep: (now) => removeAll(expired.all(now, SWEEP_ROWS) as unknown as DoomedRow[]),
    drain: (tableId, limit) => removeAll(ofTable.all(tableId, limit) as unknown as DoomedRow[]),
  };
}
