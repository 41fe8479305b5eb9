import type { FlagAbout, FlagCommand, FlagName, FlagOutcome, FlagState, FlagVerdict } from "@grantline/domain/flag";
import type { StreamRepository } from "@grantline/event-store";

export type FlagRepository = StreamRepository<FlagState, FlagCommand, FlagOutcome>;

export interface FlagsOptions {
  readonly flags: Pick<FlagRepository, "load" | "loadCached">;
  readonly log: { warn(members: object, text: string): void };
  /** How often each process makes sure that it knows what holds. */
  readonly lookEveryMs?: number;
}

export interface Flags {
  /**
   * May this be done, for this subject, client and provider? From memory, without waiting: for the hot path. A change anywhere is known here within a second; while
   * nobody can say what holds, what was last known does.
   */
  enabled(flag: FlagName, about?: FlagAbout): boolean;
  /** The same with the reason why. */
  evaluate(flag: FlagName, about?: FlagAbout): FlagVerdict;
  /** Calls back when a flag is known to have changed. Returns its end. */
  onChanged(tell: (flag: FlagName) => void): () => void;
  /** Resolves when every flag has been looked up. Fails when the store does. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}
