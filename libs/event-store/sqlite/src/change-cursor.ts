import type { ChangeCursor, StreamChange } from "@grantline/event-store";
import type { Reader } from "./reader.ts";

/** A tail longer than this is not worth reading: dropping the caches is cheaper. */
const MANY = 5_000;
const NOTHING: readonly StreamChange[] = [];

/** Reads what was written since it was read last, by anybody. */
function createTail(reader: Reader, except: string) {
  let position = reader.head();
  return {
    read: (): readonly StreamChange[] | "many" => {
      const head = reader.head();
      const tail = reader.tail(position, head, except, MANY);
      // Moved on only once all was read: a failing read must not swallow a change.
      position = head;
      return tail.length < MANY ? tail : "many";
    },
    skipTo: (known: number) => {
      if (known > position) position = known;
    },
  };
}

/** Beside the writer of another process: SQLite's own counter says when to read the tail. */
export function peerCursor(reader: Reader, except: string): ChangeCursor {
  const tail = createTail(reader, except);
  let version = -1;
  let exact = false;
  const expire = () => {
    exact = false;
  };
  return {
    poll: () => {
      // One look (2 µs) serves all that runs before the event loop hands in anything new: until then nobody can have asked about later facts.
      if (exact) return NOTHING;
      // The counter first, the tail after it: what comes between is seen twice, never missed.
      const now = reader.version();
      const changed = now === version ? NOTHING : tail.read();
      version = now;
      exact = true;
      queueMicrotask(() => process.nextTick(expire));
      return changed;
    },
  };
}

export interface OwnerCursor extends ChangeCursor {
  /** An own event was acknowledged at this position. */
  own(position: number): void;
}

/**
 * In the process that has the writer: its thread counts commits this process does not know of in shared memory, so a poll costs
 * nanoseconds.
 */
export function ownerCursor(reader: Reader, unseenCommits: Int32Array, except: string): OwnerCursor {
  let commits = Atomics.load(unseenCommits, 0);
  const tail = createTail(reader, except);
  return {
    poll: () => {
      const now = Atomics.load(unseenCommits, 0);
      if (now === commits) return NOTHING;
      const changed = tail.read();
      commits = now;
      return changed;
    },
    // With nothing unseen since the last look, nothing below an own event needs reading.
    own: (position) => {
      if (Atomics.load(unseenCommits, 0) === commits) tail.skipTo(position);
    },
  };
}
