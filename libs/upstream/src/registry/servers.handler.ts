import {
  AdminProblem,
  createResource,
  listRows,
  pageBody,
  policyOrDefault,
  readTokenPolicy,
  type AdminAnswer,
  type AdminCall,
  type PageRequest,
} from "@grantline/admin";
import type { ResourceCommand, ScopeDefinition } from "@grantline/domain/resource";
import type { ServerDefinition } from "@grantline/domain/server";
import { resourceStreamId } from "@grantline/oauth/context";
import { tables } from "@grantline/read-model";
import type { UpstreamContext } from "../context.ts";
import { readDefinition, requireSamePlace, scopesOf } from "./server-rules.ts";
import { showPolicy, type AddServerInput, type ChangeServerInput } from "./server.schema.ts";

/** Where clients reach a server: the audience of its tokens. */
export function mcpEndpoint({ gateway }: Pick<UpstreamContext, "gateway">, name: string): string {
  return `${gateway.origin}/mcp/${name}`;
}

export async function listServers(context: UpstreamContext, call: AdminCall<PageRequest, unknown>): Promise<AdminAnswer> {
  const page = await listRows(context, tables.servers, { status: "active" }, call.query);
  const body = await pageBody(page, async (row) => {
    const { state } = await context.servers.load(row.key);
    return state.status === "active" ? show(context, state) : undefined;
  });
  return { status: 200, body };
}

export async function readServer(context: UpstreamContext, call: AdminCall<unknown, unknown>): Promise<AdminAnswer> {
  return { status: 200, body: show(context, await find(context, call.param("name"))) };
}

/** POST /servers: 1 the definition, 2 the resource clients get tokens for, 3 the server. A try that died half-way is made whole by the next. */
export async function addServer(context: UpstreamContext, call: AdminCall<unknown, AddServerInput>): Promise<AdminAnswer> {
  const { name } = call.body;
  const server = readDefinition(context, call.caller, name, call.body);
  const existing = (await context.servers.load(name, { fresh: true })).state;
  if (existing.status === "active") throw new AdminProblem(409, "already-exists", "A server of this name is here already.");
  requireSamePlace(call.caller, server, existing.status === "removed" ? "removed" : undefined);
  const resourceId = await ensureResource(context, call, server);
  const { outcome, state } = await context.servers.execute(name, { kind: "add", now: call.now, server, resourceId }, call.meta);
  if (outcome.kind === "refused" || state.status !== "active")
    throw new AdminProblem(409, "already-exists", "A server of this name was added meanwhile.");
  return { status: 201, body: show(context, state), headers: { location: `/admin/v1/servers/${name}` } };
}

/** PUT /servers/:name: the whole definition. What is said of the resource replaces what was; what is not said of it stays. */
export async function changeServer(context: UpstreamContext, call: AdminCall<unknown, ChangeServerInput>): Promise<AdminAnswer> {
  const former = await find(context, call.param("name"));
  const server = readDefinition(context, call.caller, former.server.name, call.body);
  requireSamePlace(call.caller, server, former.server);
  const { scopes, access_policy: policy, token_policy: tokenPolicy } = call.body.resource;
  const { now } = call;
  const resource = (await context.resources.load(former.resourceId)).state;
  const present = resource.status === "active" ? resource.scopes : undefined;
  const commands: ResourceCommand[] = [
    { kind: "define-scopes", now, scopes: scopesOf(server, scopes as readonly ScopeDefinition[] | undefined, present) },
    ...(policy === undefined ? [] : [{ kind: "set-access-policy", now, policy } as const]),
    ...(tokenPolicy === undefined ? [] : [{ kind: "set-token-policy", now, policy: readTokenPolicy(tokenPolicy) } as const]),
  ];
  for (const command of commands) await context.resources.execute(former.resourceId, command, call.meta);
  const { state } = await context.servers.execute(server.name, { kind: "change", now, server }, call.meta);
  if (state.status !== "active") throw new AdminProblem(409, "state-conflict", "The server was removed meanwhile.");
  return { status: 200, body: show(context, state) };
}

/** DELETE /servers/:name: no call gets through any more, then the tokens for it die. Connections of people are ended by a duty soon after. */
export async function removeServer(context: UpstreamContext, call: AdminCall<unknown, unknown>): Promise<AdminAnswer> {
  const name = call.param("name");
  const { state } = await context.servers.load(name, { fresh: true });
  if (state.status === "none") throw unknown();
  await context.servers.execute(name, { kind: "remove", now: call.now }, call.meta);
  const resourceId = resourceStreamId(mcpEndpoint(context, name));
  const { state: resource } = await context.resources.load(resourceId, { fresh: true });
  if (resource.status !== "active") return { status: 204 };
  await context.resources.execute(resourceId, { kind: "remove", now: call.now }, call.meta);
  await context.clients.execute(resource.clientId, { kind: "delete", now: call.now, reason: "admin" }, call.meta);
  return { status: 204 };
}

/** Its own client is made too, as of every resource; the gateway does not need its secret, which is forgotten here. */
async function ensureResource(
  context: UpstreamContext,
  call: AdminCall<unknown, AddServerInput>,
  server: ServerDefinition,
): Promise<string> {
  const { name, scopes, access_policy: policy, token_policy: tokenPolicy } = call.body.resource;
  const uri = mcpEndpoint(context, server.name);
  const { state } = await context.resources.load(resourceStreamId(uri), { fresh: true });
  const { registered } = await createResource(context, call, {
    uri,
    name: name ?? server.name,
    scopes: scopesOf(server, scopes as readonly ScopeDefinition[] | undefined),
    policy: policyOrDefault(context.settings, policy),
    tokenPolicy: readTokenPolicy(tokenPolicy),
    clientId: state.status === "active" ? state.clientId : `rs-${call.newId("resource")}`,
  });
  return registered.resourceId;
}

async function find(context: UpstreamContext, name: string) {
  const { state } = await context.servers.load(name);
  if (state.status !== "active") throw unknown();
  return state;
}

function unknown(): AdminProblem {
  return new AdminProblem(404, "not-found", "No server has this name.");
}

function show(context: UpstreamContext, { server, resourceId }: { readonly server: ServerDefinition; readonly resourceId: string }) {
  const { name, provider, authorization, scopes, client, policy } = server;
  const uri = mcpEndpoint(context, name);
  return {
    name,
    ...(server.url === undefined ? { stdio: server.stdio } : { url: server.url }),
    provider,
    authorization,
    scopes,
    ...(client === undefined
      ? {}
      : { client: { client_id: client.clientId, ...(client.secretName === undefined ? {} : { secret_name: client.secretName }) } }),
    policy: showPolicy(policy),
    resource: { resource_id: resourceId, uri },
    mcp_endpoint: uri,
  };
}
