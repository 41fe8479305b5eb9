import type { DomainEvent } from "../kernel/index.ts";

export type SignalKind = "session-revoked" | "credential-change" | "risk-level-change";
export type SignalStatus = "enabled" | "paused" | "disabled";

/** What the receiver may say of its stream. */
export interface SignalSettings {
  readonly method: "push" | "poll";
  /** Where pushes go. */
  readonly url?: string;
  /** The Authorization header of pushes, sealed under the stream's own key (P9). */
  readonly authorization?: string;
  readonly events: readonly SignalKind[];
  readonly description?: string;
}

export type SignalStreamCreated = DomainEvent<
  "SignalStreamCreated",
  SignalSettings & { readonly streamId: string; readonly clientId: string }
>;
export type SignalStreamUpdated = DomainEvent<"SignalStreamUpdated", SignalSettings>;
export type SignalStreamStatusChanged = DomainEvent<
  "SignalStreamStatusChanged",
  { readonly status: SignalStatus; readonly reason?: string }
>;
export type SignalVerificationRequested = DomainEvent<
  "SignalVerificationRequested",
  { readonly streamId: string; readonly state?: string }
>;
export type SignalStreamDeleted = DomainEvent<"SignalStreamDeleted", { readonly streamId: string }>;
export type ReceiverEvent =
  | SignalStreamCreated
  | SignalStreamUpdated
  | SignalStreamStatusChanged
  | SignalVerificationRequested
  | SignalStreamDeleted;

export interface ActiveReceiver extends SignalSettings {
  readonly kind: "active";
  readonly streamId: string;
  readonly clientId: string;
  readonly status: SignalStatus;
  readonly reason?: string;
  /** Epoch seconds of the last request for a verification, 0 when there was none. */
  readonly verifiedAt: number;
}
export type ReceiverState = { readonly kind: "none" } | ActiveReceiver;

type At = { readonly now: number };
export type ReceiverCommand =
  | ({ readonly kind: "create"; readonly streamId: string; readonly clientId: string; readonly settings: SignalSettings } & At)
  | ({ readonly kind: "update"; readonly streamId: string; readonly settings: SignalSettings } & At)
  | ({ readonly kind: "set-status"; readonly streamId: string; readonly status: SignalStatus; readonly reason?: string } & At)
  | ({ readonly kind: "verify"; readonly streamId: string; readonly state?: string; readonly minInterval: number } & At)
  | ({ readonly kind: "delete"; readonly streamId: string } & At);
export type ReceiverOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly reason: "stream-exists" | "stream-unknown" }
  | { readonly kind: "refused"; readonly reason: "too-soon"; readonly wait: number };
