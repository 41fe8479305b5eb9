import type { EventStore, Followed, Position } from "@grantline/event-store";
import { openAppendLane } from "./append-lane.ts";
import { wrongWith } from "./batch.ts";
import { connectionsTo } from "./connection.ts";
import { dropStreams } from "./drop-streams.ts";
import { connectionFailure, placeOf } from "./errors.ts";
import { checkFitness } from "./fitness.ts";
import { listen } from "./listener.ts";
import { createReader } from "./reader.ts";
import type { Stretch } from "./reader.ts";
import { channelOf, checkedSchema } from "./schema-name.ts";
import { createGate } from "./silence.ts";
import { followTable, LAST_WINDOW } from "./subscription.ts";

export interface PostgresEventStoreOptions {
  /** postgres://user:password@host:port/database, of the primary. */
  readonly url: string;
  /** Told of what was met and is being dealt with: a broken connection, a failing subscription. For the log. */
  readonly onTrouble?: (what: string, error?: unknown) => void;
  /** Connections for reading, default 4; one more appends and one more listens. */
  readonly poolSize?: number;
  /** Default `grantline`. */
  readonly schema?: string;
}

/**
 * Opens the event store on a migrated database. Any number of processes may; it has no `changes()`, since no synchronous look is possible
 * over a network, so caches of several processes go through `openRegion`.
 * @throws PostgresSchemaMissing, PostgresSchemaOlder, PostgresSchemaNewer, PostgresUnfit, PostgresRefused, EventStoreUnavailable
 */
export async function openPostgresEventStore(options: PostgresEventStoreOptions): Promise<EventStore> {
  const { url, poolSize = 4, onTrouble = () => undefined } = options;
  const schema = checkedSchema(options.schema);
  const connections = connectionsTo(url, onTrouble);
  const readers = connections.pool(poolSize);
  // Of its own: reads, however many, must not keep appends waiting for a connection.
  const writer = connections.pool(1);
  try {
    await checkFitness(readers, schema, placeOf(url));
  } catch (error) {
    await connections.close();
    throw connectionFailure(url, error);
  }
  const feeds = new Set<Followed>();
  const listeners = new Set<() => void>();
  const wake = (): void => {
    for (const feed of feeds) feed.wake();
    for (const one of listeners) one();
  };
  const gate = createGate();
  const lane = openAppendLane(writer, gate, schema, wake);
  const reader = createReader(readers, gate, schema);
  const listener = listen({ connect: connections.client, channel: channelOf(schema), wake, onTrouble });
  const open = { now: true };

  return {
    append: (stream, expectedRevision, events) => {
      const wrong = wrongWith(stream, expectedRevision, events);
      return wrong === undefined ? lane.append(stream, expectedRevision, events) : Promise.reject(new RangeError(wrong));
    },
    readStream: (stream, fromRevision = 0, limit) => reader.stream(stream, fromRevision, limit),
    readLast: (stream) => reader.last(stream),
    readAll: (after, limit, filter) => readOn((from, window, most) => reader.stretch(from, window, most, filter), after, limit),
    readLinks: (after, limit) => readOn(reader.links, after, limit),
    head: () => reader.head(),
    readChanges: (after, except = "") => reader.changes(after, except),
    onAppended: (told) => {
      listeners.add(told);
      return () => void listeners.delete(told);
    },
    subscribe: (from, onEvents, filter) => {
      const feed = followTable(reader, { from, onEvents, filter, onEnd: (ended) => feeds.delete(ended), onTrouble });
      feeds.add(feed);
      return feed.subscription;
    },
    dropStreams: (streams) => dropStreams(url, schema, streams),
    close: async () => {
      if (!open.now) return;
      open.now = false;
      await Promise.all([listener.close(), lane.close(), ...[...feeds].map((feed) => feed.subscription.close())]);
      await connections.close();
    },
  };
}

/** Stretch after stretch, wider while little is found: each query stays within its time, whatever the filter leaves out. */
async function readOn<E>(
  stretch: (after: Position, window: number, limit: number) => Promise<Stretch<E>>,
  after: Position,
  limit: number,
): Promise<readonly E[]> {
  const all: E[] = [];
  let from = after;
  let window = Math.min(Math.max(limit, 1), LAST_WINDOW);
  while (all.length < limit) {
    const { events, upTo, head } = await stretch(from, window, Math.min(limit - all.length, LONGEST));
    for (const event of events) all.push(event);
    from = upTo;
    if (Number(upTo) >= Number(head)) break;
    window = Math.min(window * 4, LAST_WINDOW);
  }
  return all;
}

/** Events of one answer. */
const LONGEST = 5_000;
