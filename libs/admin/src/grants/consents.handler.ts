import { consentStreamId } from "@grantline/oauth/context";
import { tables } from "@grantline/read-model";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import { listRows, pageBody, type PageRequest } from "../route/paging.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";

/** GET /subjects/:subject/consents: what stands. */
export async function listConsents(context: AdminParts, call: AdminCall<PageRequest, undefined>): Promise<AdminAnswer> {
  const page = await listRows(context, tables.consents, { subject: call.param("subject"), status: "granted" }, call.query);
  const body = await pageBody(page, async (row) => {
    const { state } = await context.consents.load(row.key);
    if (state.status !== "granted") return undefined;
    return {
      client_id: state.clientId,
      scopes: state.scopes,
      remember: state.remember,
      granted_at: state.grantedAt,
      generation: state.generation,
    };
  });
  return { status: 200, body };
}

export async function withdrawConsent(context: AdminParts, call: AdminCall<unknown, undefined>): Promise<AdminAnswer> {
  const streamId = consentStreamId(call.param("subject"), call.param("client_id"));
  const { outcome } = await context.consents.execute(streamId, { kind: "withdraw", now: call.now }, call.meta);
  if (outcome.kind === "refused") throw new AdminProblem(404, "not-found", "There is no such consent.");
  return { status: 204 };
}
