import type { EventFilter, OnEvents, Position, Subscription } from "@grantline/event-store";
import type { Reader } from "./reader.ts";

/** Events handed over at once. */
const BATCH = 500;
/** Positions looked at in one query; more while nothing is found. */
const FIRST_WINDOW = 10_000;
export const LAST_WINDOW = 640_000;
/** Woken after a rest, a subscription lets this much gather: one read of many events costs a fraction of many reads of one. */
const GATHER_MS = 20;
/** Looks by itself when nobody has woken it for so long. */
const LOOK_MS = 500;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

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

/** Follows the log. When reading or the callback fails, the same events come again after a pause (at least once, in order). */
export function follow(reader: Reader, { from, onEvents, filter, onEnd, onTrouble }: Following): Feed {
  let position = from;
  let window = FIRST_WINDOW;
  let closed = false;
  let awake = true;
  let wakeUp: () => void = () => undefined;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const rest = async (ms: number, orUntil: Promise<void> = ended): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([orUntil, ended, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
    clearTimeout(timer);
  };

  const step = async (): Promise<void> => {
    awake = false;
    const { events, upTo } = await reader.stretch(position, window, BATCH, filter);
    if (closed) return;
    if (upTo !== position) {
      await onEvents(events, upTo);
      position = upTo;
      window = events.length === 0 ? Math.min(window * 4, LAST_WINDOW) : FIRST_WINDOW;
    } else if (!awake) {
      await rest(LOOK_MS, new Promise((resolve) => (wakeUp = resolve)));
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
  const feed: Feed = {
    wake: () => {
      awake = true;
      wakeUp();
    },
    subscription: {
      close: async () => {
        closed = true;
        onEnd(feed);
        end();
        await done;
      },
    },
  };
  return feed;
}
