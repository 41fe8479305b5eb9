import { setImmediate as nextTurn } from "node:timers/promises";
import { comparePositions, type EventFilter, type EventStore, type Position, type StoredEvent } from "@grantline/event-store";
import { createInterruption, type Interruption } from "./interruption.ts";
import { CheckpointMoved } from "./port.ts";
import type { ProjectorLog, ProjectorStatus } from "./projector.port.ts";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export interface FeedSources {
  readonly store: EventStore;
  readonly log: ProjectorLog;
  readonly batchSize: number;
  readonly filter: EventFilter;
  seen(): Position;
  load(): Promise<void>;
  project(events: readonly StoredEvent[], upTo: Position): Promise<void>;
  /** Called each time the end of the log was reached, when live. */
  caughtUp(): Promise<void>;
}

/** Load, catch up, go live; from the start again after a failure, with a growing pause. */
export interface Feed {
  start(): void;
  phase(): Exclude<ProjectorStatus["phase"], "inactive">;
  /** Goes back to loading: what was remembered does not hold any more, or a write failed. */
  restart(cause: unknown): void;
  stop(): Promise<void>;
}

interface FeedState {
  phase: ReturnType<Feed["phase"]>;
  stopping: boolean;
}

export function createFeed(sources: FeedSources): Feed {
  const state: FeedState = { phase: "stopped", stopping: false };
  const interruption = createInterruption();
  let running: Promise<void> | undefined;
  return {
    start() {
      running ??= run(sources, state, interruption);
    },
    phase: () => state.phase,
    restart(cause) {
      if (state.phase === "live") interruption.end(cause);
    },
    async stop() {
      state.stopping = true;
      interruption.end();
      await running;
    },
  };
}

async function run(sources: FeedSources, state: FeedState, interruption: Interruption): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; !state.stopping;) {
    try {
      state.phase = "catching-up";
      await sources.load();
      await catchUp(sources, state);
      pauseMs = FIRST_PAUSE_MS;
      if (!state.stopping) await live(sources, state, interruption);
    } catch (error) {
      if (error instanceof CheckpointMoved) {
        sources.log.info({}, "projections: another process has moved a checkpoint, following it");
        continue;
      }
      state.phase = "retrying";
      sources.log.error({ err: error }, "projections: failed, trying again");
      if (!state.stopping) await interruption.wait(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
  state.phase = "stopped";
}

async function catchUp({ store, batchSize, filter, seen, project }: FeedSources, state: FeedState): Promise<void> {
  while (!state.stopping) {
    // The head first: what comes between is seen in the next round.
    const head = await store.head();
    const events = await store.readAll(seen(), batchSize, filter);
    const last = events.at(-1)?.position ?? seen();
    const upTo = events.length < batchSize && comparePositions(head, last) > 0 ? head : last;
    if (comparePositions(upTo, seen()) <= 0) return;
    await project(events, upTo);
    await nextTurn();
  }
}

/** Follows the store until stopped or until something fails. */
async function live(sources: FeedSources, state: FeedState, interruption: Interruption): Promise<void> {
  const ended = interruption.wait();
  // Awaited below; until then a failure must not count as unhandled.
  ended.catch(() => undefined);
  let failed = false;
  const project = async (events: readonly StoredEvent[], upTo: Position): Promise<void> => {
    if (failed || state.stopping) return;
    try {
      await sources.project(events, upTo);
    } catch (error) {
      // The subscription has no one to tell; what it was given is read again from the checkpoint.
      failed = true;
      interruption.end(error);
    }
  };
  const subscription = sources.store.subscribe(sources.seen(), project, sources.filter);
  state.phase = "live";
  try {
    await sources.caughtUp();
    if (!state.stopping) await ended;
  } finally {
    await subscription.close();
  }
}
