import { createCommandRun } from "./command-run.ts";
import { createTurns } from "./in-turn.ts";
import type { EventStore } from "./port.ts";
import type { SharedReading } from "./region/region.ts";
import { createStreamAccess } from "./stream-access.ts";
import { createStreamCache } from "./stream-cache.ts";
import { createStreamFold } from "./stream-fold.ts";
import type { SnapshotStore, StreamRuntime } from "./streams.port.ts";

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
  /** States shared with other processes; of the same region as `store`. */
  readonly shared?: SharedReading;
  /** Snapshots of another release are not used. */
  readonly release?: string;
  readonly onSnapshotFailure?: (stream: string, error: unknown) => void;
  /** Bounds of the cache of folded states: streams, and rough bytes. */
  readonly cache?: { readonly entries: number; readonly bytes: number };
  readonly newId?: () => string;
}

/** Streams with this prefix have no state to cache (issuance.ts), and most events are theirs. */
const UNCACHED = "issuance-";
const CACHE = { entries: 20_000, bytes: 48_000_000 };

/** Runs deciders against their streams; see StreamRepository. All repositories of a runtime share one bounded cache. */
export function createStreamRuntime(options: StreamRuntimeOptions): StreamRuntime {
  const { store, snapshots, shared, release = "", onSnapshotFailure = () => undefined } = options; // an optimisation lost, nothing else
  const cache = createStreamCache(options.cache ?? CACHE, store.changes?.(UNCACHED));
  const inTurn = createTurns();
  return {
    repository: (decider) => {
      const access = createStreamAccess(cache, createStreamFold(decider, { store, snapshots, shared, release, onSnapshotFailure }));
      const run = createCommandRun(decider, access, options);
      const prefix = `${decider.stream}-`;
      return {
        stream: (id) => prefix + id,
        loadCached: (id) => access.cached(prefix + id),
        cachedReads: (id) => {
          const stream = prefix + id;
          return () => access.cached(stream);
        },
        load: async (id, { fresh = false } = {}) => {
          const stream = prefix + id;
          return fresh ? access.read(stream) : (access.cached(stream) ?? access.readShared(stream));
        },
        execute: (id, command, meta) => {
          const stream = prefix + id;
          return inTurn(stream, () => run(stream, command, meta));
        },
      };
    },
  };
}
