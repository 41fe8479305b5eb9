import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** How long a statement waits for another process's write, milliseconds. */
export const BUSY_TIMEOUT_MS = 5_000;

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
const SUFFIXES = ["", "-wal", "-shm", "-journal"];

/** What a disposable database is made of; a file with another `version` is thrown away. */
export interface DisposableSchema {
  readonly version: number;
  readonly create: string;
}

export interface Opened {
  readonly database: DatabaseSync;
  /** The file was made by this call: whatever was in a former one is lost. */
  readonly fresh: boolean;
}

/**
 * Opens a SQLite file whose content can be made again (P6): one that is corrupt, marked for discarding or of another
 * schema is deleted and begun anew. Several processes may open the same file at once; a lock file orders them.
 */
export function openDisposable(file: string, schema: DisposableSchema): Opened {
  mkdirSync(dirname(file), { recursive: true });
  const lock = new DatabaseSync(`${file}.lock`);
  try {
    // A SQLite lock goes away with the process that held it, so a crash here blocks nobody.
    lock.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; BEGIN EXCLUSIVE`);
    return openLocked(file, schema);
  } finally {
    lock.close();
  }
}

function openLocked(file: string, schema: DisposableSchema): Opened {
  if (existsSync(marker(file))) discard(file);
  const existing = existsSync(file) ? openExisting(file, schema) : undefined;
  if (existing !== undefined) return { database: existing, fresh: false };
  discard(file);
  const database = configure(file);
  database.exec(`BEGIN; ${schema.create}; PRAGMA user_version = ${schema.version}; COMMIT`);
  return { database, fresh: true };
}

function openExisting(file: string, schema: DisposableSchema): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = configure(file);
    const found = database.prepare("PRAGMA user_version").get()?.["user_version"];
    // Reading the schema table is what notices a damaged first page; a full check would make the start grow with the file (P12).
    database.prepare("SELECT count(*) AS n FROM sqlite_schema").get();
    if (found === schema.version) return database;
    database.close();
    return undefined;
  } catch (error) {
    if (database?.isOpen === true) database.close();
    if (isCorruption(error)) return undefined;
    throw error;
  }
}

// Not durable on power loss by intent (NORMAL): what is lost is projected again from the checkpoint.
function configure(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 1000",
    );
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function discard(file: string): void {
  for (const suffix of SUFFIXES) rmSync(`${file}${suffix}`, { force: true });
  rmSync(marker(file), { force: true });
}

function marker(file: string): string {
  return `${file}.discard`;
}

/** True when SQLite says that the file is damaged or no database at all. */
export function isCorruption(error: unknown): boolean {
  const code = (error as { readonly errcode?: number }).errcode;
  return code !== undefined && ((code & 0xff) === SQLITE_CORRUPT || code === SQLITE_NOTADB);
}

/**
 * Runs `work`; when the file turns out to be damaged while in use, leaves a mark so that the next start discards it
 * (other processes still hold it open, so it is not deleted under them), and throws on.
 */
export function watchingCorruption<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isCorruption(error)) writeFileSync(marker(file), "");
    throw error;
  }
}
