import type { DomainEvent, EntityKind, Generations, Standing } from "../kernel/index.ts";

/** One issued access token, as the log knows it. Times are epoch seconds. */
export interface AccessTokenRecord {
  /** The refresh generation it was issued with (0 at code redemption); with the grant id it makes the locator. */
  readonly n: number;
  readonly jti: string;
  /** base64url SHA-256 of the whole token value. */
  readonly hash: string;
  readonly format: "jwt" | "opaque";
  /** Signing algorithm and key of a JWT. */
  readonly alg?: string;
  readonly kid?: string;
  /** The registered resource string, or the issuer for a userinfo token. */
  readonly aud: string;
  /** Resource id; absent when `aud` is the issuer. */
  readonly resource?: string;
  readonly scope: readonly string[];
  readonly iat: number;
  readonly exp: number;
  /** Where its status is published for validators of a Token Status List; absent: nowhere. */
  readonly status?: { readonly list: string; readonly idx: number };
}

/** One generation of the refresh token. */
export interface RefreshTokenRecord {
  readonly generation: number;
  /** base64url SHA-256 of the secret part of the token value. */
  readonly hash: string;
  /** For P4 alone: the values of this generation derive from this nonce under the retry key `keyId`. */
  readonly nonce: string;
  readonly keyId: string;
  readonly idleExpiresAt: number;
}

export interface GrantedResource {
  readonly id: string;
  readonly uri: string;
  readonly scopes: readonly string[];
}

/** What was authorized: immutable for the life of the grant. */
export interface GrantBasis {
  readonly clientId: string;
  readonly subject: string;
  readonly entity: EntityKind;
  /** Login session id, for logout. */
  readonly sessionId?: string;
  readonly resources: readonly GrantedResource[];
  /** All scopes, identity scopes (openid, profile, email, offline_access) included. */
  readonly scope: readonly string[];
  readonly nonce?: string;
  readonly authTime: number;
  readonly amr: readonly string[];
  readonly generations: Generations;
  /** May refresh tokens be issued? */
  readonly refreshable: boolean;
  /** End of the whole family, epoch seconds. */
  readonly absoluteExpiresAt: number;
  /** Outlives its login session (offline_access was granted). */
  readonly offline: boolean;
}

export type GrantAuthorized = DomainEvent<
  "GrantAuthorized",
  GrantBasis & {
    readonly codeHash: string;
    readonly codeExpiresAt: number;
    /** Absent with `redirectUri` where a device code, not an authorization code, opened the grant (RFC 8628). */
    readonly codeChallenge?: string;
    readonly redirectUri?: string;
    /** RFC 6749 §4.1.3: present in the authorization request, so demanded at redemption when given there. */
    readonly redirectUriGiven: boolean;
    /** Stream and revision of the consent this rests on. */
    readonly consent: { readonly stream: string; readonly revision: number };
  }
>;
export type GrantDenied = DomainEvent<"GrantDenied", { readonly clientId: string; readonly subject: string; readonly reason: string }>;
export type CodeRedeemed = DomainEvent<"CodeRedeemed", { readonly access: AccessTokenRecord; readonly refresh?: RefreshTokenRecord }>;
export type RefreshTokenRotated = DomainEvent<
  "RefreshTokenRotated",
  {
    readonly access: AccessTokenRecord;
    readonly refresh: RefreshTokenRecord;
    /** The scope and resource parameters as asked, which a retry must repeat (P4). */
    readonly requestedScope?: readonly string[];
    readonly requestedResource?: string;
  }
>;
export type RefreshRetried = DomainEvent<"RefreshRetried", { readonly generation: number }>;
export type CodeReplayDetected = DomainEvent<"CodeReplayDetected", { readonly clientId: string }>;
export type RefreshReuseDetected = DomainEvent<"RefreshReuseDetected", { readonly clientId: string; readonly generation: number }>;
export type AccessTokenRevoked = DomainEvent<"AccessTokenRevoked", { readonly n: number; readonly jti: string; readonly exp: number }>;
export type GrantRevoked = DomainEvent<"GrantRevoked", { readonly reason: GrantRevocationReason }>;
export type GrantExpired = DomainEvent<"GrantExpired", { readonly reason: "idle" | "absolute" | "code" }>;

export type GrantRevocationReason =
  | "code-replay"
  | "refresh-reuse"
  | "token-revocation"
  | "admin"
  | "consent-withdrawn"
  | "client-deleted"
  | "client-suspended"
  | "subject-disabled"
  | "subject-erased"
  | "logout"
  | "resource-removed"
  | "all-of-user"
  | "all-of-client"
  | "all-of-resource"
  | "anomaly";

export type GrantEvent =
  | GrantAuthorized
  | GrantDenied
  | CodeRedeemed
  | RefreshTokenRotated
  | RefreshRetried
  | CodeReplayDetected
  | RefreshReuseDetected
  | AccessTokenRevoked
  | GrantRevoked
  | GrantExpired;

