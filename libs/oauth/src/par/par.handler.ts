import { identifyClient, parseAuthorizationRequest, wireParameters, type RedirectTarget } from "../authorization-request/index.ts";
import { authenticateClient, type AuthenticatedClient } from "../client-authentication/index.ts";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { formParameters, json, type HttpRequest, type HttpResponse, type Parameters } from "../http/index.ts";
import { sealPushedRequest } from "../pushed-request/index.ts";
import { entityOf } from "../resource/index.ts";

/** POST /par: the client authenticates, the request passes every check of /authorize, and goes sealed into its request_uri. Nothing is stored. */
export async function pushAuthorizationRequest(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const parameters = formParameters(request.body);
  const client = await authenticateClient(context, request, parameters);
  await limitStrangers(context, request, client);
  // RFC 9126 §2.1: a request_uri may not be pushed
  if (parameters.get("request_uri") !== undefined)
    throw new OAuthError("invalid_request", "request-uri-unsupported", "request_uri may not be part of a pushed request.");
  const target = await pushedTarget(client, parameters);
  await parseAuthorizationRequest(context, target, parameters);
  const lifetime = context.settings.lifetimes[entityOf(client, "")].parRequest;
  const pushed = {
    id: context.random.hex(32),
    clientId: client.clientId,
    exp: context.clock.now() + lifetime,
    parameters: pushedParameters(client, parameters),
  };
  return json(201, { request_uri: sealPushedRequest(context, pushed), expires_in: lifetime }, client.headers);
}

/** P13: a client that did not prove who it is counts by its address. */
async function limitStrangers(context: OAuthContext, request: HttpRequest, client: AuthenticatedClient): Promise<void> {
  if (client.method !== "none") return;
  await context.limits.take("anonymous-write", request.ip);
}

/** The authenticated client stands in for the client_id, named or not. */
function pushedTarget(client: ClientView, parameters: Parameters): Promise<RedirectTarget> {
  return identifyClient(
    { directory: { find: () => Promise.resolve(client) } },
    { ...parameters, all: (name) => (name === "client_id" ? [client.clientId] : parameters.all(name)) },
  );
}

function pushedParameters(client: ClientView, parameters: Parameters): ReturnType<typeof wireParameters> {
  return [["client_id", client.clientId], ...wireParameters(parameters).filter(([name]) => name !== "client_id")];
}
