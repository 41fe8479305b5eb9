import { setTimeout as pause } from "node:timers/promises";
import { type Lease, LeaseLost } from "../lease/index.ts";
import { messagesOf } from "../messages/index.ts";
import { findCheckpoint, type RelayCheckpoint } from "./checkpoint.ts";
import { measureLag } from "./measure.ts";
import type { Relay, RelayOptions, RelayStatus } from "./relay.port.ts";
import { createWake } from "./wake.ts";

const BATCH = 500;
const IDLE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** Publishes the log, from the checkpoint on and then live. Run it under a lease: one at a time, though two would only repeat each other. */
export function createRelay(options: RelayOptions): Relay {
  let status: RelayStatus = { phase: "waiting" };
  return {
    status: () => status,
    async run(lease) {
      const ended = new AbortController();
      const measuring = measureLag(options, () => status.position, AbortSignal.any([lease.signal, ended.signal]));
      try {
        await publishAll(options, lease, (next) => (status = { ...status, ...next }));
      } finally {
        status = { phase: "waiting" };
        ended.abort();
        await measuring;
      }
    },
  };
}

type Tell = (status: Partial<RelayStatus>) => void;

/** For ever: a failure is told, and after a pause tried again from the last place that was acknowledged. */
async function publishAll(options: RelayOptions, lease: Lease, tell: Tell): Promise<void> {
  const { log, idleMs = IDLE_MS } = options;
  let pauseMs = idleMs;
  let checkpoint: RelayCheckpoint | undefined;
  const wake = createWake(options.store, lease.signal);
  try {
    while (!lease.signal.aborted) {
      try {
        checkpoint ??= await findCheckpoint(options);
        tell({ position: checkpoint.position() });
        await publishNext(options, lease, checkpoint, wake.wait);
        tell({ phase: "running", position: checkpoint.position() });
        pauseMs = idleMs;
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        log.warn({ err: error, pauseMs }, "relay: could not publish; it is tried again");
        tell({ phase: "retrying" });
        await pause(pauseMs, undefined, { signal: lease.signal }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  } finally {
    wake.close();
  }
}

/** One batch, or a rest when there is nothing. */
async function publishNext(
  options: RelayOptions,
  lease: Lease,
  checkpoint: RelayCheckpoint,
  rest: (ms: number) => Promise<void>,
): Promise<void> {
  const { store, publisher, metrics, batchSize = BATCH, idleMs = IDLE_MS } = options;
  const after = checkpoint.position();
  const events = await store.readAll(after, batchSize);
  const last = events.at(-1);
  if (last === undefined) {
    return rest(store.onAppended === undefined ? idleMs : idleMs * 10);
  }
  const messages = events.flatMap((event) => messagesOf(event, after));
  await lease.assertHeld();
  await publisher.publish(messages);
  await checkpoint.advance(last.position);
  metrics?.feed("relay", { published: events.length });
}
