import type { LeaseCommand, LeaseOutcome, LeaseState } from "@grantline/domain/lease";
import type { StreamRepository } from "@grantline/event-store";
import type { EphemeralStore } from "@grantline/read-model";
import type { FeedLog } from "../log.port.ts";

/** The work has to end: another process has the duty, or this one is stopping. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** The right to work at a duty, as its holder has it. */
export interface Lease {
  readonly duty: string;
  /** Grows with every holder; never used twice. */
  readonly term: number;
  /** Aborted, with a LeaseLost, once the work has to end. It may come late: a paused process hears nothing. `assertHeld` is what fences. */
  readonly signal: AbortSignal;
  /**
   * Reads the stream past every cache; to be awaited right before each batch of effects, which has to begin in the same turn. An effect that was
   * under way when a process froze can't be called back, so effects are made to bear a repetition.
   * @throws LeaseLost when the duty is another's or the process is stopping; EventStoreUnavailable when nobody can say.
   */
  assertHeld(): Promise<void>;
}

export interface LeaseTimings {
  /** Between two signs of life of a holder. */
  readonly beatMs: number;
  /** Between two looks of one who waits. */
  readonly lookMs: number;
  /** So many looks in a row without a new sign of life, and the holder is taken for dead. */
  readonly silentLooks: number;
  /** The same while signs of life can't be read at all (ephemeral store gone). */
  readonly blindLooks: number;
  /** After a failure of the work, before standing for the duty again; doubled each time, up to a minute. */
  readonly pauseMs: number;
}

export interface LeasesOptions {
  readonly leases: StreamRepository<LeaseState, LeaseCommand, LeaseOutcome>;
  /** Where signs of life go. Losing them can move a duty, but never give it to two. */
  readonly ephemeral: Pick<EphemeralStore, "put" | "get">;
  /** Names this process and no other, before or after: a random id. */
  readonly holder: string;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  readonly log: FeedLog;
  readonly timings?: Partial<LeaseTimings>;
}

export interface HeldDuty {
  /** Is this process at it now? */
  working(): boolean;
  /** Tells the work to end, waits for it and gives the lease back, so that another need not wait for silence. */
  close(): Promise<void>;
}

export interface Leases {
  /**
   * Stands for the duty until closed. Of all processes that do, one has `work` running; when it dies another follows. `work` runs until its signal
   * is aborted; when it ends before, or throws, the lease is given back and this process stands again after a pause.
   */
  hold(duty: string, work: (lease: Lease) => Promise<void>): HeldDuty;
}
