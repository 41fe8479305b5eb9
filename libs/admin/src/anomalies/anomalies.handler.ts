import type { FindingState } from "@grantline/domain/finding";
import { clientStreamId } from "@grantline/oauth/context";
import { tables, type FindingRow } from "@grantline/read-model";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import { listRows, pageBody, type PageRequest } from "../route/paging.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";

export interface AnomaliesQuery extends PageRequest {
  readonly status?: string | undefined;
  readonly kind?: string | undefined;
  readonly severity?: string | undefined;
  readonly client_id?: string | undefined;
  readonly subject?: string | undefined;
}

type Found = Exclude<FindingState, { status: "none" }>;

/** GET /anomalies, newest first. */
export async function listAnomalies(context: AdminParts, call: AdminCall<AnomaliesQuery, undefined>): Promise<AdminAnswer> {
  const { status, kind, severity, client_id: client, subject } = call.query;
  const where = Object.fromEntries(Object.entries({ status, kind, severity, client, subject }).filter(([, value]) => value !== undefined));
  const page = await listRows(context, tables.findings, where as Record<string, string>, call.query, { descending: true });
  const body = await pageBody(page, async ({ value }) => {
    const { id } = value as FindingRow;
    const { state } = await context.findings.load(id);
    return state.status === "none" ? undefined : showFinding(id, state);
  });
  return { status: 200, body };
}

export async function readAnomaly(context: AdminParts, call: AdminCall<undefined, undefined>): Promise<AdminAnswer> {
  const id = call.param("finding_id");
  return { status: 200, body: showFinding(id, await findFinding(context, id)) };
}

/** POST …/lift: a client that was suspended for it is reinstated; a session or grant that was ended stays ended (P5). */
export async function liftAnomaly(context: AdminParts, call: AdminCall<unknown, { reason: string }>): Promise<AdminAnswer> {
  const id = call.param("finding_id");
  const before = await findFinding(context, id);
  if (before.status === "open")
    throw new AdminProblem(409, "state-conflict", "Nothing was done about this finding, so there is nothing to lift.");
  const undone = before.status === "answered" && (await reinstate(context, call, id, before));
  const { state } = await context.findings.execute(id, { kind: "lift", now: call.now, reason: call.body.reason, undone }, call.meta);
  if (state.status === "none") throw new AdminProblem(404, "not-found", "No finding has this id.");
  return { status: 200, body: showFinding(id, state) };
}

/** Only what this very finding did: a client an operator has suspended since, for another reason, stays suspended. */
async function reinstate(
  context: AdminParts,
  call: Pick<AdminCall<unknown, unknown>, "now" | "meta">,
  id: string,
  { taken }: Extract<FindingState, { status: "answered" }>,
): Promise<boolean> {
  if (taken.response !== "suspend-client" || taken.result !== "done" || taken.clientId === undefined) return false;
  const clientId = clientStreamId(taken.clientId);
  const { state } = await context.clients.load(clientId, { fresh: true });
  if (state.status !== "suspended" || state.reason !== `anomaly ${id}`) return false;
  const { outcome } = await context.clients.execute(clientId, { kind: "reinstate", now: call.now }, call.meta);
  return outcome.kind !== "refused";
}

async function findFinding(context: AdminParts, id: string): Promise<Found> {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new AdminProblem(404, "not-found", "No finding has this id.");
  const { state } = await context.findings.load(id);
  if (state.status === "none") throw new AdminProblem(404, "not-found", "No finding has this id.");
  return state;
}

function showFinding(id: string, state: Found): Readonly<Record<string, unknown>> {
  const { kind, severity, response, clientId, subject, grantId, evidence, count, since, until } = state.finding;
  return {
    finding_id: id,
    status: state.status,
    kind,
    severity,
    response,
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(subject === undefined ? {} : { subject }),
    ...(grantId === undefined ? {} : { grant_id: grantId }),
    count,
    since,
    until,
    detected_at: state.detectedAt,
    evidence,
    ...(state.status === "open" ? {} : { result: state.taken.result }),
    ...(state.status === "lifted" ? { lifted_because: state.reason } : {}),
  };
}
