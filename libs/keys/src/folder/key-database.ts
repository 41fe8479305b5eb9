import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { KeyFolderError } from "./key-folder-error.ts";

const VERSION = 1;

/**
 * Opens one of the two key files: readable by its owner only, shared by all worker processes, what is deleted is overwritten.
 * @throws KeyFolderError when the folder can't be written or a newer version of Grantline made the file.
 */
export function openKeyDatabase(file: string, schema: string): DatabaseSync {
  let database: DatabaseSync;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // SQLite gives its side files the mode of the main file, so that one is made first.
    closeSync(openSync(file, "a", 0o600));
    database = new DatabaseSync(file, { timeout: 10_000 });
    // FULL: a key that signed something must not be lost with the power. Deleted keys must leave no bytes, in temporary files neither.
    database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;");
  } catch (error) {
    throw new KeyFolderError(`${file}: can't be opened for writing (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  }
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (version > VERSION) {
    database.close();
    throw new KeyFolderError(`${file}: made by a newer version of Grantline (format ${version}, this one knows ${VERSION})`);
  }
  database.exec(`${schema}; PRAGMA user_version=${VERSION};`);
  return database;
}

/**
 * Moves what is in the write-ahead log into the file and cuts the log to nothing, so that overwritten bytes are gone from both.
 * False when another process was reading; the next flush does it then.
 */
export function flushLog(database: DatabaseSync): boolean {
  return database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] === 0;
}
