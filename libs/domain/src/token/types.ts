import type { DomainEvent } from "../kernel/index.ts";

/** Stream `token-{jti}`: the revocation of a token that has no grant. */
export type IssuedTokenRevoked = DomainEvent<
  "AccessTokenRevoked",
  { readonly jti: string; readonly clientId: string; readonly exp: number; readonly reason: string }
>;
export type TokenEvent = IssuedTokenRevoked;
export type TokenState = { readonly status: "none" } | { readonly status: "revoked"; readonly jti: string; readonly exp: number };
export type TokenCommand = {
  readonly kind: "revoke";
  readonly now: number;
  readonly jti: string;
  readonly clientId: string;
  readonly exp: number;
  readonly reason: string;
};
export type TokenOutcome = { readonly kind: "revoked"; readonly already: boolean };
