import { LRUCache } from "lru-cache";
import type { ChangeCursor, StreamChange } from "./port.ts";
import type { Loaded } from "./streams.port.ts";

/** A folded state with its rough size: the text of the events it was folded from, since states keep at most what events say. */
export interface CachedStream<S = unknown> extends Loaded<S> {
  readonly bytes: number;
}

/** Kept while a stream is being read or written: changes made elsewhere meanwhile show here. */
export interface Watch {
  newest: number;
  holders: number;
}

export interface StreamCache {
  /** What is known of a stream, exact at this moment across all processes (P5). */
  get(stream: string): CachedStream | undefined;
  /** To be taken before the store is asked, and ended by `put` or `drop`. */
  watch(stream: string): Watch;
  /** Keeps it unless something newer is there or was made elsewhere since the watch began. */
  put(stream: string, entry: CachedStream, watch: Watch): void;
  drop(stream: string, watch: Watch): void;
}

const MOST_BYTES_OF_ONE = 24_000;
const OVERHEAD = 600;

/**
 * Bounded by number and by size. Streams that do not exist are remembered apart, so that made-up ids can't push out real ones.
 */
export function createStreamCache(
  limits: { readonly entries: number; readonly bytes: number },
  changes: ChangeCursor | undefined,
): StreamCache {
  const present = new LRUCache<string, CachedStream>({ max: limits.entries, maxSize: limits.bytes, sizeCalculation: sizeOf });
  const absent = new LRUCache<string, CachedStream>({ max: limits.entries });
  const watches = new Map<string, Watch>();

  const apply = (changed: readonly StreamChange[] | "many") => {
    if (changed === "many") {
      present.clear();
      absent.clear();
      for (const watch of watches.values()) watch.newest = Number.POSITIVE_INFINITY;
      return;
    }
    for (const { stream, revision } of changed) {
      const held = present.peek(stream);
      if (held !== undefined && held.revision < revision) present.delete(stream);
      absent.delete(stream);
      const watch = watches.get(stream);
      if (watch !== undefined && watch.newest < revision) watch.newest = revision;
    }
  };
  const forget = (stream: string) => {
    present.delete(stream);
    absent.delete(stream);
  };

  const release = (stream: string, watch: Watch) => {
    if (--watch.holders === 0) watches.delete(stream);
  };

  return {
    get: (stream) => {
      const changed = changes?.poll();
      if (changed !== undefined && changed.length > 0) apply(changed);
      return present.get(stream) ?? absent.get(stream);
    },
    watch: (stream) => {
      // Several may share one: it only ever says more than each needs to know.
      const shared = watches.get(stream);
      if (shared !== undefined) {
        shared.holders++;
        return shared;
      }
      const watch = { newest: -1, holders: 1 };
      watches.set(stream, watch);
      return watch;
    },
    put: (stream, entry, watch) => {
      release(stream, watch);
      const held = present.peek(stream);
      if (held !== undefined && held.revision > entry.revision) return;
      if (watch.newest > entry.revision) forget(stream);
      else if (entry.revision < 0) absent.set(stream, entry);
      else {
        absent.delete(stream);
        present.set(stream, entry);
      }
    },
    drop: (stream, watch) => {
      release(stream, watch);
      forget(stream);
    },
  };
}

function sizeOf(entry: CachedStream): number {
  return OVERHEAD + Math.min(entry.bytes, MOST_BYTES_OF_ONE);
}
