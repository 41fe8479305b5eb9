import type { DomainEvent } from "../kernel/index.ts";

export type SigningAlg = "ES256" | "EdDSA" | "RS256";
/** Public part only; private keys live wrapped in the keys port, never in the log. */
export type PublicJwk = Readonly<Record<string, string>>;

export type SigningKeyCreated = DomainEvent<
  "SigningKeyCreated",
  { readonly kid: string; readonly alg: SigningAlg; readonly publicJwk: PublicJwk }
>;
export type SigningKeyPublished = DomainEvent<"SigningKeyPublished", { readonly kid: string }>;
export type SigningKeyActivated = DomainEvent<"SigningKeyActivated", { readonly kid: string }>;
/** Signs no more, stays published until `removeAfter`. */
export type SigningKeyRetired = DomainEvent<"SigningKeyRetired", { readonly kid: string; readonly removeAfter: number }>;
export type SigningKeyRemoved = DomainEvent<"SigningKeyRemoved", { readonly kid: string }>;
/** Out of the JWKS at once; tokens it signed are dead. */
export type SigningKeyCompromised = DomainEvent<"SigningKeyCompromised", { readonly kid: string; readonly reason: string }>;
export type KeyringEvent =
  | SigningKeyCreated
  | SigningKeyPublished
  | SigningKeyActivated
  | SigningKeyRetired
  | SigningKeyRemoved
  | SigningKeyCompromised;

export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly publicJwk: PublicJwk;
  readonly status: "created" | "published" | "active" | "retired" | "removed" | "compromised";
  readonly createdAt: number;
  readonly publishedAt?: number;
  readonly activatedAt?: number;
  readonly removeAfter?: number;
}
/** At most one active key per algorithm. */
export interface KeyringState {
  readonly keys: Readonly<Record<string, SigningKey>>;
}

export type KeyringCommand =
  | { readonly kind: "create"; readonly now: number; readonly kid: string; readonly alg: SigningAlg; readonly publicJwk: PublicJwk }
  | { readonly kind: "publish"; readonly now: number; readonly kid: string }
  /** Activates, and retires the active key of the same algorithm until `previousRemoveAfter`. */
  | { readonly kind: "activate"; readonly now: number; readonly kid: string; readonly previousRemoveAfter: number }
  | { readonly kind: "remove"; readonly now: number; readonly kid: string }
  | { readonly kind: "compromise"; readonly now: number; readonly kid: string; readonly reason: string };
export type KeyringOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "unchanged" }
  | {
      readonly kind: "refused";
      readonly reason: "key-exists" | "key-unknown" | "key-not-published" | "key-still-active" | "key-compromised" | "key-not-due";
    };
