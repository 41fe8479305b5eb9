import type { OnEvents, Position, StoredEvent, Subscription } from "./port.ts";

/** Woken after a rest, a subscription lets this much gather: one read of many events costs a fraction of many reads of one. */
const GATHER_MS = 20;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** A subscription as its adapter holds it. */
export interface Followed {
  /** Something was appended. */
  wake(): void;
  readonly subscription: Subscription;
}

export interface Following {
  readonly from: Position;
  readonly onEvents: OnEvents;
  /** The next events after `after`, some hundred at most, and how far that is (see `OnEvents`); `upTo` is `after` again when there is nothing. */
  readonly read: (after: Position) => Promise<Stretch> | Stretch;
  /** Milliseconds after which it looks by itself when nobody has woken it. Absent: whoever appends wakes it for sure. */
  readonly lookMs?: number;
  readonly onEnd: (followed: Followed) => void;
  readonly onTrouble: (what: string, error: unknown) => void;
}

interface Stretch {
  readonly events: readonly StoredEvent[];
  readonly upTo: Position;
}

/** Follows the log for adapters that read it by position. When reading or the callback fails, the same events come again after a pause (at least once, in order). */
export function follow({ from, onEvents, read, lookMs, onEnd, onTrouble }: Following): Followed {
  let position = from;
  let closed = false;
  let awake = true;
  let wakeUp: () => void = () => undefined;
  let end: () => void = () => undefined;
  // By hand, not by a race with a promise of the end: each race would leave something behind in it, for as long as the subscription lasts.
  const rest = (ms: number | undefined, untilWoken = false): Promise<void> =>
    new Promise((resolve) => {
      if (closed) return resolve();
      const over = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(over, ms);
      end = over;
      wakeUp = untilWoken ? over : () => undefined;
    });

  const step = async (): Promise<void> => {
    awake = false;
    const { events, upTo } = await read(position);
    if (closed) return;
    if (upTo !== position) {
      await onEvents(events, upTo);
      position = upTo;
      // Catching up must not starve the requests of this process.
      await new Promise((resolve) => setImmediate(resolve));
    } else if (!awake) {
      await rest(lookMs, true);
      await rest(GATHER_MS);
    }
  };
  const run = async (): Promise<void> => {
    let pause = FIRST_PAUSE_MS;
    while (!closed) {
      try {
        await step();
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        if (closed) return;
        onTrouble(`the subscription at position ${position} failed and will be tried again`, error);
        await rest(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  };
  // Later than the caller, who must hold the subscription before the first events come.
  const done = new Promise((resolve) => setImmediate(resolve)).then(run);
  const followed: Followed = {
    wake: () => {
      awake = true;
      wakeUp();
    },
    subscription: {
      close: async () => {
        closed = true;
        onEnd(followed);
        end();
        await done;
      },
    },
  };
  return followed;
}
