import { hash } from "node:crypto";
import type { ClientMetadata } from "@grantline/domain/client";
import type { AccessPolicy, ScopeDefinition, TokenPolicy } from "@grantline/domain/resource";
import { resourceStreamId } from "@grantline/oauth/context";
import { registerClient } from "../clients/create-client.handler.ts";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";
import { checkResourceUri, policyOrDefault, readTokenPolicy } from "./resource-rules.ts";
import type { RegisterResourceInput } from "./resource.schema.ts";
import { showResource } from "./resource.response.ts";

/** POST /resources: an MCP server becomes known, with the client it introspects its tokens by. The secret is shown this once. */
export async function registerResource(context: AdminParts, call: AdminCall<unknown, RegisterResourceInput>): Promise<AdminAnswer> {
  const { uri, name, scopes, access_policy: policy, token_policy: tokenPolicy } = call.body;
  checkResourceUri(uri, context.settings);
  const resource: NewResource = {
    uri,
    name,
    scopes: scopes as readonly ScopeDefinition[],
    policy: policyOrDefault(context.settings, policy),
    tokenPolicy: readTokenPolicy(tokenPolicy),
    clientId: `rs-${call.newId("resource")}`,
  };
  const { registered, credentials } = await createResource(context, call, resource);
  return {
    status: 201,
    body: { ...showResource(registered), ...credentials },
    headers: { location: `/admin/v1/resources/${registered.resourceId}` },
  };
}

export interface NewResource {
  readonly uri: string;
  readonly name: string;
  readonly scopes: readonly ScopeDefinition[];
  readonly policy: AccessPolicy;
  readonly tokenPolicy: TokenPolicy;
  readonly clientId: string;
}

/** The client first, then the resource: a resource is never without its client. Throws AdminProblem 409 when the uri is taken. */
export async function createResource(context: AdminParts, call: Pick<AdminCall<unknown, unknown>, "now" | "meta">, resource: NewResource) {
  const { uri, name, clientId } = resource;
  const resourceId = resourceStreamId(uri);
  const existing = (await context.resources.load(resourceId, { fresh: true })).state;
  if (existing.status === "active" && existing.clientId !== clientId) throw taken();
  const settings = { introspects: [resourceId] };
  const documentHash = hash("sha256", JSON.stringify([uri, clientId]), "base64url");
  const client = await registerClient(
    context,
    call,
    { clientId, how: "resource", metadata: resourceClient(name), settings, documentHash },
    true,
  );
  const { outcome, state } = await context.resources.execute(
    resourceId,
    { kind: "register", now: call.now, resourceId, ...resource },
    call.meta,
  );
  if (outcome.kind === "refused" && !(state.status === "active" && state.clientId === clientId)) {
    await context.clients.execute(clientId, { kind: "delete", now: call.now, reason: "admin" }, call.meta);
    throw taken();
  }
  if (state.status !== "active") throw new AdminProblem(409, "state-conflict", "The resource was removed meanwhile.");
  return { registered: state, credentials: client.credentials };
}

/** It only introspects: no grant of its own. */
function resourceClient(name: string): ClientMetadata {
  return {
    client_name: name,
    redirect_uris: [],
    grant_types: [],
    response_types: [],
    token_endpoint_auth_method: "client_secret_basic",
    application_type: "web",
  };
}

function taken(): AdminProblem {
  return new AdminProblem(409, "already-exists", "A resource with this uri is registered already.");
}