export type GrantState =
  | { readonly status: "none" }
  | { readonly status: "denied"; readonly clientId: string; readonly subject: string }
  | { readonly status: "authorized"; readonly basis: GrantBasis; readonly code: CodeState }
  | ActiveGrant
  | {
      readonly status: "revoked";
      readonly basis: GrantBasis;
      readonly reason: GrantRevocationReason | "idle" | "absolute" | "code";
      readonly at: number;
      /** Kept so that a replayed code or old refresh value is still told apart from a stranger's (P3). */
      readonly code: CodeState;
      readonly history: SupersededHashes;
    };

/** Hashes of the last superseded refresh generations, oldest first; the last one is of generation `newest`, and `older` come before all of `hashes`. */
export interface SupersededHashes {
  readonly newest: number;
  readonly hashes: readonly string[];
  readonly older?: readonly string[];
}

export interface CodeState {
  readonly hash: string;
  readonly expiresAt: number;
  readonly challenge?: string;
  readonly redirectUri?: string;
  readonly redirectUriGiven: boolean;
  /** When it was redeemed, epoch seconds; tells a replay from the late use of a code whose grant was revoked first. */
  readonly redeemedAt?: number;
}

/** One rotation, as P4 needs it to give the first answer again. `rotatedAt` in epoch seconds. */
export interface Rotation {
  readonly rotatedAt: number;
  readonly retried: boolean;
  readonly access: AccessTokenRecord;
  readonly requestedScope?: readonly string[];
  readonly requestedResource?: string;
}
/** A rotation whose successor has been rotated in turn. `refresh` is the successor it made. */
export interface EarlierRotation extends Rotation {
  readonly refresh: RefreshTokenRecord;
}

export interface ActiveGrant {
  readonly status: "active";
  readonly basis: GrantBasis;
  readonly code: CodeState;
  /** Tokens not yet expired when the last one was issued; revoked ones are taken out. */
  readonly tokens: readonly AccessTokenRecord[];
  readonly refresh?: RefreshTokenRecord;
  /** The rotation that made `refresh`, for the retry window of P4. */
  readonly rotation?: Rotation;
  /** Older rotations that may still be within a retry window (P4: whether or not the successor was used); at most 16. */
  readonly earlierRotations?: readonly EarlierRotation[];
  /** Hashes of the last 256 superseded generations; older ones are read from the stream and come in the command. */
  readonly history: SupersededHashes;
}

export type GrantCommand =
  | { readonly kind: "authorize"; readonly now: number; readonly event: GrantAuthorized["data"] }
  /** Opens the grant of a device code and issues its first tokens, in one append (RFC 8628 §3.5). */
  | {
      readonly kind: "open-by-device";
      readonly now: number;
      readonly event: Omit<GrantAuthorized["data"], "codeChallenge" | "redirectUri" | "nonce">;
      readonly standing: Standing;
      readonly access: AccessTokenRecord;
      readonly refresh?: RefreshTokenRecord;
    }
  | { readonly kind: "deny"; readonly now: number; readonly clientId: string; readonly subject: string; readonly reason: string }
  | {
      readonly kind: "redeem-code";
      readonly now: number;
      readonly clientId: string;
      readonly codeHash: string;
      /** S256 of the verifier presented. */
      readonly verifierChallenge: string;
      readonly redirectUri?: string;
      readonly standing: Standing;
      /** What will be issued, already minted; recorded only if the decision accepts. */
      readonly access: AccessTokenRecord;
      readonly refresh?: RefreshTokenRecord;
    }
  | {
      readonly kind: "rotate-refresh";
      readonly now: number;
      readonly clientId: string;
      readonly generation: number;
      readonly presentedHash: string;
      /** Hash of that generation read from the stream, when it is older than the state's history. */
      readonly recordedHash?: string;
      readonly requestedScope?: readonly string[];
      readonly requestedResource?: string;
      readonly standing: Standing;
      readonly retryWindowSeconds: number;
      readonly access: AccessTokenRecord;
      readonly refresh: RefreshTokenRecord;
    }
  | { readonly kind: "revoke"; readonly now: number; readonly reason: GrantRevocationReason }
  | { readonly kind: "revoke-access-token"; readonly now: number; readonly n: number; readonly jti: string; readonly exp: number }
  | { readonly kind: "expire"; readonly now: number; readonly reason: "idle" | "absolute" | "code" };

/** Why a grant command was refused: our own kebab ids, greppable in logs and audit. */
export type GrantRefusal =
  | "grant-exists"
  | "grant-unknown"
  | "grant-revoked"
  | "code-unknown"
  | "code-expired"
  | "code-replayed"
  | "client-mismatch"
  | "redirect-uri-mismatch"
  | "pkce-mismatch"
  | "standing-lost"
  | "refresh-unknown"
  | "refresh-expired"
  | "refresh-reused"
  | "refresh-retry-differs"
  | "scope-widened"
  | "resource-not-granted"
  | "token-unknown"
  | "expiry-not-due";

export type GrantOutcome =
  | { readonly kind: "authorized" }
  | { readonly kind: "denied" }
  | { readonly kind: "redeemed" }
  | { readonly kind: "rotated" }
  /** The first answer again: mint the same values from these records (P4). */
  | { readonly kind: "retried"; readonly access: AccessTokenRecord; readonly refresh: RefreshTokenRecord }
  | { readonly kind: "revoked"; readonly already: boolean }
  | { readonly kind: "expired" }
  | { readonly kind: "refused"; readonly reason: GrantRefusal };
