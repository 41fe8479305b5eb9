import { LRUCache } from "lru-cache";
import { issuanceEvents } from "@grantline/domain/issuance";
import type { AccessTokenIssued } from "@grantline/domain/issuance";
import { EventStoreUnavailable, NO_STREAM } from "./port.ts";
import { parseEvent } from "./parse.ts";
import type { EventStore, ReadEvent, SealedEvent } from "./port.ts";
import { sealEvents } from "./seal.ts";
import type { Definitions } from "./seal.ts";
import type { RuntimeClock } from "./streams.ts";
import type { CommandMeta } from "./streams.port.ts";

/** The one writer of this instance's issuance stream. */
export interface IssuanceWriter {
  /** Reserves the next revision, lets `make` mint the token with its locator (`{writer}-{hour}.{revision}`), appends. Resolves when the event is durable (P1). */
  issue<T>(make: (locator: string) => { readonly event: AccessTokenIssued; readonly result: T }, meta: CommandMeta): Promise<T>;
  /** The event at a locator, undefined when there is none. */
  read(locator: string): Promise<ReadEvent<AccessTokenIssued> | undefined>;
  /** `read` without a promise: undefined when it is not in memory. */
  readCached(locator: string): ReadEvent<AccessTokenIssued> | undefined;
  /** Waits for what is on its way. */
  close(): Promise<void>;
}

export interface IssuanceWriterOptions {
  readonly store: EventStore;
  readonly clock: RuntimeClock;
  readonly random: { hex(bytes: number): string };
  readonly region: string;
  readonly service: string;
  /** Definitions of the stream's events: `issuanceEvents`. */
  readonly definitions?: Definitions;
  readonly cacheEntries?: number;
}

interface Waiting {
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

/** One stream while it is written: everything known before the store has answered. */
interface OpenStream {
  readonly name: string;
  /** `{writer}-{hour}`: what locators begin with. */
  readonly slot: string;
  /** Epoch seconds of the end of its hour. */
  readonly until: number;
  next: number;
  hash: string;
  /** Set by the first append that failed: later ones stand on events that may not exist. */
  broken: unknown;
  sealed: SealedEvent[];
  waiting: Waiting[];
}

/** Events in one append, so that a burst does not become one huge transaction. */
const MOST_AT_ONCE = 512;
const CACHE_ENTRIES = 10_000;
const LOCATOR = /^([a-z0-9]{8}-[0-9]{10})\.(0|[1-9][0-9]{0,11})$/;

/**
 * Issues tokens that have no grant (architecture.md §4): the next revision and previous hash are known in process, so appends are
 * pipelined and batched instead of waiting for each other. When one fails, all behind it fail with EventStoreUnavailable and
 * a new stream is begun: a revision whose fate is unknown is never used again.
 */
export function createIssuanceWriter(options: IssuanceWriterOptions): IssuanceWriter {
  const { store, clock, region, service, definitions = issuanceEvents } = options;
  const read = new LRUCache<string, ReadEvent<AccessTokenIssued>>({ max: options.cacheEntries ?? CACHE_ENTRIES });
  const unsettled = new Set<Promise<void>>();
  let open: OpenStream | undefined;
  let closed = false;

  const current = (now: number): OpenStream => {
    if (open !== undefined && open.broken === undefined && now < open.until && now >= open.until - 3600) return open;
    if (open !== undefined) flush(open);
    return (open = begin(options.random.hex(8), now));
  };

  const flush = (stream: OpenStream) => {
    const { sealed, waiting } = stream;
    if (sealed.length === 0) return;
    stream.sealed = [];
    stream.waiting = [];
    const sent = send(store, stream, sealed, waiting).finally(() => unsettled.delete(sent));
    unsettled.add(sent);
  };

  const reserve = <T>(make: (locator: string) => { readonly event: AccessTokenIssued; readonly result: T }, meta: CommandMeta) => {
    const atMs = clock.nowMs?.() ?? clock.now() * 1000;
    const stream = current(Math.floor(atMs / 1000));
    const { event, result } = make(`${stream.slot}.${stream.next}`);
    const [sealed] = sealEvents({
      stream: stream.name,
      previousHash: stream.hash,
      revision: stream.next,
      events: [event],
      definitions,
      meta: { ...meta, region, service },
      atMs,
    });
    // Only now is the revision used: a token that could not be made leaves no hole.
    stream.next++;
    stream.hash = sealed!.hash;
    stream.sealed.push(sealed!);
    if (stream.sealed.length === 1) setImmediate(flush, stream);
    return { stream, result };
  };

  return {
    issue: (make, meta) =>
      new Promise((resolve, fail) => {
        if (closed) throw new EventStoreUnavailable("the issuance writer is closed");
        const { stream, result } = reserve(make, meta);
        stream.waiting.push({ settle: () => resolve(result), fail });
        if (stream.sealed.length >= MOST_AT_ONCE) flush(stream);
      }),
    readCached: (locator) => read.get(locator),
    read: async (locator) => {
      const held = read.get(locator);
      if (held !== undefined) return held;
      const [, slot, revision] = LOCATOR.exec(locator) ?? [];
      if (slot === undefined) return undefined;
      const [stored] = await store.readStream(`issuance-${slot}`, Number(revision), 1);
      if (stored === undefined) return undefined;
      const event = parseEvent<AccessTokenIssued>(stored, definitions);
      read.set(locator, event);
      return event;
    },
    close: async () => {
      closed = true;
      if (open !== undefined) flush(open);
      await Promise.all(unsettled);
    },
  };
}

/** A new stream named by chance, so that two writers, or one after a failure, never share one. */
function begin(randomHex: string, now: number): OpenStream {
  const writer = BigInt(`0x${randomHex}`).toString(36).padStart(8, "0").slice(-8);
  const hour = new Date(now * 1000).toISOString().slice(0, 13).replace(/[-T]/g, "");
  const slot = `${writer}-${hour}`;
  return {
    name: `issuance-${slot}`,
    slot,
    until: (Math.floor(now / 3600) + 1) * 3600,
    next: 0,
    hash: "",
    broken: undefined,
    sealed: [],
    waiting: [],
  };
}

async function send(store: EventStore, stream: OpenStream, sealed: readonly SealedEvent[], waiting: readonly Waiting[]): Promise<void> {
  const expected = (sealed[0] as SealedEvent).revision - 1;
  try {
    if (stream.broken !== undefined)
      throw new EventStoreUnavailable("an earlier append to this issuance stream failed", { cause: stream.broken });
    const result = await store.append(stream.name, expected === -1 ? NO_STREAM : expected, sealed);
    if (result.kind === "conflict") throw new EventStoreUnavailable(`issuance stream ${stream.name} was written by another`);
    for (const one of waiting) one.settle();
  } catch (error) {
    stream.broken ??= error;
    const unavailable =
      error instanceof EventStoreUnavailable ? error : new EventStoreUnavailable("the issuance append failed", { cause: error });
    for (const one of waiting) one.fail(unavailable);
  }
}
