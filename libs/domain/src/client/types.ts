import type { DomainEvent, EntityKind, VerificationLevel } from "../kernel/index.ts";

export type TokenEndpointAuthMethod = "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt";

/** RFC 7591 client metadata we understand, wire spelling; unknown members never get this far. No nulls. */
export interface ClientMetadata {
  readonly client_name?: string;
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris?: readonly string[];
  readonly grant_types: readonly string[];
  readonly response_types: readonly string[];
  readonly token_endpoint_auth_method: TokenEndpointAuthMethod;
  readonly token_endpoint_auth_signing_alg?: string;
  readonly application_type: "web" | "native";
  readonly scope?: string;
  readonly client_uri?: string;
  readonly logo_uri?: string;
  readonly policy_uri?: string;
  readonly tos_uri?: string;
  readonly software_id?: string;
  readonly software_version?: string;
  readonly jwks?: { readonly keys: readonly Record<string, unknown>[] };
  readonly jwks_uri?: string;
  readonly id_token_signed_response_alg?: string;
  readonly introspection_signed_response_alg?: string;
  readonly require_pushed_authorization_requests?: boolean;
}

/** What only an operator may set. All times in seconds. */
export interface ClientSettings {
  readonly entity?: EntityKind;
  readonly accessTokenLifetime?: number;
  readonly refreshIdleLifetime?: number;
  readonly refreshAbsoluteLifetime?: number;
  readonly accessTokenFormat?: "jwt" | "opaque";
  /** P4, 0 to 300. */
  readonly refreshRetryWindow?: number;
  /** Ceiling for every grant; absent means the metadata's `scope`, and where that is absent too, whatever the policies give. */
  readonly allowedScopes?: readonly string[];
  /** Resource ids the client may ask for; absent means any. */
  readonly allowedResources?: readonly string[];
  readonly defaultResource?: string;
  /** Authenticated requests per minute; absent means unlimited. */
  readonly requestsPerMinute?: number;
  /** Resource ids whose tokens this client may introspect (resource-server clients). */
  readonly introspects?: readonly string[];
}

export interface ClientSecret {
  readonly id: string;
  /** base64url SHA-256. */
  readonly hash: string;
  readonly issuedAt: number;
  readonly expiresAt?: number;
}

export type ClientRegistered = DomainEvent<
  "ClientRegistered",
  {
    readonly clientId: string;
    readonly how: "admin" | "dcr" | "cimd" | "bridge" | "bootstrap" | "resource";
    readonly metadata: ClientMetadata;
    readonly settings: ClientSettings;
    /** SHA-256 of the exact document registered. */
    readonly documentHash: string;
    readonly registrationTokenHash?: string;
    /** When a DCR client that never held a live grant goes away, epoch seconds. */
    readonly unusedExpiresAt?: number;
  }
>;
export type ClientUpdated = DomainEvent<
  "ClientUpdated",
  {
    readonly metadata: ClientMetadata;
    readonly settings: ClientSettings;
    readonly documentHash: string;
  }
>;
export type ClientSecretIssued = DomainEvent<"ClientSecretIssued", { readonly secret: ClientSecret }>;
export type ClientSecretRetired = DomainEvent<"ClientSecretRetired", { readonly secretId: string; readonly expiresAt: number }>;
export type ClientSuspended = DomainEvent<"ClientSuspended", { readonly reason: string; readonly generation: number }>;
export type ClientReinstated = DomainEvent<"ClientReinstated", Record<never, never>>;
export type ClientDeleted = DomainEvent<"ClientDeleted", { readonly reason: "admin" | "self" | "unused"; readonly generation: number }>;
export type RegistrationTokenRotated = DomainEvent<"RegistrationTokenRotated", { readonly registrationTokenHash: string }>;
/** Revokes all tokens of the client at once. */
export type ClientGenerationRaised = DomainEvent<"ClientGenerationRaised", { readonly generation: number; readonly reason: string }>;

export type ClientEvent =
  | ClientRegistered
  | ClientUpdated
  | ClientSecretIssued
  | ClientSecretRetired
  | ClientSuspended
  | ClientReinstated
  | ClientDeleted
  | RegistrationTokenRotated
  | ClientGenerationRaised;

export interface RegisteredClient {
  readonly clientId: string;
  readonly how: ClientRegistered["data"]["how"];
  readonly verification: VerificationLevel;
  readonly metadata: ClientMetadata;
  readonly settings: ClientSettings;
  /** SHA-256 of the document last registered; an update with the same one changes nothing. */
  readonly documentHash?: string;
  readonly secrets: readonly ClientSecret[];
  readonly registrationTokenHash?: string;
  readonly registeredAt: number;
  readonly unusedExpiresAt?: number;
  readonly generation: number;
}

export type ClientState =
  | { readonly status: "none" }
  | ({ readonly status: "active" } & RegisteredClient)
  | ({ readonly status: "suspended"; readonly reason: string } & RegisteredClient)
  | {
      readonly status: "deleted";
      readonly clientId: string;
      readonly reason: ClientDeleted["data"]["reason"];
      readonly at: number;
      readonly generation: number;
    };

export type ClientCommand =
  | { readonly kind: "register"; readonly now: number; readonly event: ClientRegistered["data"]; readonly secret?: ClientSecret }
  | {
      readonly kind: "update";
      readonly now: number;
      readonly metadata: ClientMetadata;
      readonly settings?: ClientSettings;
      readonly documentHash: string;
      /** RFC 7592: a new registration access token goes with an update. */
      readonly registrationTokenHash?: string;
      /** Hash of the registration access token that was shown for it; it must be the current one. Absent: an operator's doing. */
      readonly presentedTokenHash?: string;
      readonly secret?: ClientSecret;
    }
  /** Issues a new secret; the present ones stay valid until `overlapEndsAt`. */
  | { readonly kind: "rotate-secret"; readonly now: number; readonly secret: ClientSecret; readonly overlapEndsAt: number }
  | { readonly kind: "rotate-registration-token"; readonly now: number; readonly registrationTokenHash: string }
  | { readonly kind: "suspend"; readonly now: number; readonly reason: string }
  | { readonly kind: "reinstate"; readonly now: number }
  | {
      readonly kind: "delete";
      readonly now: number;
      readonly reason: ClientDeleted["data"]["reason"];
      /** As with `update`. */
      readonly presentedTokenHash?: string;
    }
  | { readonly kind: "revoke-all"; readonly now: number; readonly reason: string };

export type ClientRefusal =
  | "client-exists"
  | "client-unknown"
  | "client-deleted"
  | "client-suspended"
  | "client-not-suspended"
  | "client-public"
  | "registration-token-used";
export type ClientOutcome =
  | { readonly kind: "done"; readonly generation: number }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly reason: ClientRefusal };
