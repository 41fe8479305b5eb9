import { comparePositions } from "../port.ts";
import type { ChangeCursor, Position, StreamChange } from "../port.ts";

/** What one process has been told of the appends of all. */
export interface KnownChanges {
  /** Changes told by anybody, in any order, however often. */
  take(changes: readonly StreamChange[]): void;
  /** All changes up to here have been taken. */
  reached(position: Position): void;
  /** Changes before this were missed: only what comes after is known. Caches are told to drop everything. */
  missed(position: Position): void;
  /** Is a state that was the stream's newest at `asOf` still not known to be older than that? */
  vouchesFor(stream: string, revision: number, asOf: Position): boolean;
  /** For a cache: what was taken since its last look. */
  cursor(): ChangeCursor;
}

/** Streams remembered in one of two generations, some 120 bytes each. */
const MOST = 125_000;
/** A cache that has not looked for so long may as well begin anew. */
const MOST_UNSEEN = 10_000;
const NOTHING: readonly StreamChange[] = [];

/**
 * Remembers the newest revision of every stream that changed since a position, so that a state found anywhere can be judged: it counts if it was the newest at some
 * position from there on, and no later change is known. It does not matter who kept it, nor what got lost on the way. When too many streams changed the older half is
 * forgotten and the position moves on.
 */
export function createKnownChanges(from: Position, most = MOST): KnownChanges {
  let older = new Map<string, number>();
  let newer = new Map<string, number>();
  /** Everything after `completeFrom` is in both together, everything after `newerFrom` in the newer one. */
  let completeFrom = from;
  let newerFrom = from;
  const pending = new Set<{ changes: StreamChange[] | "many" }>();

  return {
    take(changes) {
      for (const { stream, revision } of changes) if ((newer.get(stream) ?? -1) < revision) newer.set(stream, revision);
      for (const one of pending) if (one.changes !== "many" && one.changes.push(...changes) > MOST_UNSEEN) one.changes = "many";
    },
    reached(position) {
      if (newer.size < most) return;
      older = newer;
      newer = new Map();
      completeFrom = newerFrom;
      newerFrom = position;
    },
    missed(position) {
      older = new Map();
      newer = new Map();
      completeFrom = newerFrom = position;
      for (const one of pending) one.changes = "many";
    },
    vouchesFor: (stream, revision, asOf) =>
      comparePositions(asOf, completeFrom) >= 0 && revision >= Math.max(newer.get(stream) ?? -1, older.get(stream) ?? -1),
    cursor() {
      const own: { changes: StreamChange[] | "many" } = { changes: [] };
      pending.add(own);
      return {
        poll: () => {
          if (own.changes.length === 0) return NOTHING;
          const { changes } = own;
          own.changes = [];
          return changes;
        },
      };
    },
  };
}
