import { GATEWAY_API_SCOPE, gatewayApi } from "@grantline/admin";
import { authenticateBearer } from "@grantline/oauth/bearer";
import { commandMeta } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import type { HttpRequest } from "@grantline/oauth/http";
import type { CommandMeta } from "@grantline/event-store";
import type { UpstreamContext } from "../context.ts";
import type { GatewayServer, Servers } from "../upstream.port.ts";

/** A person, through a client of theirs. */
export interface ApiCaller {
  readonly user: string;
  readonly meta: CommandMeta;
}

/** Who calls. A program that acts for itself has no connections. Throws OAuthError 401 or 403. */
export async function callerOf(context: UpstreamContext, request: HttpRequest): Promise<ApiCaller> {
  const demand = { resource: gatewayApi(context.gateway.origin), scopes: [GATEWAY_API_SCOPE] };
  const token = await authenticateBearer(context, request, demand);
  if (token.grantId === undefined)
    throw new OAuthError("access_denied", "policy-denied", "This is for people: log in with an authorization code or on a device.");
  return { user: token.sub, meta: commandMeta(context, request, { kind: "user", id: token.sub }) };
}

/** The server of a path. Throws OAuthError 404. */
export async function serverOf(servers: Servers, request: HttpRequest): Promise<GatewayServer> {
  const server = await servers.find(request.params["server"] ?? "");
  if (server === undefined) throw new OAuthError("invalid_request", "server-unknown", "No server has this name.", { status: 404 });
  return server;
}
