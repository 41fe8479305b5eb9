import { OAuthError } from "../../errors/index.ts";
import type { Parameters } from "../../http/index.ts";
import { parseResourceUris } from "../../resource/index.ts";
import { isIdentityScope, parseOptionalScope } from "../../scope/index.ts";

export interface ClientCredentialsRequest {
  readonly scope?: readonly string[];
  readonly resource?: string;
}

/** Throws `invalid_scope` or `invalid_target`. */
export function parseClientCredentialsRequest(params: Parameters): ClientCredentialsRequest {
  const scope = parseOptionalScope(params.get("scope"));
  // OIDC Core §3.1.2.1, §11: identity scopes and offline_access speak of a person, and there is none here
  if (scope?.some(isIdentityScope) === true) {
    throw new OAuthError(
      "invalid_scope",
      "scope-not-allowed",
      "openid, profile, email and offline_access need a person; client_credentials has none.",
    );
  }
  const resources = parseResourceUris(params.all("resource"));
  // RFC 8707 §2.2: a token has one audience here, so one resource is named at most
  if (resources.length > 1) throw new OAuthError("invalid_target", "resource-repeated", "Name one resource in a token request.");
  const resource = resources[0];
  return { ...(scope === undefined ? {} : { scope }), ...(resource === undefined ? {} : { resource }) };
}
