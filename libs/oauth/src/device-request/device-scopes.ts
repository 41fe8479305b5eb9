import { isAdminScope } from "@grantline/domain/kernel";
import { OAuthError } from "../errors/index.ts";

/**
 * P14: what a device may have of these scopes, asked at the request, at the approval and at the redemption. Anybody may show an operator a code of theirs to type
 * (RFC 8628 §5.4), so administration is never given this way: neither to our own command line, nor to a client an operator allowed it.
 */
export function deviceScopes(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !isAdminScope(scope));
}

interface WithScopes {
  readonly scopes: readonly string[];
}

/** The resources with what a device may have of each; one that is nothing but administration is left out. */
export function deviceResources<R extends WithScopes>(resources: readonly R[]): readonly R[] {
  return resources.flatMap((resource) => {
    const scopes = deviceScopes(resource.scopes);
    return scopes.length === 0 && resource.scopes.length > 0 ? [] : [{ ...resource, scopes }];
  });
}

export function administrationByDevice(): OAuthError {
  return new OAuthError(
    "invalid_scope",
    "scope-not-allowed",
    "Administration (grantline:*) is never given by a device code. Use the authorization code grant.",
  );
}
