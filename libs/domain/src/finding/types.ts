import type { DomainEvent } from "../kernel/index.ts";

export type AnomalyKind =
  | "refresh-reuse"
  | "code-replay"
  | "new-place"
  | "movement"
  | "burst"
  | "registration-flood"
  | "client-authentication-failures"
  | "scope-probing";
export type Severity = "low" | "medium" | "high";
/** From the mildest on. `observe`: an event and a count. `alert`: the sinks are told. The others act, and are told too. */
export type FindingResponse = "observe" | "alert" | "step-up" | "suspend-client" | "revoke-grant";

/** Whom it is about, as far as is known. */
export interface FindingTarget {
  readonly clientId?: string;
  readonly subject?: string;
  readonly grantId?: string;
}

/** An event it rests on, by its place and its id. */
export interface Evidence {
  readonly position: string;
  readonly id: string;
}

export type AnomalyDetected = DomainEvent<
  "AnomalyDetected",
  FindingTarget & {
    readonly kind: AnomalyKind;
    readonly severity: Severity;
    /** What the policy in force wanted done. */
    readonly response: FindingResponse;
    readonly evidence: readonly Evidence[];
    /** How many happenings stand behind it; `evidence` names the last ones. */
    readonly count: number;
    readonly since: number;
    readonly until: number;
  }
>;
/** `not-possible`: nothing to act on any more (a grant that ended, a client that is gone). */
export type ResponseTaken = DomainEvent<
  "ResponseTaken",
  FindingTarget & { readonly response: FindingResponse; readonly result: "done" | "already" | "not-possible" }
>;
/** `undone` false: what was ended stays ended (P5); the person or client begins anew. */
export type ResponseLifted = DomainEvent<"ResponseLifted", { readonly reason: string; readonly undone: boolean }>;
export type FindingEvent = AnomalyDetected | ResponseTaken | ResponseLifted;

type Detected = { readonly finding: AnomalyDetected["data"]; readonly detectedAt: number };
export type FindingState =
  | { readonly status: "none" }
  | ({ readonly status: "open" } & Detected)
  | ({ readonly status: "answered"; readonly taken: ResponseTaken["data"] } & Detected)
  | ({ readonly status: "lifted"; readonly taken: ResponseTaken["data"]; readonly reason: string } & Detected);

export type FindingCommand =
  | { readonly kind: "detect"; readonly now: number; readonly finding: AnomalyDetected["data"] }
  | { readonly kind: "answer"; readonly now: number; readonly taken: ResponseTaken["data"] }
  | { readonly kind: "lift"; readonly now: number; readonly reason: string; readonly undone: boolean };
export type FindingOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly reason: "finding-unknown" | "nothing-to-lift" };
