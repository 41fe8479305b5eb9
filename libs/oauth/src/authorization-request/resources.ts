import type { RegisteredResource } from "@grantline/domain/resource";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { Parameters } from "../http/index.ts";
import { clientAdmits, findResource, isIssuer, parseResourceUris } from "../resource/index.ts";
import { isIdentityScope, parseOptionalScope } from "../scope/index.ts";

type Parts = Pick<OAuthContext, "resources" | "settings">;

/**
 * The resources a request is for, registered ones. Without the parameter: the client's default, else the server's, else none
 * (the token is for userinfo only). The issuer may be named too, for a token that opens userinfo; it is in every grant with openid. Throws
 * `invalid_target`.
 */
export async function requestedResources(
  context: Parts,
  client: ClientView,
  parameters: Parameters,
): Promise<readonly RegisteredResource[]> {
  const named = parseResourceUris(parameters.all("resource"));
  if (named.length === 0) return defaultResources(context, client, parameters);
  const uris = named.filter((uri) => !isIssuer(context.settings, uri));
  if (uris.length < named.length) requireOpenid(parameters, uris);
  const found = new Map<string, RegisteredResource>();
  for (const uri of uris) {
    const resource = await findResource(context, uri);
    // RFC 8707 §2: a resource we don't know, or that this client may not have
    if (resource === undefined) throw new OAuthError("invalid_target", "resource-unknown", "A requested resource is not registered here.");
    if (!clientAdmits(client, resource.resourceId))
      throw new OAuthError("invalid_target", "resource-not-allowed", "The client may not ask for a requested resource.");
    found.set(resource.resourceId, resource);
  }
  return [...found.values()];
}

// OIDC Core §5.3.1: userinfo is for tokens of an OpenID authentication. With no scope and no resource, openid is the default.
function requireOpenid(parameters: Parameters, others: readonly string[]): void {
  const scope = parseOptionalScope(parameters.get("scope"));
  if (scope === undefined ? others.length === 0 : scope.includes("openid")) return;
  throw new OAuthError("invalid_target", "resource-not-allowed", "The issuer is a resource for those who ask for the scope openid.");
}

async function defaultResources(context: Parts, client: ClientView, parameters: Parameters): Promise<readonly RegisteredResource[]> {
  const scope = parseOptionalScope(parameters.get("scope"));
  // Someone who asks about the person only (plain OpenID Connect) gets a token for userinfo.
  if (scope !== undefined && scope.every(isIdentityScope)) return [];
  const uri = client.state.settings.defaultResource ?? context.settings.defaultResource;
  const resource = uri === undefined ? undefined : await findResource(context, uri);
  return resource === undefined || !clientAdmits(client, resource.resourceId) ? [] : [resource];
}
