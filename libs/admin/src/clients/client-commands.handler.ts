import { clientStreamId } from "@grantline/oauth/context";
import { mintClientSecret, needsSecret } from "@grantline/oauth/registration";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";
import { findClient, requireAdminFor, requireResourcesFor } from "./client-rules.ts";
import { showClient } from "./client.response.ts";

/** Secrets a client may have at one time, overlaps included. */
const MOST_SECRETS = 5;

/** POST /clients/:client_id/secrets: a new secret; the present ones live on for the overlap. */
export async function rotateSecret(context: AdminParts, call: AdminCall<unknown, { overlap_seconds: number }>): Promise<AdminAnswer> {
  const client = await findClient(context, call.param("client_id"));
  requireAdminFor(call.caller, client);
  requireResourcesFor(call.caller, client);
  if (!needsSecret(client.metadata)) throw new AdminProblem(409, "state-conflict", "This client does not authenticate with a secret.");
  const overlap = call.body.overlap_seconds;
  const alive = client.secrets.filter((secret) => (secret.expiresAt ?? Infinity) > call.now);
  if (alive.length >= MOST_SECRETS && overlap > 0)
    throw new AdminProblem(
      409,
      "state-conflict",
      `The client has ${MOST_SECRETS} secrets already; rotate with overlap_seconds 0 to end them.`,
    );
  const secret = mintClientSecret(context.random, call.now);
  const overlapEndsAt = call.now + overlap;
  const { outcome } = await context.clients.execute(
    clientStreamId(client.clientId),
    { kind: "rotate-secret", now: call.now, secret: secret.record, overlapEndsAt },
    call.meta,
  );
  if (outcome.kind === "refused") throw new AdminProblem(409, "state-conflict", "The client changed meanwhile.");
  return {
    status: 201,
    body: { client_id: client.clientId, secret_id: secret.record.id, client_secret: secret.value, overlap_ends_at: overlapEndsAt },
  };
}

/** POST /clients/:client_id/suspend: refused from now on; what it holds is dead, and stays dead after a reinstatement. */
export async function suspendClient(context: AdminParts, call: AdminCall<unknown, { reason: string }>): Promise<AdminAnswer> {
  return command(context, call, { kind: "suspend", now: call.now, reason: call.body.reason });
}

export async function reinstateClient(context: AdminParts, call: AdminCall<unknown, undefined>): Promise<AdminAnswer> {
  return command(context, call, { kind: "reinstate", now: call.now });
}

/** POST /clients/:client_id/revoke-all: every grant and token of the client ends; the client itself goes on. */
export async function revokeAllOfClient(context: AdminParts, call: AdminCall<unknown, { reason: string }>): Promise<AdminAnswer> {
  return command(context, call, { kind: "revoke-all", now: call.now, reason: call.body.reason });
}

/** DELETE /clients/:client_id. The id is never used again. A resource's own client goes with its resource. */
export async function deleteClient(context: AdminParts, call: AdminCall<unknown, undefined>): Promise<AdminAnswer> {
  const client = await findClient(context, call.param("client_id"));
  requireAdminFor(call.caller, client);
  if (client.how === "resource") throw new AdminProblem(409, "state-conflict", "This client belongs to a resource; delete the resource.");
  await context.clients.execute(clientStreamId(client.clientId), { kind: "delete", now: call.now, reason: "admin" }, call.meta);
  return { status: 204 };
}

type Command = Parameters<AdminParts["clients"]["execute"]>[1];

async function command(context: AdminParts, call: AdminCall<unknown, unknown>, wanted: Command): Promise<AdminAnswer> {
  const client = await findClient(context, call.param("client_id"));
  requireAdminFor(call.caller, client);
  const { outcome, state } = await context.clients.execute(clientStreamId(client.clientId), wanted, call.meta);
  if (outcome.kind === "refused" || state.status === "none")
    throw new AdminProblem(409, "state-conflict", "The client is not in a state that allows this.");
  return { status: 200, body: showClient(state, call.now) };
}
