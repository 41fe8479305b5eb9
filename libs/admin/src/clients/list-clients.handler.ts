import { tables } from "@grantline/read-model";
import { clientStreamId } from "@grantline/oauth/context";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import { listRows, pageBody, type PageRequest } from "../route/paging.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";
import { showClient } from "./client.response.ts";

export interface ListClientsQuery extends PageRequest {
  readonly status?: string | undefined;
  readonly how?: string | undefined;
}

export async function listClients(context: AdminParts, call: AdminCall<ListClientsQuery, undefined>): Promise<AdminAnswer> {
  const { status, how } = call.query;
  const where = { ...(status === undefined ? {} : { status }), ...(how === undefined ? {} : { how }) };
  const page = await listRows(context, tables.clients, where, call.query);
  const body = await pageBody(page, async (row) => {
    const { state } = await context.clients.load(row.key);
    return state.status === "none" ? undefined : showClient(state, call.now);
  });
  return { status: 200, body };
}

/** GET /clients/:client_id: deleted ones too, as what they are. */
export async function readClient(context: AdminParts, call: AdminCall<undefined, undefined>): Promise<AdminAnswer> {
  const { state } = await context.clients.load(clientStreamId(call.param("client_id")));
  if (state.status === "none") throw new AdminProblem(404, "not-found", "No client has this client_id.");
  return { status: 200, body: showClient(state, call.now) };
}
