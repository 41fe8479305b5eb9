import type { DomainEvent } from "../kernel/index.ts";

/** From here on `holder` alone works at the duty. `term` grows by one each time and is never used again: it fences. */
export type LeaseTaken = DomainEvent<"LeaseTaken", { readonly holder: string; readonly term: number }>;
/** The holder stopped of its own will; anybody may take the lease at once. */
export type LeaseReleased = DomainEvent<"LeaseReleased", { readonly holder: string; readonly term: number }>;
export type LeaseEvent = LeaseTaken | LeaseReleased;

/** `term` 0: nobody ever held it. `since` in epoch seconds. */
export type LeaseState =
  | { readonly status: "free"; readonly term: number }
  | { readonly status: "held"; readonly holder: string; readonly term: number; readonly since: number };

export type LeaseCommand =
  /** Takes the lease from whoever had it in `afterTerm`. That it may be taken (no sign of life) is the caller's judgement, not the log's. */
  | { readonly kind: "take"; readonly now: number; readonly holder: string; readonly afterTerm: number }
  | { readonly kind: "release"; readonly now: number; readonly holder: string; readonly term: number };
export type LeaseOutcome =
  | { readonly kind: "taken"; readonly term: number }
  | { readonly kind: "released" }
  | { readonly kind: "unchanged" }
  /** Somebody else took it first; `term` is theirs. */
  | { readonly kind: "refused"; readonly reason: "lease-moved"; readonly term: number };
