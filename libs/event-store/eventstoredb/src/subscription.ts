import { comparePositions, type EventFilter, type OnEvents, type Position, type Subscription } from "@grantline/event-store";
import type { Connection } from "./connection.ts";
import { splitFilter } from "./filter.ts";
import { openLiveRead, type Arrived, type LiveRead } from "./live-read.ts";
import type { Reader } from "./reader.ts";

export interface Following {
  readonly connection: Connection;
  readonly reader: Reader;
  readonly prefix: string;
  readonly from: Position;
  readonly onEvents: OnEvents;
  readonly filter: EventFilter;
  readonly onTrouble: (what: string, error: unknown) => void;
  readonly onEnd: (subscription: Subscription) => void;
}

/** Events handed over at once. */
const BATCH = 500;
/** When nothing has come for so long, one look says how far the log has grown: the port promises that within a second. */
const IDLE_MS = 400;
/** What the log holds and the subscription does not bring within this time is fetched by a new subscription. */
const STUCK_MS = 5_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** Follows $all by a filtered catch-up subscription, opened anew from the last position handed over whenever it breaks. */
export function follow(following: Following): Subscription {
  const { onTrouble, onEnd } = following;
  const bell = createBell();
  const state: State = { position: following.from, closed: false, live: undefined, behindSinceMs: undefined };
  const run = async () => {
    let pause = FIRST_PAUSE_MS;
    while (!state.closed) {
      try {
        await step(following, state, bell);
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        drop(state);
        if (state.closed) return;
        onTrouble(`the subscription at position ${state.position} broke and is opened again`, error);
        await bell.wait(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  };
  // Later than the caller, who must hold the subscription before the first events come.
  const done = new Promise((resolve) => setImmediate(resolve)).then(run);
  const subscription: Subscription = {
    close: async () => {
      state.closed = true;
      onEnd(subscription);
      bell.ring();
      await done;
      drop(state);
    },
  };
  return subscription;
}

interface State {
  position: Position;
  closed: boolean;
  live: LiveRead | undefined;
  /** Since when the log is known to hold something the subscription has not brought, milliseconds. */
  behindSinceMs: number | undefined;
}

function drop(state: State): void {
  state.live?.cancel();
  state.live = undefined;
  state.behindSinceMs = undefined;
}

/** Hands over what has come; with nothing there, waits for it. */
async function step(following: Following, state: State, bell: Bell): Promise<void> {
  const { connection, prefix, filter } = following;
  state.live ??= await openLiveRead({
    connection,
    prefix,
    filter: splitFilter(filter, prefix),
    after: state.position,
    onArrival: bell.ring,
  });
  const arrived = state.live.take(BATCH);
  if (arrived !== undefined) return handOver(following, state, arrived);
  if (await bell.wait(IDLE_MS)) return;
  const reached = await quietUpTo(following, state);
  if (reached !== undefined) await handOver(following, state, { events: [], upTo: reached });
}

async function handOver({ onEvents }: Following, state: State, { events, upTo }: Arrived): Promise<void> {
  if (state.closed || comparePositions(upTo, state.position) <= 0) return;
  await onEvents(events, upTo);
  state.position = upTo;
  state.behindSinceMs = undefined;
  // Catching up must not starve the requests of this process.
  await new Promise((resolve) => setImmediate(resolve));
}

/**
 * The server tells how far it has looked only every so many events, so with few of them nobody knows. The head first, then one event that passes
 * the filter: if there is none, everything up to that head has been handed over. If there is one, the subscription has to bring it.
 */
async function quietUpTo({ reader, filter }: Following, state: State): Promise<Position | undefined> {
  const head = await reader.head();
  if (comparePositions(head, state.position) <= 0) return undefined;
  const [waiting] = await reader.all(state.position, 1, filter);
  if (waiting === undefined) return head;
  state.behindSinceMs ??= performance.now();
  if (performance.now() - state.behindSinceMs > STUCK_MS) throw new Error(`it does not bring the event at ${waiting.position}`);
  return undefined;
}

interface Bell {
  readonly ring: () => void;
  /** True when it was rung, before or while waiting; false when the time was over. */
  wait(ms: number): Promise<boolean>;
}

function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    async wait(ms) {
      let timer: NodeJS.Timeout | undefined;
      if (!rung)
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, ms);
        });
      clearTimeout(timer);
      wake = undefined;
      const was = rung;
      rung = false;
      return was;
    },
  };
}
