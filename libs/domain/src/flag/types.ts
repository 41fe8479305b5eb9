import type { DomainEvent } from "../kernel/index.ts";

/** Whom a flag is on for. Each part narrows or widens the one before it; `evaluate.ts` says in which order. */
export interface FlagSetting {
  /** False is the kill switch: off for everybody, whatever else is said. */
  readonly enabled: boolean;
  /** Per cent of subjects, 0 to 100, in hundredths. */
  readonly rollout: number;
  /** Another percentage for one upstream provider; 0 turns it off there, 100 on. */
  readonly providers: Readonly<Record<string, number>>;
  /** Clients for which it is on, or off, whatever the percentage. */
  readonly clients: { readonly on: readonly string[]; readonly off: readonly string[] };
}

interface Change extends FlagSetting {
  /** Why, in the words of whoever changed it; who that was stands in the envelope. */
  readonly reason: string;
}

/** The first time anybody says something else than the default. */
export type FlagDefined = DomainEvent<"FlagDefined", Change & { readonly name: string }>;
export type FlagChanged = DomainEvent<"FlagChanged", Change>;
export type FlagEvent = FlagDefined | FlagChanged;

/** `changedAt` in epoch seconds. */
export type FlagState =
  /** Nobody has said anything: the default of this release holds. */
  | { readonly status: "default"; readonly changes: 0 }
  | {
      readonly status: "set";
      readonly name: string;
      readonly setting: FlagSetting;
      readonly reason: string;
      readonly changedAt: number;
      readonly changes: number;
    };

export interface FlagCommand {
  readonly kind: "set";
  readonly now: number;
  readonly name: string;
  readonly setting: FlagSetting;
  readonly reason: string;
  /** Changes the caller had seen; refused when there are more. Absent: whatever holds now. */
  readonly seen?: number | undefined;
}
export type FlagOutcome =
  | { readonly kind: "changed" }
  | { readonly kind: "unchanged" }
  /** Somebody else changed it since it was looked at. */
  | { readonly kind: "refused"; readonly reason: "flag-moved"; readonly changes: number };
