import { DatabaseSync } from "node:sqlite";
import { DataFolderInUse, DataFolderNewer } from "./errors.ts";

const SCHEMA_VERSION = 1;

/*
 * Positions are given by the one writer from memory, so AUTOINCREMENT's extra page per commit is not needed.
 * Streams get small numbers in order of age: the unique index stays a fifth of the size it has with names, and the streams
 * in use today lie side by side in it instead of one random page each.
 */
const SCHEMA = `
  CREATE TABLE streams (name TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    stream TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX events_by_stream ON events (stream_id, revision);
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`;

/**
 * What a stream is called while its rows are being forgotten, before its number and its name: nobody finds it by its name any more, and whoever comes after a
 * crash finds what is left to do. No stream begins with it.
 */
export const GOING = "\u0001dropped ";

/** KiB of page cache of the writer and of each reader. */
const WRITER_CACHE_KIB = 16_384;
const READER_CACHE_KIB = 8_192;
/** Pages in the WAL after which a commit also checkpoints: 4 MB, so that those who wait for that commit wait some milliseconds. */
const CHECKPOINT_PAGES = 1000;

/** Opens the file for writing, makes the tables when it is new. Throws DataFolderNewer, DataFolderInUse. */
export function openForWriting(file: string): { readonly db: DatabaseSync; readonly release: () => void } {
  const owner = claim(`${file}.owner`);
  try {
    const db = new DatabaseSync(file);
    // FULL, not NORMAL: in WAL mode only FULL syncs the log on each commit (P1).
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${WRITER_CACHE_KIB}; PRAGMA temp_store = MEMORY;
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = 67108864; PRAGMA busy_timeout = 5000`);
    if (!isNew(db)) checkVersion(db, file);
    else db.exec(`BEGIN IMMEDIATE; ${SCHEMA} INSERT INTO meta VALUES ('schema', ${SCHEMA_VERSION}); COMMIT`);
    return {
      db,
      release: () => {
        db.close();
        owner.close();
      },
    };
  } catch (error) {
    owner.close();
    throw error;
  }
}

/** Opens the file for reading beside its writer. Throws DataFolderNewer. */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true });
  db.exec(`PRAGMA cache_size = -${READER_CACHE_KIB}; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY`);
  checkVersion(db, file);
  return db;
}

/** One writer a file: the operating system frees this lock when its process dies, however it dies. */
function claim(file: string): DatabaseSync {
  const owner = new DatabaseSync(file);
  try {
    owner.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return owner;
  } catch (error) {
    owner.close();
    if (error instanceof Error && /locked/.test(error.message)) {
      throw new DataFolderInUse(`${file.replace(/\.owner$/, "")} is in use by another Grantline process`);
    }
    throw error;
  }
}

function isNew(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() === undefined;
}

function checkVersion(db: DatabaseSync, file: string): void {
  const found = Number(db.prepare("SELECT value FROM meta WHERE key = 'schema'").get()?.["value"]);
  if (found > SCHEMA_VERSION) {
    db.close();
    throw new DataFolderNewer(`${file} was written by a newer Grantline (schema ${found}; this release knows up to ${SCHEMA_VERSION})`);
  }
}
