import type { BridgeRegistration } from "@grantline/domain/bridge";

export interface UpstreamEndpoints {
  readonly authorization: string;
  readonly token: string;
  readonly jwks?: string;
}

/** What the facade has to know of the authorization server behind it. */
export interface FacadeUpstream {
  endpoints(): Promise<UpstreamEndpoints>;
  /** For the facade's metadata. */
  readonly scopes: readonly string[];
  /** `scope` as the target wants it, for what a client asked of us. Throws OAuthError `invalid_scope`. */
  toUpstream(registration: BridgeRegistration, asked: string | undefined): string;
  /** `scope` of an answer as clients know it. */
  fromUpstream(scope: string): string;
  /** Does the target want the application's secret where a code went to this redirect URI? */
  wantsSecret(redirectUri: string): boolean;
  /** Throws OAuthError unless the access token is one for our resource, from our tenant. */
  checkAccessToken(token: string): void;
}
