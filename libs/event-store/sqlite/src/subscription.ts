import type { Position, StoredEvent, Subscription } from "@grantline/event-store";
import type { Reader } from "./reader.ts";

/** Events handed over at once. */
const BATCH = 500;

export interface Feed {
  /** Something was appended. */
  wake(): void;
  readonly subscription: Subscription;
}

/**
 * Follows the log from a position. A callback that fails gets the same events again after a pause (at least once, in order).
 * `onEnd` is called when it is closed.
 */
export function follow(reader: Reader, from: Position, onEvents: (events: readonly StoredEvent[]) => Promise<void> | void, onEnd: (feed: Feed) => void): Feed {
  let position = Number(from);
  let closed = false;
  let awake = true;
  let wakeUp: (() => void) | undefined;

  const run = async () => {
    let pause = 0;
    while (!closed) {
      awake = false;
      const events = reader.all(position, BATCH);
      if (events.length === 0) {
        if (!awake) await new Promise<void>((resolve) => (wakeUp = resolve));
        continue;
      }
      try {
        await onEvents(events);
        position = Number(events.at(-1)!.position);
        pause = 0;
        // Catching up must not starve the requests of this process.
        await new Promise((resolve) => setImmediate(resolve));
      } catch {
        // The subscriber logs its own failures; here it only decides when it is asked again.
        pause = Math.min(pause * 2 + 50, 2_000);
        await new Promise<void>((resolve) => setTimeout(resolve, pause));
      }
    }
  };
  const wake = () => {
    awake = true;
    const resume = wakeUp;
    wakeUp = undefined;
    resume?.();
  };
  // Later than the caller, who must hold the subscription before the first events come.
  const done = new Promise<void>((resolve) => setImmediate(resolve)).then(run);
  const feed: Feed = {
    wake,
    subscription: {
      close: async () => {
        closed = true;
        onEnd(feed);
        wake();
        await done;
      },
    },
  };
  return feed;
}
