import { DatabaseSync } from "node:sqlite";
import type { StreamChange } from "@grantline/event-store";
import { GOING } from "./schema.ts";

/** The first name after all that begin with GOING. */
const AFTER_GOING = "\u0001dropped!";
/** Rows of one transaction: the server's writer waits for it. */
const ROWS = 5_000;

/**
 * Forgets whole streams, beside a running server or without one. It is not the file's one writer that does it, since what goes is over and the writer gives
 * out positions at the other end; the writer notices by SQLite's own counter that its memory of where streams end is no longer true.
 */
export function dropStreams(file: string, streams: readonly StreamChange[]): number {
  const db = new DatabaseSync(file);
  try {
    // secure_delete: what goes is overwritten, not only unlinked
    db.exec("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY");
    hide(db, streams);
    return forgetHidden(db);
  } finally {
    db.close();
  }
}

function hide(db: DatabaseSync, streams: readonly StreamChange[]): void {
  const head = db.prepare(
    "SELECT s.id, (SELECT max(revision) FROM events WHERE stream_id = s.id) AS revision FROM streams s WHERE name = ?",
  );
  const rename = db.prepare("UPDATE streams SET name = ? WHERE name = ?");
  // The newest stream's number is the next one's measure, and the newest event the log's
  const newest = db.prepare(
    "SELECT max(stream_id) AS id, (SELECT stream_id FROM events ORDER BY position DESC LIMIT 1) AS last FROM events",
  );
  inTransaction(db, () => {
    const { id, last } = newest.get() ?? {};
    for (const { stream, revision } of streams) {
      const found = head.get(stream);
      if (found?.["revision"] !== revision || found["id"] === id || found["id"] === last) continue;
      // the number makes the name unique: the same stream may have gone before
      rename.run(`${GOING}${found["id"]} ${stream}`, stream);
    }
  });
}

/** From the last revision down, so that what is left at any moment is a whole beginning. */
function forgetHidden(db: DatabaseSync): number {
  const hidden = db.prepare("SELECT name, id FROM streams WHERE name >= ? AND name < ?").all(GOING, AFTER_GOING);
  const remove = db.prepare(
    "DELETE FROM events WHERE position IN (SELECT position FROM events WHERE stream_id = ? ORDER BY revision DESC LIMIT ?)",
  );
  const forget = db.prepare("DELETE FROM streams WHERE name = ?");
  let gone = 0;
  for (let next = hidden.shift(); next !== undefined;) {
    let rows = 0;
    inTransaction(db, () => {
      for (; next !== undefined && rows < ROWS; next = hidden.shift()) {
        rows += Number(remove.run(next["id"] as number, ROWS - rows).changes);
        if (rows >= ROWS) return; // perhaps not all of it
        forget.run(next["name"] as string);
      }
    });
    gone += rows;
  }
  return gone;
}

function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
