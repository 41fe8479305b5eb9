import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventStore, Position, StoredEvent } from "@grantline/event-store";
import { CheckpointMoved } from "./port.ts";
import type { ProjectorLog, ProjectorStatus } from "./projector.port.ts";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export interface FeedSources {
  readonly store: EventStore;
  readonly log: ProjectorLog;
  readonly batchSize: number;
  seen(): Position;
  load(): Promise<void>;
  project(events: readonly StoredEvent[]): Promise<void>;
  /** Called each time the end of the log was reached, before going live. */
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

export function createFeed(sources: FeedSources): Feed {
  const { store, log, batchSize } = sources;
  let phase: ReturnType<Feed["phase"]> = "stopped";
  let stopping = false;
  let running: Promise<void> | undefined;
  let interrupt: (error?: unknown) => void = () => undefined;

  /** Resolves when stopped or after `ms`, rejects when interrupted with an error. */
  function interruptible(ms?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = ms === undefined ? undefined : setTimeout(() => resolve(), ms);
      interrupt = (error) => {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error as Error);
      };
    });
  }

  async function catchUp(): Promise<void> {
    while (!stopping) {
      const events = await store.readAll(sources.seen(), batchSize);
      if (events.length === 0) return;
      await sources.project(events);
      await nextTurn();
    }
  }

  async function live(): Promise<void> {
    const ended = interruptible();
    // Awaited below; until then a failure must not count as unhandled.
    ended.catch(() => undefined);
    const subscription = store.subscribe(sources.seen(), async (events) => {
      // The subscription has no one to tell; the loop below starts over from the checkpoint.
      if (phase === "live" && !stopping) await sources.project(events).catch((error: unknown) => interrupt(error));
    });
    phase = "live";
    try {
      await sources.caughtUp();
      if (!stopping) await ended;
    } finally {
      if (!stopping) phase = "catching-up";
      await subscription.close();
    }
  }

  async function run(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !stopping; ) {
      try {
        phase = "catching-up";
        await sources.load();
        await catchUp();
        pauseMs = FIRST_PAUSE_MS;
        if (!stopping) await live();
      } catch (error) {
        if (error instanceof CheckpointMoved) {
          log.info({}, "projections: another process has moved a checkpoint, following it");
          continue;
        }
        phase = "retrying";
        log.error({ err: error }, "projections: failed, trying again");
        await interruptible(pauseMs);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
    phase = "stopped";
  }

  return {
    start() {
      running ??= run();
    },
    phase: () => phase,
    restart(cause) {
      if (phase === "live") interrupt(cause);
    },
    async stop() {
      stopping = true;
      interrupt();
      await running;
    },
  };
}
