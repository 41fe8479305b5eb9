import type { GrantAuthorized, GrantBasis } from "../grant/types.ts";
import type { DomainEvent } from "../kernel/index.ts";

/** What a device asked for, as its person saw it. Times in epoch seconds. */
export interface DeviceRequest {
  readonly clientId: string;
  readonly resources: readonly { readonly id: string; readonly uri: string }[];
  /** As asked, unknown ones dropped; absent: the defaults. */
  readonly scope?: readonly string[];
  /** base64url SHA-256 of the secret part of the device code. */
  readonly codeHash: string;
  readonly expiresAt: number;
}

/** What the person allowed: the basis of the grant that the device code will open. */
export type DeviceApproval = Omit<GrantBasis, "clientId" | "nonce"> & Pick<GrantAuthorized["data"], "consent">;

/** Told with the person's decision, never before: a request nobody answers leaves no trace (P13). */
export type DeviceAuthorizationRequested = DomainEvent<"DeviceAuthorizationRequested", DeviceRequest>;
export type DeviceAuthorizationApproved = DomainEvent<"DeviceAuthorizationApproved", DeviceApproval>;
export type DeviceAuthorizationDenied = DomainEvent<"DeviceAuthorizationDenied", { readonly subject: string; readonly reason: string }>;
export type DeviceAuthorizationRedeemed = DomainEvent<"DeviceAuthorizationRedeemed", { readonly grantId: string }>;
export type DeviceAuthorizationExpired = DomainEvent<"DeviceAuthorizationExpired", { readonly expiresAt: number }>;
/** How often the device was told to slow down: once an authorization, with what ends it. */
export type SlowDownIssued = DomainEvent<"SlowDownIssued", { readonly times: number }>;

export type DeviceEvent =
  | DeviceAuthorizationRequested
  | DeviceAuthorizationApproved
  | DeviceAuthorizationDenied
  | DeviceAuthorizationRedeemed
  | DeviceAuthorizationExpired
  | SlowDownIssued;

export type DeviceState =
  | { readonly status: "none" }
  | { readonly status: "requested"; readonly request: DeviceRequest }
  | { readonly status: "approved"; readonly request: DeviceRequest; readonly approval: DeviceApproval }
  | { readonly status: "denied"; readonly request: DeviceRequest }
  | { readonly status: "redeemed"; readonly request: DeviceRequest; readonly grantId: string }
  | { readonly status: "expired"; readonly request: DeviceRequest };

/** `slowDowns`: how often the device has been told so far. */
export type DeviceCommand =
  | { readonly kind: "approve"; readonly now: number; readonly request: DeviceRequest; readonly approval: DeviceApproval }
  | {
      readonly kind: "deny";
      readonly now: number;
      readonly request: DeviceRequest;
      readonly subject: string;
      readonly reason: string;
      readonly slowDowns: number;
    }
  /** Records that the grant was opened; that it was opened once is its own stream's doing (P2). */
  | { readonly kind: "redeem"; readonly now: number; readonly grantId: string; readonly slowDowns: number }
  | { readonly kind: "expire"; readonly now: number; readonly slowDowns: number };

export type DeviceRefusal = "device-decided" | "device-expired" | "device-undecided" | "expiry-not-due";
export type DeviceOutcome =
  | { readonly kind: "approved" }
  | { readonly kind: "denied" }
  | { readonly kind: "redeemed" }
  | { readonly kind: "expired" }
  | { readonly kind: "refused"; readonly reason: DeviceRefusal };
