import type { EventStore } from "@grantline/event-store";
import type { FeedLog } from "@grantline/feed";
import type { SafeExchange } from "@grantline/oauth/outbound";
import type { CursorStore } from "./cursor.ts";

export interface AlertMetrics {
  alert(sink: string, outcome: "delivered" | "failed" | "dropped"): void;
}

/** What every sink needs. */
export interface SinkOptions {
  readonly store: Pick<EventStore, "readAll" | "readStream" | "head" | "onAppended">;
  readonly readModel: CursorStore;
  /** The one way out to addresses others named: checked, pinned, no redirect. */
  readonly exchange: SafeExchange;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  readonly log: FeedLog;
  readonly metrics: AlertMetrics;
  /** Milliseconds between two looks where nobody wakes it. */
  readonly idleMs?: number;
}

/** The next rest ends when something is appended, when this much time has passed, or when the work ends. */
export async function rest({ store, idleMs = 1_000 }: Pick<SinkOptions, "store" | "idleMs">, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      unsubscribe?.();
      resolve();
    };
    const timer = setTimeout(end, idleMs);
    const unsubscribe = store.onAppended?.(end);
    signal.addEventListener("abort", end);
  });
}
