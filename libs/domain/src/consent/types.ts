import type { DomainEvent } from "../kernel/index.ts";

/** Scopes consented, by resource id; identity scopes (openid …) under the key `""`. */
export type ConsentedScopes = Readonly<Record<string, readonly string[]>>;

export type ConsentGranted = DomainEvent<
  "ConsentGranted",
  {
    readonly subject: string;
    readonly clientId: string;
    readonly scopes: ConsentedScopes;
    /** False: this once; the next authorization asks again. */
    readonly remember: boolean;
  }
>;
export type ConsentNarrowed = DomainEvent<"ConsentNarrowed", { readonly scopes: ConsentedScopes }>;
export type ConsentWithdrawn = DomainEvent<"ConsentWithdrawn", { readonly generation: number }>;
export type ConsentEvent = ConsentGranted | ConsentNarrowed | ConsentWithdrawn;

export type ConsentState =
  | { readonly status: "none"; readonly generation: number }
  | {
      readonly status: "granted";
      readonly subject: string;
      readonly clientId: string;
      readonly scopes: ConsentedScopes;
      readonly remember: boolean;
      readonly generation: number;
      readonly grantedAt: number;
    }
  | { readonly status: "withdrawn"; readonly subject: string; readonly clientId: string; readonly generation: number };

export type ConsentCommand =
  /** Adds to what stands (union per resource); `narrow` replaces it, for scopes the person unticked. */
  | {
      readonly kind: "grant";
      readonly now: number;
      readonly subject: string;
      readonly clientId: string;
      readonly scopes: ConsentedScopes;
      readonly remember: boolean;
    }
  | { readonly kind: "narrow"; readonly now: number; readonly scopes: ConsentedScopes }
  | { readonly kind: "withdraw"; readonly now: number };
export type ConsentOutcome =
  | { readonly kind: "done"; readonly generation: number }
  | { readonly kind: "unchanged"; readonly generation: number }
  | { readonly kind: "refused"; readonly reason: "consent-unknown" };
