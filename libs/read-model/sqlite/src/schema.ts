import type { DisposableSchema } from "./discard.ts";

/**
 * `tables` gives every read-model table a number, so that dropping or promoting a whole set is one small update. A row without a
 * value is a tombstone: it keeps the guard of a deleted row. `columns` lists rows by what they are filtered on.
 */
export const READ_MODEL_SCHEMA: DisposableSchema = {
  version: 1,
  create: `
    CREATE TABLE tables (id INTEGER PRIMARY KEY AUTOINCREMENT, projection TEXT NOT NULL, name TEXT UNIQUE);
    CREATE INDEX tables_by_projection ON tables (projection);
    CREATE TABLE rows (
      table_id INTEGER NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT, columns TEXT, expires_at INTEGER,
      PRIMARY KEY (table_id, key)
    ) WITHOUT ROWID;
    CREATE INDEX rows_by_expiry ON rows (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE columns (
      table_id INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, key TEXT NOT NULL,
      PRIMARY KEY (table_id, name, value, key)
    ) WITHOUT ROWID;
    CREATE TABLE checkpoints (projection TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
  `,
};

export const EPHEMERAL_SCHEMA: DisposableSchema = {
  version: 2,
  create: `
    CREATE TABLE seen (key BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX seen_by_expiry ON seen (expires_at);
    CREATE TABLE held (key BLOB PRIMARY KEY, value, expires_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX held_by_expiry ON held (expires_at);
    CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  `,
};
