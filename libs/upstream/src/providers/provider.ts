import type { SafeExchange } from "@grantline/oauth/outbound";
import type { AuthMethod } from "./settings.ts";

/** What is peculiar about a provider (mcp-auth.md §6 of the design notes), as data: one client serves them all. */
export interface ProviderTraits {
  /** RFC 8707: is `resource` understood, or does it end in an error? */
  readonly resource: "send" | "drop";
  /** Must a refresh name the scopes again? */
  readonly scopeOnRefresh: boolean;
  /** False: what may be done is settled elsewhere (a GitHub App's permissions), scopes are neither sent nor looked at. */
  readonly scopesGoverned: boolean;
  /** Scopes asked besides, without which there is no refresh token. They are not ours to be missed afterwards. */
  readonly besides: readonly string[];
  /** Two spellings of one scope become one. */
  readonly canonicalScope: (scope: string) => string;
  readonly authorizeParameters: Readonly<Record<string, string>>;
  readonly revocation: "rfc7009" | "github" | "none";
  /** Issuers that may be named in an authorization response (RFC 9207) although they are not the metadata's. */
  readonly issuerVariant?: RegExp;
}

export interface ProviderEndpoints {
  /** Where the metadata says so; what a redirect back must name (RFC 9207). */
  readonly issuer: string;
  readonly authorization: string;
  readonly token: string;
  readonly revocation?: string;
  /** RFC 9207 §3: `iss` comes with every answer, and one without it is refused. */
  readonly sendsIssuer: boolean;
}

/** Who we are there. The secret is in memory only while a request is made. */
export interface ProviderClient {
  readonly clientId: string;
  readonly authMethod: AuthMethod;
  readonly secret?: string;
}

/** A provider ready to be talked to, for one server. */
export interface Provider {
  readonly name: string;
  readonly endpoints: ProviderEndpoints;
  readonly client: ProviderClient;
  readonly traits: ProviderTraits;
  /** Where it sends the browser back to. */
  readonly redirectUri: string;
  /** The `resource` to name, where it is understood. */
  readonly resource?: string;
  /** What the server itself wants to be asked for, where its operator named nothing. */
  readonly suggested?: readonly string[];
  /** The way to its endpoints, where strangers named them. */
  readonly exchange?: SafeExchange;
}

/** What a provider gave. Never logged, never in an error. */
export interface ProviderTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: number;
}

export const PLAIN: ProviderTraits = {
  resource: "drop",
  scopeOnRefresh: false,
  scopesGoverned: true,
  besides: [],
  canonicalScope: (scope) => scope,
  authorizeParameters: {},
  revocation: "rfc7009",
};
