import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SecretStoreUnavailable } from "../errors.ts";

export const FILE_STORE = "file";
const VERSION = 1;

/** `kek` holds no key, only what tells the right one. Each secret has a data key of its own, wrapped under the key-encryption key its row names. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS kek (id TEXT PRIMARY KEY, salt BLOB, check_value BLOB NOT NULL, active INTEGER NOT NULL) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS kek_one_active ON kek (active) WHERE active = 1;
  CREATE TABLE IF NOT EXISTS secret (
    name TEXT PRIMARY KEY, version TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER,
    kek TEXT NOT NULL REFERENCES kek, data_key BLOB NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;`;

export interface SecretRow {
  readonly name: string;
  readonly version: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly kek: string;
  readonly data_key: Uint8Array;
  readonly sealed: Uint8Array;
}

/**
 * One SQLite file, readable by its owner only. SQLite brings what several processes need: locks that end with whoever held them, writes that are whole or
 * not at all, and rows that are overwritten when they are deleted. No write-ahead log: it would keep former values beside the file.
 * @throws SecretStoreUnavailable when the folder can't be used, or a newer Grantline made the file.
 */
export function openSecretsDatabase(dir: string): DatabaseSync {
  const file = join(dir, "secrets.db");
  let database: DatabaseSync;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // SQLite gives its side files the mode of the main file, so that one is made first.
    closeSync(openSync(file, "a", 0o600));
    database = new DatabaseSync(file, { timeout: 10_000 });
    database.exec(
      "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;",
    );
  } catch (error) {
    throw unavailable(error, `${file} can't be opened for writing`);
  }
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (version > VERSION) {
    database.close();
    throw new SecretStoreUnavailable(
      FILE_STORE,
      `${file} was made by a newer version of Grantline (format ${version}, this one knows ${VERSION})`,
    );
  }
  inTransaction(database, () => database.exec(`${SCHEMA} PRAGMA user_version=${VERSION};`));
  return database;
}

/** All of it or nothing, and nobody else writes meanwhile. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  let result: T;
  database.exec("BEGIN IMMEDIATE");
  try {
    result = work();
    database.exec("COMMIT");
  } catch (error) {
    // a commit that failed may have ended the transaction already
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
  return result;
}

/** What SQLite says is about files and pages, never about what is in them. */
export function unavailable(error: unknown, what: string): SecretStoreUnavailable {
  return new SecretStoreUnavailable(FILE_STORE, `${what} (${error instanceof Error ? error.message : String(error)})`);
}

/** Runs work on the file; SQLite's own errors become the port's. */
export function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && "errcode" in error) throw unavailable(error, "the file can't be used now");
    throw error;
  }
}
