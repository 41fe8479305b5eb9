import type { EventFilter, OnEvents, Position, Subscription } from "@grantline/event-store";
import type { Reader } from "./reader.ts";

/** Events handed over at once. */
const BATCH = 500;
/** Woken after a rest, a subscription lets this much gather: one read of many events costs a fraction of many reads of one. */
const GATHER_MS = 20;

export interface Feed {
  /** Something was appended. */
  wake(): void;
  readonly subscription: Subscription;
}

export interface Following {
  readonly from: Position;
  readonly onEvents: OnEvents;
  readonly filter: EventFilter | undefined;
  readonly onEnd: (feed: Feed) => void;
  readonly onTrouble: (what: string, error: unknown) => void;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** Follows the log. When reading or the callback fails, the same events come again after a pause (at least once, in order). */
export function follow(reader: Reader, { from, onEvents, filter, onEnd, onTrouble }: Following): Feed {
  let position = Number(from);
  const state = { closed: false };
  let awake = true;
  let wakeUp: (() => void) | undefined;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));

  const step = async () => {
    awake = false;
    // The head first: what comes between is seen again, never missed.
    const head = reader.head();
    const events = reader.all(position, BATCH, filter);
    const last = Number(events.at(-1)?.position ?? position);
    const upTo = events.length < BATCH ? Math.max(head, last) : last;
    if (upTo > position) {
      await onEvents(events, String(upTo));
      position = upTo;
      // Catching up must not starve the requests of this process.
      await new Promise((resolve) => setImmediate(resolve));
    } else if (!awake) {
      await new Promise<void>((resolve) => (wakeUp = resolve));
      if (!state.closed) await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, GATHER_MS))]);
    }
  };
  const run = async () => {
    let pause = FIRST_PAUSE_MS;
    while (!state.closed) {
      try {
        await step();
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        onTrouble(`the subscription at position ${position} failed and will be tried again`, error);
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, pause))]);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
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
  const done = new Promise((resolve) => setImmediate(resolve)).then(run);
  const feed: Feed = {
    wake,
    subscription: {
      close: async () => {
        state.closed = true;
        onEnd(feed);
        end();
        wake();
        await done;
      },
    },
  };
  return feed;
}
