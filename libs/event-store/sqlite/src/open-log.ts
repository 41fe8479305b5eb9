import { EventStoreUnavailable, START, type EventStore, type LogEntry, type Position, type StoredEvent } from "@grantline/event-store";
import { openReader } from "./reader.ts";
import { GOING, openForReading } from "./schema.ts";
import { followFile } from "./subscription.ts";

/** The log as a tool reads it, beside a running server or without one: no lock is taken and nothing can be appended. */
export interface SqliteEventLog {
  /** For reading; `append` is always refused. */
  readonly store: EventStore;
  /** Every event, stream after stream and by revision in each, read in pages so that a server beside us is not held up. */
  inStreamOrder(): Generator<LogEntry>;
  /** The first position after `after` without an event, though there are later ones: the writer leaves none out. */
  firstGap(after?: Position): Position | undefined;
  /** How many events there are. */
  count(): number;
}

const PAGE = 2_000;
const LOOK_MS = 50;

/** Throws DataFolderNewer, or the system's error when there is no such file. */
export function openSqliteEventLog({ file }: { readonly file: string }): SqliteEventLog {
  const reader = openReader(file);
  const db = openForReading(file);
  const listed = `EXISTS (SELECT 1 FROM streams WHERE id = e.stream_id AND name IN (e.stream, '${GOING}' || e.stream_id || ' ' || e.stream))`;
  const page =
    db.prepare(`SELECT stream_id AS streamId, ${listed} AS findable, CAST(position AS TEXT) AS position, revision, stream, id, type, hash, body
    FROM events e WHERE (stream_id, revision) > (?, ?) ORDER BY stream_id, revision LIMIT ${PAGE}`);
  const count = db.prepare("SELECT count(*) AS events, max(position) AS last FROM events WHERE position > ?");
  const first = db.prepare("SELECT 1 FROM events WHERE position = ?");
  const gap = db.prepare(
    "SELECT position + 1 AS missing FROM events e WHERE position > ? AND NOT EXISTS (SELECT 1 FROM events n WHERE n.position = e.position + 1) ORDER BY position LIMIT 1",
  );

  function* inStreamOrder(): Generator<LogEntry> {
    for (let after: readonly [number, number] = [0, -1]; ;) {
      const rows = page.all(...after) as unknown as (StoredEvent & { readonly streamId: number; readonly findable: number })[];
      for (const { streamId: _streamId, findable, ...event } of rows) yield { event, findable: findable === 1 };
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = [last.streamId, last.revision];
    }
  }

  return {
    store: readOnly(reader, () => db.close()),
    inStreamOrder,
    count: () => Number(count.get(0)?.["events"]),
    firstGap: (after = START) => {
      const floor = Number(after);
      const { events, last } = count.get(floor) as { events: number; last: number | null };
      if (events === Math.max(0, (last ?? 0) - floor)) return undefined;
      return first.get(floor + 1) === undefined ? String(floor + 1) : String(gap.get(floor)?.["missing"]);
    },
  };
}

function readOnly(reader: ReturnType<typeof openReader>, onClose: () => void): EventStore {
  const timers = new Set<NodeJS.Timeout>();
  return {
    append: () => Promise.reject(new EventStoreUnavailable("this log was opened for reading")),
    readStream: async (stream, fromRevision = 0, limit = -1) => reader.stream(stream, fromRevision, limit),
    readLast: async (stream) => reader.last(stream),
    readAll: async (after, limit, filter) => reader.all(Number(after), limit, filter),
    readLinks: async (after, limit) => reader.links(Number(after), limit),
    head: async () => String(reader.head() || START),
    subscribe: (from, onEvents, filter) => {
      const feed = followFile(reader, { from, onEvents, filter, onEnd: () => clearInterval(timer), onTrouble: () => undefined }); // its reader sees the same at its next call
      const timer = setInterval(feed.wake, LOOK_MS).unref();
      timers.add(timer);
      return feed.subscription;
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      reader.close();
      onClose();
    },
  };
}
