import type { DomainEvent } from "../kernel/index.ts";

/** What a connection was made with. The tokens go to `target` alone, and come from nobody but `provider` at `issuer`. */
export interface UpstreamOrigin {
  readonly provider: string;
  /** The authorization server, where it has a name (RFC 8414). */
  readonly issuer?: string;
  /** Our client id there. */
  readonly clientId: string;
  /** URL of the MCP server the tokens are for. */
  readonly target: string;
}

interface Tokens {
  /** Grows with every set of tokens. Numbers are given once: whoever writes tokens writes them under a number of its own. */
  readonly generation: number;
  readonly scopes: readonly string[];
  /** Of the access token, epoch seconds; absent: the provider did not say, or it does not end. */
  readonly expiresAt?: number;
  readonly refreshable: boolean;
}

/** The provider sent the person back with a code. It may be redeemed once, by whoever appended this; `record` is the number its tokens are stored under. */
export type UpstreamCodeReceived = DomainEvent<"UpstreamCodeReceived", { readonly attempt: string; readonly record: number }>;
export type UpstreamAuthorizationFailed = DomainEvent<"UpstreamAuthorizationFailed", { readonly attempt: string; readonly reason: string }>;
/** The tokens are in the secret store, under `secretName`. */
export type UpstreamAuthorized = DomainEvent<
  "UpstreamAuthorized",
  UpstreamOrigin & Tokens & { readonly attempt: string; readonly record: number; readonly secretName: string }
>;
/** One process is about to ask the provider for new tokens, and no other does until `until`. `unasked`: nobody's call waits for them. */
export type UpstreamRefreshClaimed = DomainEvent<
  "UpstreamRefreshClaimed",
  { readonly claim: string; readonly generation: number; readonly until: number; readonly unasked?: true }
>;
/** New tokens are in the secret store, under the number of their generation. */
export type UpstreamRefreshed = DomainEvent<"UpstreamRefreshed", Tokens & { readonly claim: string }>;
/** `terminal`: the provider will not give any again; the person has to come back. Else it is tried again from `retryAt` on. */
export type UpstreamRefreshFailed = DomainEvent<
  "UpstreamRefreshFailed",
  { readonly claim: string; readonly reason: string; readonly terminal: boolean; readonly retryAt?: number }
>;
export type UpstreamRevoked = DomainEvent<"UpstreamRevoked", { readonly generation: number; readonly reason: string }>;
export type UpstreamEvent =
  | UpstreamCodeReceived
  | UpstreamAuthorizationFailed
  | UpstreamAuthorized
  | UpstreamRefreshClaimed
  | UpstreamRefreshed
  | UpstreamRefreshFailed
  | UpstreamRevoked;

export interface Attempt {
  readonly status: "received" | "failed" | "done";
  /** Number its tokens are stored under; 0 for one that failed before it had any. */
  readonly record: number;
  readonly at: number;
}

/** Tokens that were stored and may be asked for. */
export interface Connection extends UpstreamOrigin, Tokens {
  readonly secretName: string;
  /** Number the record in the secret store must carry. */
  readonly record: number;
  /** The same of the authorization this began with: a later one has a higher. */
  readonly begun: number;
  readonly authorizedAt: number;
  /** When these tokens came; `authorizedAt` until the first refresh. */
  readonly refreshedAt: number;
}

export interface RefreshClaim {
  readonly id: string;
  /** Number the tokens it brings will have. */
  readonly generation: number;
  readonly until: number;
}

interface Always {
  /** Highest number given out so far. */
  readonly issued: number;
  /** Authorizations of late, by id; each can be redeemed once. Old ones are forgotten: their sealed state has ended. */
  readonly attempts: Readonly<Record<string, Attempt>>;
}

export type UpstreamState =
  | (Always & { readonly status: "none" })
  | (Always & {
      readonly status: "connected";
      readonly connection: Connection;
      readonly claim?: RefreshClaim;
      /** Refreshes that failed since the last that went well. */
      readonly failures: number;
      /** Refreshes in a row that nobody waited for: of a connection that is not used there need not be ever more. */
      readonly unasked: number;
      readonly retryAt?: number;
      readonly lastError?: string;
    })
  /** The provider gives no tokens any more. An answer that comes late may still put it right. */
  | (Always & { readonly status: "refused"; readonly connection: Connection; readonly reason: string; readonly at: number })
  | (Always & { readonly status: "revoked"; readonly connection: Connection; readonly at: number });

type Stored = Pick<Tokens, "scopes" | "expiresAt" | "refreshable">;

export type UpstreamCommand =
  | { readonly kind: "receive-code"; readonly now: number; readonly attempt: string }
  | { readonly kind: "fail-authorization"; readonly now: number; readonly attempt: string; readonly reason: string }
  | {
      readonly kind: "authorize";
      readonly now: number;
      readonly attempt: string;
      readonly secretName: string;
      readonly origin: UpstreamOrigin;
      readonly tokens: Stored;
    }
  /** `generation`: of the tokens that are to be replaced. `after`: seconds that must have passed since these tokens came (0: none). */
  | {
      readonly kind: "claim-refresh";
      readonly now: number;
      readonly claim: string;
      readonly generation: number;
      readonly until: number;
      readonly after: number;
      readonly unasked?: true;
    }
  /** `generation`: number of the record that was stored; an earlier claim's when its process died before it could say so. */
  | { readonly kind: "refreshed"; readonly now: number; readonly claim: string; readonly generation: number; readonly tokens: Stored }
  | {
      readonly kind: "refresh-failed";
      readonly now: number;
      readonly claim: string;
      readonly reason: string;
      readonly terminal: boolean;
      readonly retryAt?: number;
    }
  | { readonly kind: "revoke"; readonly now: number; readonly reason: string };

export type UpstreamOutcome =
  | { readonly kind: "received"; readonly record: number }
  | { readonly kind: "claimed"; readonly generation: number }
  | { readonly kind: "done"; readonly generation: number }
  | { readonly kind: "unchanged" }
  | {
      readonly kind: "refused";
      readonly reason: "attempt-used" | "not-connected" | "generation-moved" | "superseded";
    }
  /** Somebody else is at it, or it must rest; `until` in epoch seconds. */
  | { readonly kind: "refused"; readonly reason: "claimed" | "resting"; readonly until: number };
