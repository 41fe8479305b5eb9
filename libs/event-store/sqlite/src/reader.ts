import type { EventFilter, EventLink, StoredEvent } from "@grantline/event-store";
import { openForReading } from "./schema.ts";

/** Synchronous reads on a connection of the calling thread; each sees all that was committed before it. */
export interface Reader {
  stream(name: string, fromRevision: number, limit: number): StoredEvent[];
  last(stream: string): StoredEvent | undefined;
  all(after: number, limit: number, filter?: EventFilter): StoredEvent[];
  links(after: number, limit: number): EventLink[];
  head(): number;
  /** Which streams were written between two positions, those with the prefix `except` left out; no bodies. */
  tail(after: number, upTo: number, except: string, limit: number): readonly TailEntry[];
  /** Changes whenever another connection has committed. About 2 µs. */
  version(): number;
  close(): void;
}

export interface TailEntry {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
}

const COLUMNS = "CAST(position AS TEXT) AS position, revision, stream, id, type, hash, body";

/** The most rows wanted, as a sum: SQLite looks at a bare `LIMIT ?` when it plans, and so prepares the statement anew each time it is bound, five times what a short read costs. */
const limit = (parameter: string): string => `LIMIT 0 + ${parameter}`;

/** No stream begins with NUL. */
const NOWHERE = "\0";

export function openReader(file: string): Reader {
  const db = openForReading(file);
  const ofStream = "FROM events WHERE stream_id = (SELECT id FROM streams WHERE name = ?)";
  const stream = db.prepare(`SELECT ${COLUMNS} ${ofStream} AND revision >= ? ORDER BY revision ${limit("?")}`);
  const last = db.prepare(`SELECT ${COLUMNS} ${ofStream} ORDER BY revision DESC LIMIT 1`);
  const all = db.prepare(`SELECT ${COLUMNS} FROM events WHERE events.position > ? ORDER BY events.position ${limit("?")}`);
  // The filter is looked at before the body, the last column, is: a row left out costs no reading of it.
  const some = db.prepare(
    `SELECT ${COLUMNS} FROM events WHERE events.position > ?1 AND (?3 IS NULL OR type IN (SELECT value FROM json_each(?3))) AND substr(stream, 1, length(?4)) <> ?4 ORDER BY events.position ${limit("?2")}`,
  );
  // The day is cut out where the body lies, so no body becomes a string of ours. Stream and ids stand before it, and a quote in them is escaped.
  const links = db.prepare(
    `SELECT CAST(position AS TEXT) AS position, stream, revision, hash, substr(body, instr(body, '"at":"') + 6, 10) AS day FROM events WHERE events.position > ? ORDER BY events.position ${limit("?")}`,
  );
  const head = db.prepare("SELECT max(position) AS position FROM events");
  const tail = db.prepare(
    `SELECT position, stream, revision FROM events WHERE position > ?1 AND position <= ?2 AND substr(stream, 1, length(?3)) <> ?3 ORDER BY position ${limit("?4")}`,
  );
  const version = db.prepare("PRAGMA data_version");
  version.setReturnArrays(true); // asked at every request beside another process's writer
  return {
    // Half a surrogate pair would be asked for as U+FFFD, which is another stream's name.
    stream: (name, fromRevision, limit) => (name.isWellFormed() ? (stream.all(name, fromRevision, limit) as unknown as StoredEvent[]) : []),
    last: (name) => (name.isWellFormed() ? (last.get(name) as unknown as StoredEvent | undefined) : undefined),
    all: (after, limit, filter) =>
      (filter === undefined
        ? all.all(after, limit)
        : some.all(
            after,
            limit,
            filter.types === undefined ? null : JSON.stringify(filter.types),
            filter.except ?? NOWHERE,
          )) as unknown as StoredEvent[],
    links: (after, limit) => links.all(after, limit) as unknown as EventLink[],
    head: () => Number(head.get()?.["position"] ?? 0),
    tail: (after, upTo, except, limit) => tail.all(after, upTo, except, limit) as unknown as TailEntry[],
    version: () => (version.get() as unknown as [number])[0],
    close: () => db.close(),
  };
}
