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

/** Woken by an append, a sink lets this much gather: a busy log must not make each of its appends a look and a write for every receiver. */
const GATHER_MS = 100;

/** The next rest ends soon after something is appended, when this much time has passed, or when the work ends. */
export async function rest(
  { store, idleMs = 1_000 }: { readonly store: Pick<EventStore, "onAppended">; readonly idleMs?: number },
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      clearTimeout(gathering);
      signal.removeEventListener("abort", end);
      unsubscribe?.();
      resolve();
    };
    const timer = setTimeout(end, idleMs);
    let gathering: NodeJS.Timeout | undefined;
    const unsubscribe = store.onAppended?.(() => void (gathering ??= setTimeout(end, GATHER_MS)));
    signal.addEventListener("abort", end);
  });
}
