import type { DomainEvent, EntityKind, VerificationLevel } from "../kernel/index.ts";

export interface ScopeDefinition {
  readonly name: string;
  /** Plain words for the consent page. */
  readonly description: string;
  /** Granted when the client asks for no scope. */
  readonly default?: boolean;
}

/** One way in: who, through what kind of client, may hold which scopes. Rules add up. */
export interface AccessRule {
  readonly subjects:
    | { readonly any: true }
    | { readonly groups: readonly string[] }
    | { readonly subjects: readonly string[] }
    | { readonly claim: { readonly name: string; readonly values: readonly string[] } };
  readonly entities: readonly EntityKind[];
  readonly verification: readonly VerificationLevel[];
  /** Scope names, or `["*"]` for all the resource defines (never `grantline:*`). */
  readonly scopes: readonly string[];
}
export interface AccessPolicy {
  readonly rules: readonly AccessRule[];
}

export interface TokenPolicy {
  readonly format?: "jwt" | "opaque";
  readonly accessTokenLifetime?: number;
  readonly alg?: "ES256" | "EdDSA" | "RS256";
}

export type ResourceRegistered = DomainEvent<
  "ResourceRegistered",
  { readonly resourceId: string; readonly uri: string; readonly name: string; readonly clientId: string }
>;
export type ScopesDefined = DomainEvent<"ScopesDefined", { readonly scopes: readonly ScopeDefinition[] }>;
export type AccessPolicySet = DomainEvent<"AccessPolicySet", { readonly policy: AccessPolicy }>;
export type TokenPolicySet = DomainEvent<"TokenPolicySet", { readonly policy: TokenPolicy }>;
export type ResourceGenerationRaised = DomainEvent<"ResourceGenerationRaised", { readonly generation: number; readonly reason: string }>;
export type ResourceRemoved = DomainEvent<"ResourceRemoved", { readonly generation: number }>;
export type ResourceEvent =
  | ResourceRegistered
  | ScopesDefined
  | AccessPolicySet
  | TokenPolicySet
  | ResourceGenerationRaised
  | ResourceRemoved;

export interface RegisteredResource {
  readonly resourceId: string;
  readonly uri: string;
  readonly name: string;
  /** Its resource-server client, the only one besides an admin that may introspect its tokens. */
  readonly clientId: string;
  readonly scopes: readonly ScopeDefinition[];
  readonly policy: AccessPolicy;
  readonly tokenPolicy: TokenPolicy;
  readonly generation: number;
}
export type ResourceState =
  | { readonly status: "none" }
  | ({ readonly status: "active" } & RegisteredResource)
  | { readonly status: "removed"; readonly resourceId: string; readonly uri: string; readonly generation: number };

export type ResourceCommand =
  | {
      readonly kind: "register";
      readonly now: number;
      readonly resourceId: string;
      readonly uri: string;
      readonly name: string;
      readonly clientId: string;
      readonly scopes: readonly ScopeDefinition[];
      readonly policy: AccessPolicy;
      readonly tokenPolicy: TokenPolicy;
    }
  | { readonly kind: "define-scopes"; readonly now: number; readonly scopes: readonly ScopeDefinition[] }
  | { readonly kind: "set-access-policy"; readonly now: number; readonly policy: AccessPolicy }
  | { readonly kind: "set-token-policy"; readonly now: number; readonly policy: TokenPolicy }
  | { readonly kind: "revoke-all"; readonly now: number; readonly reason: string }
  | { readonly kind: "remove"; readonly now: number };
export type ResourceOutcome =
  | { readonly kind: "done"; readonly generation: number }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly reason: "resource-exists" | "resource-unknown" };
