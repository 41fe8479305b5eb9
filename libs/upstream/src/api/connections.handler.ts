import type { UpstreamState } from "@grantline/domain/upstream";
import { OAuthError } from "@grantline/oauth/errors";
import { json, noContent, type HttpRequest, type HttpResponse } from "@grantline/oauth/http";
import { isFor } from "../access.ts";
import { connectionId, type UpstreamContext } from "../context.ts";
import { mcpEndpoint } from "../registry/servers.handler.ts";
import type { GatewayServer, Servers, UpstreamAccess, Upstreams } from "../upstream.port.ts";
import { callerOf, serverOf, type ApiCaller } from "./caller.ts";
import { readScopes } from "./connections.request.ts";
import { tryServer } from "./try-server.ts";

export interface ApiParts {
  readonly context: UpstreamContext;
  readonly servers: Servers;
  readonly upstreams: Upstreams;
}

/** GET /gateway/v1/servers */
export async function listForPerson({ context, servers }: ApiParts, request: HttpRequest): Promise<HttpResponse> {
  const { user } = await callerOf(context, request);
  const all = await servers.list();
  const items = await Promise.all(
    all.map(async (server) => ({
      name: server.name,
      url: mcpEndpoint(context, server.name),
      provider: server.provider,
      authorization: server.authorization,
      scopes: server.scopes,
      connected: server.authorization !== "oauth" || isConnected(await stateOf(context, user, server), server),
    })),
  );
  return json(200, { items });
}

/** GET /gateway/v1/connections: the person's own, those that need something done too. */
export async function listConnections({ context, servers }: ApiParts, request: HttpRequest): Promise<HttpResponse> {
  const { user } = await callerOf(context, request);
  const all = (await servers.list()).filter(({ authorization }) => authorization === "oauth");
  const items = await Promise.all(all.map(async (server) => showConnection(server, await stateOf(context, user, server))));
  return json(200, { items: items.filter((item) => item !== undefined) });
}

/** POST /gateway/v1/connections/{server}: where to go to connect. */
export async function beginConnection({ context, servers, upstreams }: ApiParts, request: HttpRequest): Promise<HttpResponse> {
  const caller = await callerOf(context, request);
  const server = await oauthServer(servers, request);
  const scopes = readScopes(request.body);
  const { url, id, expiresAt } = await upstreams.begin({ ...caller, server, ...(scopes === undefined ? {} : { scopes }) });
  return json(201, { url, id, expires_at: expiresAt });
}

/** GET /gateway/v1/authorizations/{id} */
export async function readAuthorization({ context, upstreams }: ApiParts, request: HttpRequest): Promise<HttpResponse> {
  await callerOf(context, request);
  return json(200, { status: await upstreams.outcome(request.params["id"] ?? "") });
}

/** POST /gateway/v1/connections/{server}/refresh: new tokens now, whether or not the old ones are good. */
export async function refreshConnection({ context, servers, upstreams }: ApiParts, request: HttpRequest): Promise<HttpResponse> {
  const caller = await callerOf(context, request);
  const server = await oauthServer(servers, request);
  const state = await stateOf(context, caller.user, server);
  if (state.status !== "connected") throw notConnected();
  const access = await upstreams.renew({ ...caller, server, refused: { generation: state.connection.generation } });
  required(access);
  return json(200, showConnection(server, await stateOf(context, caller.user, server)));
}

/** POST /gateway/v1/connections/{server}/test: does the server take what we have? */
export async function testConnection(parts: ApiParts, request: HttpRequest): Promise<HttpResponse> {
  const caller = await callerOf(parts.context, request);
  const server = await serverOf(parts.servers, request);
  const token = server.authorization === "none" ? undefined : required(await parts.upstreams.access({ ...caller, server }));
  return json(200, await tryServer(parts.context, server, token?.accessToken));
}

/** DELETE /gateway/v1/connections/{server} */
export async function endConnection({ context, servers, upstreams }: ApiParts, request: HttpRequest): Promise<HttpResponse> {
  const caller = await callerOf(context, request);
  const server = await oauthServer(servers, request);
  if ((await upstreams.revoke({ ...caller, server })) === "none") throw notConnected();
  return noContent();
}

async function oauthServer(servers: Servers, request: HttpRequest): Promise<GatewayServer> {
  const server = await serverOf(servers, request);
  if (server.authorization === "oauth") return server;
  throw new OAuthError("invalid_request", "server-unknown", "This server needs no connection of yours.", { status: 409 });
}

async function stateOf({ upstreams }: UpstreamContext, user: ApiCaller["user"], { name }: GatewayServer): Promise<UpstreamState> {
  return (await upstreams.load(connectionId(user, name))).state;
}

function isConnected(state: UpstreamState, server: GatewayServer): boolean {
  return state.status === "connected" && isFor(state.connection, server);
}

/** Undefined for one that never was, or has been ended. A connection of a server that has moved since needs to be made anew. */
function showConnection(server: GatewayServer, state: UpstreamState) {
  if (state.status === "none" || state.status === "revoked") return undefined;
  const { provider, scopes, expiresAt, authorizedAt, refreshedAt, refreshable } = state.connection;
  const lastError = state.status === "refused" ? state.reason : state.lastError;
  const moved = !isFor(state.connection, server);
  return {
    server: server.name,
    status: moved || state.status === "refused" ? "reconnect" : "connected",
    provider,
    scopes,
    refreshable,
    authorized_at: authorizedAt,
    ...(refreshedAt === authorizedAt ? {} : { last_refreshed_at: refreshedAt }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(moved ? { last_error: "server-moved" } : lastError === undefined ? {} : { last_error: lastError }),
  };
}

/** The token, or the error that says why there is none. */
function required(access: UpstreamAccess): Extract<UpstreamAccess, { kind: "token" }> {
  switch (access.kind) {
    case "token":
      return access;
    case "none":
      throw notConnected();
    case "unavailable":
      throw new OAuthError("temporarily_unavailable", "upstream-unavailable", "No token can be had right now. Try again in a while.", {
        detail: access.reason,
        headers: { "retry-after": String(access.retryAfterSeconds) },
      });
  }
}

function notConnected(): OAuthError {
  return new OAuthError("invalid_request", "connection-unknown", "You are not connected to this server. Connect first.", { status: 409 });
}
