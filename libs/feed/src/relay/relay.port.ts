import type { EventStore, Position } from "@grantline/event-store";
import type { ReadModel } from "@grantline/read-model";
import type { Lease } from "../lease/index.ts";
import type { FeedLog } from "../log.port.ts";
import type { Publisher } from "../publisher.port.ts";

/** Told after each batch and now and then. `behind` in events (a floor when there are very many), `lagSeconds` the age of the oldest unpublished one. */
export interface RelayMetrics {
  feed(name: string, state: { readonly behind?: number; readonly lagSeconds?: number; readonly published?: number }): void;
}

export interface RelayOptions {
  readonly store: Pick<EventStore, "readAll" | "head" | "onAppended">;
  readonly publisher: Publisher;
  /** Keeps the checkpoint `relay.v1`. Losing it costs a look into the topic, or at worst repetitions. */
  readonly checkpoints: Pick<ReadModel, "write" | "checkpoint">;
  readonly clock: { now(): number };
  readonly log: FeedLog;
  readonly metrics?: RelayMetrics;
  /** Events published in one go. */
  readonly batchSize?: number;
  /** How often to look for news where the store can't wake us, and the first pause after a failure. */
  readonly idleMs?: number;
}

export interface RelayStatus {
  readonly phase: "waiting" | "running" | "retrying";
  /** Everything up to here is published. */
  readonly position?: Position;
}

export interface Relay {
  /** The work of the lease `relay`: publishes until the signal is aborted. At least once, in order per stream. */
  run(lease: Lease): Promise<void>;
  status(): RelayStatus;
}
