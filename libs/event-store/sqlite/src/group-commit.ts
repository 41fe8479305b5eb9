import type { DatabaseSync } from "node:sqlite";
import { LRUCache } from "lru-cache";
import { APPENDED, CONFLICT, FAILED } from "./wire.ts";
import type { AppendBatch, AppendReplies } from "./wire.ts";

interface Head {
  readonly streamId: number;
  revision: number;
}

export interface GroupCommit {
  /** Writes all batches in one transaction and returns, after COMMIT, one list of replies for each. */
  commit(batches: readonly AppendBatch[]): readonly AppendReplies[];
}

/** Streams whose head the writer remembers, about 150 bytes each. */
const HEADS = 20_000;

/** The only code that writes events. One transaction at a time, many appends in each. */
export function createGroupCommit(db: DatabaseSync): GroupCommit {
  const statements = prepare(db);
  const places = createPlaces(statements);
  return {
    commit: (batches) => {
      try {
        statements.begin();
        places.recall();
        const answers = batches.map((batch) => {
          const replies: AppendReplies = [];
          for (let at = 0; at < batch.length; at = nextAppend(batch, at)) append(statements, places, batch, at, replies);
          return replies;
        });
        statements.commit();
        return answers;
      } catch (error) {
        // Disk full, I/O error: nothing of this transaction may be remembered, nothing of it is acknowledged.
        places.forget();
        if (db.isTransaction) db.exec("ROLLBACK");
        return batches.map((batch) => failAll(batch, error instanceof Error ? error.message : String(error)));
      }
    },
  };
}

function append(statements: Statements, places: Places, batch: AppendBatch, at: number, replies: AppendReplies): void {
  const stream = batch[at] as string;
  const expected = batch[at + 1] as number;
  const count = batch[at + 2] as number;
  const head = places.head(stream);
  const actual = head?.revision ?? -1;
  if (actual !== expected) {
    const repeated = head !== undefined && actual >= expected + count && statements.holds(head.streamId, batch, at);
    if (repeated === false) replies.push(CONFLICT, actual, 0);
    else replies.push(APPENDED, repeated, expected + count);
    return;
  }
  const { streamId } = head ?? places.open(stream);
  let position = 0;
  for (let i = 1, from = at + 3; i <= count; i++, from += 4) {
    position = places.next();
    statements.insert.run(position, streamId, expected + i, stream, batch[from]!, batch[from + 1]!, batch[from + 3]!, batch[from + 2]!);
  }
  places.moved(stream, expected + count);
  replies.push(APPENDED, position, expected + count);
}

interface Places {
  /** Reads where the log ends, unless it is known. To be called in the transaction. */
  recall(): void;
  forget(): void;
  /** The next position. */
  next(): number;
  head(stream: string): Head | undefined;
  open(stream: string): Head;
  moved(stream: string, revision: number): void;
}

/** Where the log and its streams end, as far as remembered: true while nobody else writes, which `dropStreams` alone does. */
function createPlaces(statements: Statements): Places {
  const heads = new LRUCache<string, Head>({ max: HEADS });
  let position = 0;
  let lastStreamId = 0;
  let known = false;
  let version = -1;
  const keep = (stream: string, head: Head) => {
    heads.set(stream, head);
    return head;
  };
  return {
    recall: () => {
      const now = statements.version();
      if (known && now === version) return;
      heads.clear();
      version = now;
      position = statements.lastPosition();
      lastStreamId = statements.lastStreamId();
      known = true;
    },
    forget: () => {
      heads.clear();
      known = false;
    },
    next: () => ++position,
    head: (stream) => {
      const cached = heads.get(stream);
      if (cached !== undefined) return cached;
      const found = statements.head(stream);
      return found === undefined ? undefined : keep(stream, found);
    },
    open: (stream) => {
      statements.newStream(stream, ++lastStreamId);
      return keep(stream, { streamId: lastStreamId, revision: -1 });
    },
    moved: (stream, revision) => {
      const head = heads.get(stream);
      if (head !== undefined) head.revision = revision;
    },
  };
}

function nextAppend(batch: AppendBatch, at: number): number {
  return at + 3 + 4 * (batch[at + 2] as number);
}

type Statements = ReturnType<typeof prepare>;

function failAll(batch: AppendBatch, why: string): AppendReplies {
  const replies: AppendReplies = [];
  for (let at = 0; at < batch.length; at = nextAppend(batch, at)) replies.push(FAILED, why, 0);
  return replies;
}

function prepare(db: DatabaseSync) {
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const insert = db.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  const newStream = db.prepare("INSERT INTO streams VALUES (?, ?)");
  const head = db.prepare(
    `SELECT s.id AS streamId, (SELECT max(revision) FROM events WHERE stream_id = s.id) AS revision FROM streams s WHERE name = ?`,
  );
  const ids = db.prepare("SELECT id, position FROM events WHERE stream_id = ? AND revision BETWEEN ? AND ? ORDER BY revision");
  const version = db.prepare("PRAGMA data_version");
  version.setReturnArrays(true);
  const lastPosition = db.prepare("SELECT max(position) AS position FROM events");
  const lastStreamId = db.prepare("SELECT max(stream_id) AS id FROM events");
  return {
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    /** position, stream id, revision, stream, id, type, hash, body */
    insert,
    newStream: (name: string, id: number) => void newStream.run(name, id),
    head: (stream: string) => head.get(stream) as unknown as Head | undefined,
    /** Another number whenever another connection has written. */
    version: () => (version.get() as unknown as [number])[0],
    lastPosition: () => Number(lastPosition.get()?.["position"] ?? 0),
    lastStreamId: () => Number(lastStreamId.get()?.["id"] ?? 0),
    /** Position of the last of these events when all of them stand where they are wanted: an append repeated after a lost answer. */
    holds: (streamId: number, batch: AppendBatch, at: number): number | false => {
      const first = (batch[at + 1] as number) + 1;
      const count = batch[at + 2] as number;
      const stored = ids.all(streamId, first, first + count - 1);
      const same = stored.length === count && stored.every((row, i) => row["id"] === batch[at + 3 + 4 * i]);
      return same ? Number(stored[count - 1]!["position"]) : false;
    },
  };
}
