import { setImmediate as nextTurn } from "node:timers/promises";
import { comparePositions, START, type EventStore, type Position, type StoredEvent } from "@grantline/event-store";
import { AuditEvent } from "./audit-event.ts";
import { matchOf } from "./match.ts";
import { createOrigins } from "./origins.ts";
import { windowOf } from "./position-of-time.ts";
import { typesWanted, type ReplayQuery } from "./query.ts";

export interface ReplayOptions {
  /** Nothing after this position is looked at; the same query at the same head gives the same answer for ever. Default: the store's, now. */
  readonly head?: Position;
  /** Goes on after this position. */
  readonly after?: Position;
  /** Gives every event its origin (`AuditEvent.origin`), which `factsOf` needs. Costs a look-up per stream. */
  readonly withOrigins?: boolean;
  /** Told after each page how far the log has been read. */
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Events looked at a page. */
  readonly page?: number;
}

export interface ReplayProgress {
  readonly position: Position;
  readonly head: Position;
  /** That matched so far. */
  readonly events: number;
}

export interface Replay {
  readonly head: Position;
  readonly after: Position;
  /** Events in order of position, page by page; a page may be empty. To be read once. */
  readonly pages: AsyncIterable<readonly AuditEvent[]>;
}

const PAGE = 1_000;

/** Reads the log as a query asks, pinned to the head at its start, a page at a time, in flat memory. */
export async function replay(store: EventStore, query: ReplayQuery, options: ReplayOptions = {}): Promise<Replay> {
  const head = options.head ?? (await store.head());
  const after = options.after ?? START;
  return { head, after, pages: pagesOf(store, query, { ...options, head, after }) };
}

type Pinned = ReplayOptions & Required<Pick<ReplayOptions, "head" | "after">>;

async function* pagesOf(store: EventStore, query: ReplayQuery, options: Pinned): AsyncGenerator<readonly AuditEvent[]> {
  const match = matchOf(query);
  const origins = createOrigins(store);
  let events = 0;
  for await (const { stored, upTo } of candidates(store, query, options)) {
    const page = stored.filter(match.perhaps).map((each) => new AuditEvent(each));
    if (match.needsOrigins) await origins.attach(page);
    const found = page.filter(match.surely);
    if (!match.needsOrigins && options.withOrigins === true) await origins.attach(found);
    events += found.length;
    yield found;
    options.onProgress?.({ position: upTo, head: options.head, events });
    // a store that answers at once would otherwise keep this process from serving anybody else
    await nextTurn();
  }
}

interface Candidates {
  readonly stored: readonly StoredEvent[];
  readonly upTo: Position;
}

function candidates(store: EventStore, query: ReplayQuery, options: Pinned): AsyncGenerator<Candidates> {
  const stream = query.stream ?? (query.grant === undefined ? undefined : `grant-${query.grant}`);
  return stream === undefined ? wholeLog(store, query, options) : oneStream(store, stream, options);
}

async function* wholeLog(store: EventStore, query: ReplayQuery, options: Pinned): AsyncGenerator<Candidates> {
  const types = typesWanted(query);
  if (types?.length === 0) return;
  const { page: size = PAGE } = options;
  const window = await windowOf(store, query, options);
  for (let from = window.after; comparePositions(from, window.upTo) < 0;) {
    const page = await store.readAll(from, size, types === undefined ? undefined : { types });
    const within = withinHead(page, window.upTo);
    const more = page.length === size && within.length === size;
    const upTo = more ? (page.at(-1) as StoredEvent).position : options.head;
    yield { stored: within, upTo };
    if (!more) return;
    from = upTo;
  }
}

/** In a stream, the order of revisions is the order of positions. */
async function* oneStream(store: EventStore, stream: string, { after, head, page: size = PAGE }: Pinned): AsyncGenerator<Candidates> {
  for (let from = 0; ; from += size) {
    const page = await store.readStream(stream, from, size);
    const within = withinHead(page, head);
    const more = page.length === size && within.length === size;
    yield {
      stored: within.filter(({ position }) => comparePositions(position, after) > 0),
      upTo: more ? (page.at(-1) as StoredEvent).position : head,
    };
    if (!more) return;
  }
}

function withinHead(page: readonly StoredEvent[], head: Position): readonly StoredEvent[] {
  const last = page.at(-1);
  if (last === undefined || comparePositions(last.position, head) <= 0) return page;
  return page.filter(({ position }) => comparePositions(position, head) <= 0);
}
