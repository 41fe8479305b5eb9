import type { BridgeCommand, BridgeRegistration, BridgeStep, BridgeTarget } from "@grantline/domain/bridge";
import type { ClientMetadata } from "@grantline/domain/client";

type Reported = Exclude<BridgeCommand, { kind: "request" | "change" | "used" | "end" | "fail" }>;
type WithoutFrame<C> = C extends unknown ? Omit<C, "now" | "life"> : never;
/** What a step brought about, as the decider wants to hear it. */
export type StepReport = WithoutFrame<Reported>;

/** One go at a registration by one process. */
export interface StepRun {
  /** Aborted when there is no time left, or the duty is another's. */
  readonly signal: AbortSignal;
  /** Values of secrets between their issue and the secret store, by key. In memory alone, so a kill loses them and the key is replaced. */
  readonly hand: Map<string, string>;
  readonly correlationId: string;
}

/** An application at the target that carries the mark of this installation. */
export interface MarkedApplication {
  readonly bridgeId: string;
  readonly life: number;
  readonly createdAt: number;
  /** Its secrets that we had issued. */
  readonly keys: readonly { readonly keyId: string; readonly createdAt: number }[];
  remove(): Promise<void>;
  removeKey(keyId: string): Promise<void>;
}

/**
 * Where registrations are made. Every step may be done again after an outcome nobody learned of: what an earlier try made is found by the mark it
 * carries, or is of no effect. Rejects with TargetRefused (trying again is useless) or TargetUnavailable (it may help later), and with nothing else.
 */
export interface RegistrationTarget {
  readonly kind: BridgeTarget;
  /** Can the target have such a client? Throws OAuthError of RFC 7591 §3.2.2. */
  accept(metadata: ClientMetadata): { readonly needsSecret: boolean };
  perform(step: BridgeStep, registration: BridgeRegistration, run: StepRun): Promise<StepReport>;
  /** Takes back what a step brought about when its report came too late. */
  undo(report: StepReport, registration: BridgeRegistration, run: StepRun): Promise<void>;
  /** Every marked application there is, where the target can tell. */
  marked?(run: StepRun): AsyncIterable<MarkedApplication>;
  /** For readiness: can it be reached with the credentials we have? Never rejects. */
  answers(): Promise<boolean>;
}

/** The target will not, now or later. */
export class TargetRefused extends Error {
  override readonly name = "TargetRefused";
  /** Kebab id for the event. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The target can't now. */
export class TargetUnavailable extends Error {
  override readonly name = "TargetUnavailable";
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, retryAfterSeconds?: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
