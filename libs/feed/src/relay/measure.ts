import { setTimeout as pause } from "node:timers/promises";
import type { Position, StoredEvent } from "@grantline/event-store";
import { bodyOf } from "../messages/index.ts";
import type { RelayOptions } from "./relay.port.ts";

/** Events counted at most: positions are opaque, so behind is counted by reading. */
const COUNTED = 5_000;
const MEASURE_EVERY_MS = 2_000;

/** Measures how far the relay is behind, also while it can't publish. Resolves when the signal is aborted. */
export async function measureLag(
  { store, metrics, clock, log }: RelayOptions,
  position: () => Position | undefined,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && metrics !== undefined) {
    const published = position();
    try {
      if (published !== undefined) metrics.feed("relay", behindOf(await store.readAll(published, COUNTED), clock.now()));
    } catch (error) {
      log.warn({ err: error }, "relay: its lag could not be measured");
    }
    await pause(MEASURE_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function behindOf(events: readonly StoredEvent[], now: number): { readonly behind: number; readonly lagSeconds: number } {
  const [oldest] = events;
  return {
    behind: events.length,
    lagSeconds: oldest === undefined ? 0 : Math.max(0, now - Date.parse(bodyOf(oldest).at) / 1_000),
  };
}
