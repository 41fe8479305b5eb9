import type { DeviceRequest } from "@grantline/domain/device";
import { requestedResources, requestedScope } from "../authorization-request/index.ts";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { administrationByDevice, deviceScopes } from "../device-request/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { Parameters } from "../http/index.ts";
import { scopeCeiling } from "../resource/index.ts";
import { isIdentityScope } from "../scope/index.ts";

/** What the device wants, by the rules of the authorization endpoint, but for administration, which is no device's (P14). Throws `invalid_target`, `invalid_scope`. */
export async function requestedAccess(
  context: Pick<OAuthContext, "resources" | "settings">,
  client: ClientView,
  parameters: Parameters,
): Promise<Pick<DeviceRequest, "resources" | "scope">> {
  const resources = await requestedResources(context, client, parameters);
  const asked = requestedScope(parameters.get("scope"), resources);
  const could = asked ?? resources.flatMap(({ scopes }) => scopes.map(({ name }) => name));
  if (could.length > 0 && deviceScopes(could).length === 0) throw administrationByDevice();
  const scope = asked && deviceScopes(asked);
  if (scope !== undefined) requireWithinCeiling(client, scope);
  return {
    resources: resources.map(({ resourceId, uri }) => ({ id: resourceId, uri })),
    ...(scope === undefined ? {} : { scope }),
  };
}

/** Told at once, not after a person has been asked. What the person may give is cut by the access policy when they decide (P14). */
function requireWithinCeiling(client: ClientView, scope: readonly string[]): void {
  const ceiling = scopeCeiling(client);
  if (ceiling === undefined || scope.some((name) => ceiling.includes(name) || isIdentityScope(name))) return;
  throw new OAuthError("invalid_scope", "scope-not-allowed", "The client may not ask for any of the requested scopes.");
}
