import type { EventStore, Position, StreamChange } from "../port.ts";
import { createBarrier } from "./barrier.ts";
import type { KnownChanges } from "./known-changes.ts";
import type { SharedStates } from "./port.ts";

const FOLLOW_EVERY_MS = 250;

export interface FollowingOptions {
  readonly store: EventStore;
  readonly readChanges: NonNullable<EventStore["readChanges"]>;
  /** Streams that nobody caches are left out. */
  readonly except: string;
  readonly from: Position;
  readonly known: KnownChanges;
  /** Kept right after lost writes; absent: another process does it, or nobody. */
  readonly repair?: SharedStates | undefined;
  /** Told of what the store says has changed. */
  readonly saw?: ((changes: readonly StreamChange[]) => void) | undefined;
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** What a process learns from the store itself. */
export interface Following {
  /** Resolves when everything acknowledged before the call has been taken in. Throws when the store can't say. */
  follow(): Promise<void>;
  /** Everything up to here has been taken in. */
  position(): Position;
  /** Milliseconds since the store was last asked with success. */
  age(): number;
  close(): Promise<void>;
}

/** Follows the store when asked, when it says that something came, and now and then anyway. */
export function startFollowing({ store, readChanges, except, from, known, repair, saw, onTrouble }: FollowingOptions): Following {
  let position = from;
  let followedAt = performance.now();
  const follow = createBarrier(async () => {
    const began = performance.now();
    const { changes, position: reached } = await readChanges(position, except);
    if (changes === "many") known.missed(reached);
    else {
      known.take(changes);
      known.reached(reached);
      saw?.(changes);
      // What is stale is recognised anyway; dropping it only spares the others the look.
      if (changes.length > 0)
        repair?.atLeast(changes).catch((error: unknown) => onTrouble("the shared states could not be repaired", error));
    }
    position = reached;
    followedAt = began;
  });

  let closed = false;
  let looking: Promise<void> | undefined;
  const look = (): void => {
    if (closed) return;
    looking ??= follow()
      .catch((error: unknown) => onTrouble("the store's changes could not be read; trying again", error))
      .finally(() => {
        looking = undefined;
      });
  };
  const timer = setInterval(look, FOLLOW_EVERY_MS).unref();
  const end = store.onAppended?.(look);
  return {
    follow,
    position: () => position,
    age: () => performance.now() - followedAt,
    async close() {
      closed = true;
      clearInterval(timer);
      end?.();
      await looking;
    },
  };
}
