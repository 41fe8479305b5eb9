import type { AccessTokenRecord, GrantBasis, GrantRefusal } from "./types.ts";

const IDENTITY_SCOPES: ReadonlySet<string> = new Set(["openid", "profile", "email", "offline_access"]);

/** Why the access token about to be recorded goes beyond the grant, undefined when it does not. */
export function beyondGrant(
  basis: GrantBasis,
  access: AccessTokenRecord,
): Extract<GrantRefusal, "scope-widened" | "resource-not-granted"> | undefined {
  const resource = basis.resources.find(({ id }) => id === access.resource);
  // RFC 8707 §2.2: a token is only for a resource the authorization named
  if (access.resource !== undefined && !resource) return "resource-not-granted";
  // RFC 6749 §6, §3.3: never a scope that was not granted, and none that was granted for another resource only
  const scopes = basis.resources.length === 0 ? basis.scope : (resource?.scopes ?? []);
  const held = (scope: string): boolean => basis.scope.includes(scope) && (scopes.includes(scope) || IDENTITY_SCOPES.has(scope));
  return access.scope.every(held) ? undefined : "scope-widened";
}

/** Does the grant cover the `resource` parameter asked for? RFC 3986 §6.2.3: an origin is the same with and without its root slash; no other path is. */
export function grantsResource(basis: GrantBasis, uri: string): boolean {
  return basis.resources.some((granted) => withoutRootSlash(granted.uri) === withoutRootSlash(uri));
}

/**
 * Is the token about to be recorded for the issuer itself (userinfo), which the `resource` parameter asked for by name? OIDC Core §5.3.1: that
 * takes a grant with openid.
 */
export function isForIssuer(basis: GrantBasis, uri: string, access: AccessTokenRecord): boolean {
  return access.resource === undefined && withoutRootSlash(access.aud) === withoutRootSlash(uri) && basis.scope.includes("openid");
}

function withoutRootSlash(uri: string): string {
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#]+\/$/i.test(uri) ? uri.slice(0, -1) : uri;
}
