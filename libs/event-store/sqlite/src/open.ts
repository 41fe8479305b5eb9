import { EventStoreUnavailable, START } from "@grantline/event-store";
import type { ChangeCursor, EventStore } from "@grantline/event-store";
import { openAppendLane } from "./append-lane.ts";
import { ownerCursor, peerCursor } from "./change-cursor.ts";
import { dropStreams } from "./drop-streams.ts";
import { openReader } from "./reader.ts";
import { socketTransport } from "./socket-transport.ts";
import { followFile, type FileFeed } from "./subscription.ts";
import { threadTransport } from "./thread-transport.ts";

export interface SqliteEventStoreOptions {
  /** Path of the database file; its folder must exist. */
  readonly file: string;
  /** This process owns the writer and serves it to others on this unix socket. */
  readonly listen?: string;
  /** Another process owns the writer; append through its socket. Reads are local all the same. */
  readonly connect?: string;
  /** Told of what was met and is being dealt with: a lost writer, a failing subscription. For the log. */
  readonly onTrouble?: (what: string, error?: unknown) => void;
}

/** How often a process that shares the file looks for events of the others, for its subscriptions. Caches look at each use. */
const LOOK_MS = 20;
const NO_LIMIT = -1;

/**
 * Opens the event store. Without `connect` a thread of this process becomes the file's one writer.
 * Throws DataFolderNewer, DataFolderInUse, or the system's error when the file can't be opened or the socket can't be reached.
 */
export async function openSqliteEventStore(options: SqliteEventStoreOptions): Promise<EventStore> {
  const { file, listen, connect, onTrouble = () => undefined } = options;
  const unseenCommits = new SharedArrayBuffer(4);
  const unseen = new Int32Array(unseenCommits);
  const feeds = new Set<FileFeed>();
  const cursors = new Set<ReturnType<typeof ownerCursor>>();
  const wakeAll = () => {
    for (const feed of feeds) feed.wake();
  };
  const open =
    connect === undefined
      ? threadTransport({ file, unseenCommits, ...(listen === undefined ? {} : { listen }) })
      : socketTransport(connect);
  const lane = await openAppendLane(open, {
    settled: (own) => {
      for (const cursor of cursors) cursor.own(own.upTo);
      for (const feed of feeds) feed.wake(own);
    },
    late: () => {
      Atomics.add(unseen, 0, 1);
      wakeAll();
    },
    trouble: onTrouble,
  });
  const reader = openReader(file);
  const shared = listen !== undefined || connect !== undefined;
  const look = shared ? setInterval(wakeAll, LOOK_MS).unref() : undefined;

  // no stream begins with NUL: by default nothing is left out
  const changes = (except = "\0"): ChangeCursor => {
    if (connect !== undefined) return guarded(peerCursor(reader, except));
    const cursor = ownerCursor(reader, unseen, except);
    cursors.add(cursor);
    return guarded(cursor);
  };

  return {
    append: (stream, expectedRevision, events) => {
      const wrong =
        events.length === 0 || events.some((event, i) => event.revision !== expectedRevision + 1 + i || event.stream !== stream);
      if (wrong) return Promise.reject(new RangeError(`events for ${stream} must follow revision ${expectedRevision} without a gap`));
      return lane.append(stream, expectedRevision, events);
    },
    readStream: async (stream, fromRevision = 0, limit = NO_LIMIT) => reading(() => reader.stream(stream, fromRevision, limit)),
    readLast: async (stream) => reading(() => reader.last(stream)),
    readAll: async (after, limit, filter) => reading(() => reader.all(Number(after), limit, filter)),
    readLinks: async (after, limit) => reading(() => reader.links(Number(after), limit)),
    head: async () => reading(() => String(reader.head() || START)),
    subscribe: (from, onEvents, filter) => {
      const feed = followFile(reader, { from, onEvents, filter, onEnd: (ended) => feeds.delete(ended), onTrouble });
      feeds.add(feed);
      return feed.subscription;
    },
    changes,
    dropStreams: async (streams) => dropStreams(file, streams),
    close: async () => {
      clearInterval(look);
      await Promise.all([...feeds].map((feed) => feed.subscription.close()));
      // The writer goes last: whoever has the file last puts the write-ahead log into it, and only the writer may.
      reader.close();
      await lane.close();
    },
  };
}

/** What SQLite can't read now is unavailable to the caller, whatever the reason. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new EventStoreUnavailable(`the event store could not be read: ${String(error)}`, { cause: error });
  }
}

function guarded(cursor: ChangeCursor): ChangeCursor {
  return { poll: () => reading(() => cursor.poll()) };
}
