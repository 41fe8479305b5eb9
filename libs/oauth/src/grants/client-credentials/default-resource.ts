import { isAdminScope } from "@grantline/domain/kernel";
import type { RegisteredResource } from "@grantline/domain/resource";
import type { ClientView } from "../../context/index.ts";
import { OAuthError } from "../../errors/index.ts";
import { clientAdmits, findResource, scopeCeiling } from "../../resource/index.ts";
import type { GrantContext } from "../grant-type.ts";
import type { ClientCredentialsRequest } from "./client-credentials.request.ts";

/**
 * The resource a machine token is for: the one named; else for `grantline:*` scopes the admin API; else the client's default, the
 * server's. Throws `invalid_target`.
 */
export async function resourceFor(
  context: Pick<GrantContext, "resources" | "settings">,
  client: ClientView,
  asked: ClientCredentialsRequest,
): Promise<RegisteredResource> {
  const uri = asked.resource ?? impliedResource(context, client, asked.scope);
  if (uri === undefined)
    throw new OAuthError("invalid_target", "resource-missing", "Name the resource the token is for with the resource parameter.");
  const resource = await findResource(context, uri);
  // RFC 8707 §2: a resource we do not know gets no token
  if (resource === undefined) throw new OAuthError("invalid_target", "resource-unknown", "The resource is not registered here.");
  if (!clientAdmits(client, resource.resourceId))
    throw new OAuthError("invalid_target", "resource-not-allowed", "This client may not ask for this resource.");
  return resource;
}

function impliedResource(
  { settings }: Pick<GrantContext, "settings">,
  client: ClientView,
  scope: readonly string[] | undefined,
): string | undefined {
  if (scope?.some(isAdminScope) === true) return settings.adminResource;
  const fallback = client.state.settings.defaultResource ?? settings.defaultResource;
  // A client that an operator made for administration alone need not name the admin API
  const ceiling = scopeCeiling(client);
  return fallback ?? (ceiling !== undefined && ceiling.length > 0 && ceiling.every(isAdminScope) ? settings.adminResource : undefined);
}
