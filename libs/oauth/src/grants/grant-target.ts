import type { GrantBasis, GrantedResource } from "@grantline/domain/grant";
import type { OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { isIssuer } from "../resource/index.ts";
import { isIdentityScope } from "../scope/index.ts";
import { grantRefused } from "./grant-refusals.ts";

/** The granted resource a `resource` parameter names: exact, or the twin with or without a final slash. */
export function grantedResource(basis: GrantBasis, uri: string): GrantedResource | undefined {
  return (
    basis.resources.find((granted) => granted.uri === uri) ??
    basis.resources.find((granted) => granted.uri === `${uri}/` || `${granted.uri}/` === uri)
  );
}

/**
 * What a token for this resource may carry of the grant: the scopes granted there and those about the person; for the issuer (no target) those
 * about the person.
 */
export function targetScope(basis: GrantBasis, target: GrantedResource | undefined): readonly string[] {
  if (basis.resources.length === 0) return basis.scope;
  return basis.scope.filter((scope) => isIdentityScope(scope) || target?.scopes.includes(scope) === true);
}

/** Is it a token for userinfo that is asked for: the issuer named as its resource, by a client that was granted openid (OIDC Core §5.3.1)? */
export function namesUserinfo(
  settings: Pick<OAuthContext["settings"], "issuer" | "basePath">,
  basis: GrantBasis,
  uri: string | undefined,
): boolean {
  return uri !== undefined && isIssuer(settings, uri) && basis.scope.includes("openid");
}

/** The resource of the first token, as a token request names it; undefined: the issuer itself. Throws `invalid_target`. */
export function chooseTarget(
  { settings }: Pick<OAuthContext, "settings">,
  basis: GrantBasis,
  uri: string | undefined,
): GrantedResource | undefined {
  if (uri === undefined) {
    if (basis.resources.length > 1) {
      throw new OAuthError(
        "invalid_target",
        "resource-ambiguous",
        "The authorization covers several resources: name one with the resource parameter.",
      );
    }
    return basis.resources[0];
  }
  if (namesUserinfo(settings, basis, uri)) return undefined;
  const target = grantedResource(basis, uri);
  // RFC 8707 §2.2: only a resource the authorization request named
  if (target === undefined) throw grantRefused("resource-not-granted");
  return target;
}
