import { standingLost, type GrantState } from "@grantline/domain/grant";
import { clientStreamId, resourceStreamId } from "@grantline/oauth/context";
import { currentStanding } from "@grantline/oauth/standing";
import { tables, type GrantRow } from "@grantline/read-model";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import { listRows, pageBody, type PageRequest } from "../route/paging.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";

export interface GrantFilter {
  readonly subject?: string | undefined;
  readonly client_id?: string | undefined;
  readonly resource?: string | undefined;
}
export interface ListGrantsQuery extends PageRequest, GrantFilter {
  readonly status?: string | undefined;
}

/** GET /grants, by subject, client, resource (id or uri) and status. */
export async function listGrants(context: AdminParts, call: AdminCall<ListGrantsQuery, undefined>): Promise<AdminAnswer> {
  const { subject, client_id: client, resource, status } = call.query;
  const where = {
    ...(subject === undefined ? {} : { subject }),
    ...(client === undefined ? {} : { client }),
    ...(status === undefined ? {} : { status }),
    ...(resource === undefined ? {} : { resource: resourceIdOf(resource) }),
  };
  const page = await listRows(context, tables.grants, where, call.query);
  return { status: 200, body: await pageBody(page, (row) => showGrant(context, row.value as GrantRow, call.now)) };
}

export async function readGrant(context: AdminParts, call: AdminCall<undefined, undefined>): Promise<AdminAnswer> {
  const row = await context.projector.fresh(() => context.readModel.get(tables.grants, call.param("grant_id")));
  if (row === undefined) throw new AdminProblem(404, "not-found", "No grant has this id.");
  return { status: 200, body: await showGrant(context, row.value as GrantRow, call.now) };
}

/** DELETE /grants/:grant_id: the whole family ends. */
export async function revokeGrant(context: AdminParts, call: AdminCall<unknown, undefined>): Promise<AdminAnswer> {
  const { outcome } = await context.grants.execute(call.param("grant_id"), { kind: "revoke", now: call.now, reason: "admin" }, call.meta);
  if (outcome.kind === "refused") throw new AdminProblem(404, "not-found", "No grant has this id.");
  return { status: 204 };
}

/** DELETE /grants?subject=… | client_id=… | resource=…: all of one, by one event that raises a generation (P5). */
export async function revokeGrants(context: AdminParts, call: AdminCall<GrantFilter, undefined>): Promise<AdminAnswer> {
  const { subject, client_id: client, resource } = call.query;
  if ([subject, client, resource].filter((filter) => filter !== undefined).length !== 1)
    throw new AdminProblem(400, "value-not-allowed", "Give exactly one of subject, client_id and resource.");
  const wanted = { kind: "revoke-all", now: call.now, reason: "admin" } as const;
  const { outcome } =
    subject !== undefined
      ? await context.subjects.execute(subject, wanted, call.meta)
      : client !== undefined
        ? await context.clients.execute(clientStreamId(client), wanted, call.meta)
        : await context.resources.execute(resourceIdOf(resource ?? ""), wanted, call.meta);
  if (outcome.kind === "refused") throw new AdminProblem(404, "not-found", "There is no such subject, client or resource.");
  return { status: 204 };
}

/** What the log says of the grant, and whether it still lives: the generations it was made under may have been raised since. */
async function showGrant(context: AdminParts, row: GrantRow, now: number): Promise<Readonly<Record<string, unknown>>> {
  const { state } = await context.grants.load(row.grantId);
  return {
    grant_id: row.grantId,
    client_id: row.clientId,
    subject: row.subject,
    status: row.status,
    live: await lives(context, state, now),
    ...(row.reason === undefined ? {} : { reason: row.reason }),
    ...(row.entity === undefined ? {} : { entity: row.entity }),
    resources: row.resources,
    scope: row.scopes.join(" "),
    offline: row.offline,
    created_at: row.createdAt,
    expires_at: row.expiresAt,
    rotations: row.rotations,
    ...(row.lastUsedAt === undefined ? {} : { last_used_at: row.lastUsedAt }),
    ...(row.endedAt === undefined ? {} : { ended_at: row.endedAt }),
  };
}

/** Neither ended nor resting on something that has. */
export async function lives(
  context: Pick<AdminParts, "clients" | "subjects" | "resources" | "consents">,
  state: GrantState,
  now: number,
): Promise<boolean> {
  if (state.status !== "authorized" && state.status !== "active") return false;
  const { basis } = state;
  if (state.status === "authorized" && state.code.expiresAt <= now) return false;
  if (state.status === "active" && !usable(state, now)) return false;
  const standing = await currentStanding(context, {
    clientId: basis.clientId,
    subject: basis.subject,
    resourceIds: basis.resources.map(({ id }) => id),
    ...(basis.sessionId === undefined ? {} : { sessionId: basis.sessionId }),
  });
  return !standingLost(basis, standing, now);
}

function usable({ refresh, tokens, basis }: Extract<GrantState, { status: "active" }>, now: number): boolean {
  if (basis.absoluteExpiresAt <= now) return false;
  return (refresh !== undefined && refresh.idleExpiresAt > now) || tokens.some(({ exp }) => exp > now);
}

function resourceIdOf(reference: string): string {
  return reference.includes(":") ? resourceStreamId(reference) : reference;
}
