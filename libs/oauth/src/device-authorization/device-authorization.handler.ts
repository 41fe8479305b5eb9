import { authenticateClient, type AuthenticatedClient } from "../client-authentication/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { INTERVAL, keepPending, requireDeviceGrantOn, showUserCode } from "../device-request/index.ts";
import { OAuthError } from "../errors/index.ts";
import { formParameters, json, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { addressPrefix } from "../limits/index.ts";
import { entityOf } from "../resource/index.ts";
import { mintDeviceCode } from "../tokens/index.ts";
import { requestedAccess } from "./device-authorization.request.ts";

/**
 * POST /device_authorization: 1 the client, 2 what it asks for, 3 a code for the device and one for its person. Kept in the ephemeral store alone:
 * the log hears of it when a person has decided (P13).
 */
export async function authorizeDevice(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const parameters = formParameters(request.body);
  const client = await authenticateClient(context, request, parameters);
  requireDeviceGrant(client);
  requireDeviceGrantOn(context, { client: client.clientId });
  await limitStrangers(context, request, client);
  const asked = await requestedAccess(context, client, parameters);
  const now = context.clock.now();
  const lifetime = context.settings.lifetimes[entityOf(client, "")].deviceCode;
  const id = `${context.settings.region}${context.random.hex(16)}`;
  const code = mintDeviceCode(context.random, id);
  const { userCode } = await keepPending(context, {
    id,
    request: { clientId: client.clientId, ...asked, codeHash: code.hash, expiresAt: now + lifetime },
    network: addressPrefix(request.ip),
    askedAt: now,
  });
  return json(
    200,
    { device_code: code.value, ...verification(context, userCode), expires_in: lifetime, interval: INTERVAL },
    client.headers,
  );
}

// RFC 8628 §3.2
function verification({ settings }: Pick<OAuthContext, "settings">, userCode: string): Readonly<Record<string, string>> {
  const uri = `${settings.origin}${settings.basePath}/device`;
  const shown = showUserCode(userCode);
  return { user_code: shown, verification_uri: uri, verification_uri_complete: `${uri}?user_code=${shown}` };
}

function requireDeviceGrant(client: AuthenticatedClient): void {
  // RFC 6749 §5.2: a client uses only the grant types it is registered for
  if (!client.state.metadata.grant_types.includes("urn:ietf:params:oauth:grant-type:device_code"))
    throw new OAuthError(
      "unauthorized_client",
      "grant-type-not-allowed",
      "This client is not registered for the device authorization grant.",
    );
}

/** P13: a client that did not prove who it is counts by its address. */
async function limitStrangers(context: OAuthContext, request: HttpRequest, client: AuthenticatedClient): Promise<void> {
  if (client.method === "none") await context.limits.take("anonymous-write", request.ip);
}
