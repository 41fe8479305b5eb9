import type { AccessPolicy, RegisteredResource, ScopeDefinition } from "@grantline/domain/resource";
import { tables } from "@grantline/read-model";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import { listRows, pageBody, type PageRequest } from "../route/paging.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";
import { findResource, readTokenPolicy, requireAdminForOwn } from "./resource-rules.ts";
import type { TokenPolicyInput } from "./resource.schema.ts";
import { showResource } from "./resource.response.ts";

export async function listResources(
  context: AdminParts,
  call: AdminCall<PageRequest & { readonly uri?: string | undefined }, undefined>,
): Promise<AdminAnswer> {
  const { uri } = call.query;
  const page = await listRows(context, tables.resources, { status: "active", ...(uri === undefined ? {} : { uri }) }, call.query);
  const body = await pageBody(page, async (row) => {
    const { state } = await context.resources.load(row.key);
    return state.status === "active" ? showResource(state) : undefined;
  });
  return { status: 200, body };
}

export async function readResource(context: AdminParts, call: AdminCall<undefined, undefined>): Promise<AdminAnswer> {
  return { status: 200, body: showResource(await findResource(context, call.param("resource_id"))) };
}

/** PUT …/scopes: tokens already issued keep theirs until they end; a scope that is gone is not granted again. */
export function defineScopes(context: AdminParts, call: AdminCall<unknown, { scopes: readonly unknown[] }>): Promise<AdminAnswer> {
  return command(context, call, { kind: "define-scopes", now: call.now, scopes: call.body.scopes as readonly ScopeDefinition[] });
}

export function setAccessPolicy(context: AdminParts, call: AdminCall<unknown, AccessPolicy>): Promise<AdminAnswer> {
  return command(context, call, { kind: "set-access-policy", now: call.now, policy: call.body });
}

export function setTokenPolicy(context: AdminParts, call: AdminCall<unknown, TokenPolicyInput>): Promise<AdminAnswer> {
  return command(context, call, { kind: "set-token-policy", now: call.now, policy: readTokenPolicy(call.body) });
}

/** POST …/revoke-all: every token for the resource ends. */
export function revokeAllOfResource(context: AdminParts, call: AdminCall<unknown, { reason: string }>): Promise<AdminAnswer> {
  return command(context, call, { kind: "revoke-all", now: call.now, reason: call.body.reason });
}

/** DELETE /resources/:resource_id: its tokens end, and its own client goes with it. */
export async function removeResource(context: AdminParts, call: AdminCall<unknown, undefined>): Promise<AdminAnswer> {
  const resource = await change(context, call);
  if (resource.uri === context.settings.adminResource) throw new AdminProblem(409, "state-conflict", "The admin API can not be removed.");
  await context.resources.execute(resource.resourceId, { kind: "remove", now: call.now }, call.meta);
  await context.clients.execute(resource.clientId, { kind: "delete", now: call.now, reason: "admin" }, call.meta);
  return { status: 204 };
}

async function change(context: AdminParts, call: AdminCall<unknown, unknown>): Promise<RegisteredResource> {
  const resource = await findResource(context, call.param("resource_id"));
  requireAdminForOwn(context, call.caller, resource);
  return resource;
}

async function command(
  context: AdminParts,
  call: AdminCall<unknown, unknown>,
  wanted: Parameters<AdminParts["resources"]["execute"]>[1],
): Promise<AdminAnswer> {
  const resource = await change(context, call);
  const { state } = await context.resources.execute(resource.resourceId, wanted, call.meta);
  if (state.status !== "active") throw new AdminProblem(409, "state-conflict", "The resource was removed meanwhile.");
  return { status: 200, body: showResource(state) };
}
