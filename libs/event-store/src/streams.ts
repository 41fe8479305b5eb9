import type { Decider, DomainEvent, Outcome, Recorded } from "@grantline/domain/kernel";
import { createTurns } from "./in-turn.ts";
import { EventStoreUnavailable } from "./port.ts";
import type { AppendResult, EventMeta, EventStore, SealedEvent } from "./port.ts";
import { sealEvents } from "./seal.ts";
import { createStreamCache } from "./stream-cache.ts";
import type { CachedStream, StreamCache } from "./stream-cache.ts";
import { createStreamFold } from "./stream-fold.ts";
import type { StreamFold } from "./stream-fold.ts";
import type { CommandMeta, Executed, SnapshotStore, StreamRepository, StreamRuntime } from "./streams.port.ts";

/** Epoch seconds, whole; `nowMs` where the clock knows better. */
export interface RuntimeClock {
  now(): number;
  nowMs?(): number;
}

export interface StreamRuntimeOptions {
  readonly store: EventStore;
  readonly clock: RuntimeClock;
  readonly region: string;
  readonly service: string;
  readonly snapshots?: SnapshotStore;
  readonly onSnapshotFailure?: (stream: string, error: unknown) => void;
  /** Bounds of the cache of folded states: streams, and rough bytes. */
  readonly cache?: { readonly entries: number; readonly bytes: number };
  readonly newId?: () => string;
}

const CACHE = { entries: 20_000, bytes: 48_000_000 };
/** Conflicts in a row before a command gives up. With turns taken in a process, only other processes can cause them. */
const TRIES = 60;
const MOST_JITTER_MS = 40;

/** Runs deciders against their streams; see StreamRepository. All repositories of a runtime share one bounded cache. */
export function createStreamRuntime(options: StreamRuntimeOptions): StreamRuntime {
  const cache = createStreamCache(options.cache ?? CACHE, options.store.changes?.());
  const inTurn = createTurns();
  return {
    repository: (decider) => {
      const fold = createStreamFold(decider, {
        store: options.store,
        snapshots: options.snapshots,
        onSnapshotFailure: options.onSnapshotFailure ?? (() => undefined), // an optimisation was lost, nothing else
      });
      return createRepository(decider, fold, cache, inTurn, options);
    },
  };
}

function createRepository<S, C, E extends DomainEvent, O extends Outcome>(
  decider: Decider<S, C, E, O>,
  fold: StreamFold<S>,
  cache: StreamCache,
  inTurn: ReturnType<typeof createTurns>,
  options: StreamRuntimeOptions,
): StreamRepository<S, C, O> {
  const prefix = `${decider.stream}-`;

  // Events never change, so what was folded stays true: reading on from there is reading past the cache.
  const readOn = async (stream: string): Promise<CachedStream<S>> => {
    const watch = cache.watch(stream);
    try {
      const loaded = await fold.read(stream, cache.get(stream) as CachedStream<S> | undefined);
      cache.put(stream, loaded, watch);
      return loaded;
    } catch (error) {
      cache.drop(stream, watch);
      throw error;
    }
  };

  const record = async (stream: string, base: CachedStream<S>, events: readonly E[], meta: CommandMeta): Promise<Settled<S> | undefined> => {
    const atMs = options.clock.nowMs?.() ?? options.clock.now() * 1000;
    const sealed = sealEvents({
      stream, previousHash: base.hash, revision: base.revision + 1, events, definitions: fold.definitions,
      meta: { ...meta, region: options.region, service: options.service } satisfies EventMeta, atMs,
      ...(options.newId === undefined ? {} : { newId: options.newId }),
    });
    const watch = cache.watch(stream);
    const result = await appendOnce(options.store, stream, base.revision, sealed).catch((error: unknown) => {
      cache.drop(stream, watch);
      throw error;
    });
    if (result.kind === "conflict") {
      cache.drop(stream, watch);
      return undefined;
    }
    const at = Math.floor(atMs / 1000);
    let state = base.state;
    for (const event of events) state = decider.evolve(state, { ...event, at, version: fold.definitions[event.type]!.version } as Recorded<E>);
    const bytes = sealed.reduce((sum, event) => sum + event.body.length, base.bytes);
    const settled = { state, revision: result.revision, hash: sealed.at(-1)!.hash, bytes, position: result.position };
    cache.put(stream, settled, watch);
    return settled;
  };

  const run = async (stream: string, command: C, meta: CommandMeta): Promise<Executed<S, O>> => {
    const cached = cache.get(stream) as CachedStream<S> | undefined;
    let fresh = cached === undefined;
    let loaded = cached ?? (await readOn(stream));
    for (let tries = 0; tries < TRIES; ) {
      const { events, outcome } = decider.decide(command, loaded.state);
      // A cached state may only accept, and only what the store will check by the expected revision.
      if (!fresh && (outcome.kind === "refused" || events.length === 0)) {
        const now = await readOn(stream);
        fresh = true;
        const unchanged = now.revision === loaded.revision;
        loaded = now;
        if (!unchanged) continue;
      }
      if (events.length === 0) return { outcome, state: loaded.state, revision: loaded.revision };
      const settled = await record(stream, loaded, events, meta);
      if (settled !== undefined) return { outcome, state: settled.state, revision: settled.revision, position: settled.position };
      await jitter(tries++);
      loaded = await readOn(stream);
      fresh = true;
    }
    throw new EventStoreUnavailable(`${stream} is too contended: gave up after ${TRIES} conflicts`);
  };

  return {
    stream: (id) => prefix + id,
    load: async (id, { fresh = false } = {}) => {
      const stream = prefix + id;
      return (fresh ? undefined : (cache.get(stream) as CachedStream<S> | undefined)) ?? readOn(stream);
    },
    loadCached: (id) => cache.get(prefix + id) as CachedStream<S> | undefined,
    execute: (id, command, meta) => {
      const stream = prefix + id;
      return inTurn(stream, () => run(stream, command, meta));
    },
  };
}

type Settled<S> = CachedStream<S> & { readonly position: string };

/** When no answer came the same events are sent once more: the store knows them by their ids. */
async function appendOnce(store: EventStore, stream: string, expectedRevision: number, sealed: readonly SealedEvent[]): Promise<AppendResult> {
  try {
    return await store.append(stream, expectedRevision, sealed);
  } catch (error) {
    if (!(error instanceof EventStoreUnavailable)) throw error;
    return store.append(stream, expectedRevision, sealed);
  }
}

/** The first conflict is met at once, later ones after a random pause that grows. */
async function jitter(conflicts: number): Promise<void> {
  if (conflicts === 0) return;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(2 ** conflicts, MOST_JITTER_MS)));
}
