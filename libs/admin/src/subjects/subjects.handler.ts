import type { SubjectState } from "@grantline/domain/subject";
import { tables } from "@grantline/read-model";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import { listRows, pageBody, type PageRequest } from "../route/paging.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";

/** A person as operators see them: pseudonymous id, groups, state. Names stay sealed (P9). */
function showSubject(state: Exclude<SubjectState, { status: "none" }>): Readonly<Record<string, unknown>> {
  const base = { subject: state.subject, status: state.status, generation: state.generation };
  if (state.status === "erased") return base;
  return { ...base, groups: state.groups, ...(state.status === "disabled" ? { reason: state.reason } : {}) };
}

async function findSubject(context: AdminParts, subject: string): Promise<Exclude<SubjectState, { status: "none" }>> {
  const { state } = await context.subjects.load(subject);
  if (state.status === "none") throw new AdminProblem(404, "not-found", "No subject has this id.");
  return state;
}

export async function listSubjects(
  context: AdminParts,
  call: AdminCall<PageRequest & { readonly status?: string | undefined }, undefined>,
): Promise<AdminAnswer> {
  const { status } = call.query;
  const page = await listRows(context, tables.subjects, status === undefined ? {} : { status }, call.query);
  const body = await pageBody(page, async (row) => {
    const { state } = await context.subjects.load(row.key);
    return state.status === "none" ? undefined : showSubject(state);
  });
  return { status: 200, body };
}

export async function readSubject(context: AdminParts, call: AdminCall<undefined, undefined>): Promise<AdminAnswer> {
  return { status: 200, body: showSubject(await findSubject(context, call.param("subject"))) };
}

/** POST …/disable: no login, and everything held is dead, for good. */
export function disableSubject(context: AdminParts, call: AdminCall<unknown, { reason: string }>): Promise<AdminAnswer> {
  return command(context, call, { kind: "disable", now: call.now, reason: call.body.reason });
}

export function enableSubject(context: AdminParts, call: AdminCall<unknown, undefined>): Promise<AdminAnswer> {
  return command(context, call, { kind: "enable", now: call.now });
}

export function revokeAllOfSubject(context: AdminParts, call: AdminCall<unknown, { reason: string }>): Promise<AdminAnswer> {
  return command(context, call, { kind: "revoke-all", now: call.now, reason: call.body.reason });
}

/** POST …/erase (P9): the event first, then the key; repeated after a crash between the two, it finishes the work. */
export async function eraseSubject(context: AdminParts, call: AdminCall<unknown, undefined>): Promise<AdminAnswer> {
  const answer = await command(context, call, { kind: "erase", now: call.now });
  await context.subjectKeys.destroy(call.param("subject"));
  return answer;
}

async function command(
  context: AdminParts,
  call: AdminCall<unknown, unknown>,
  wanted: Parameters<AdminParts["subjects"]["execute"]>[1],
): Promise<AdminAnswer> {
  const { subject } = await findSubject(context, call.param("subject"));
  const { outcome, state } = await context.subjects.execute(subject, wanted, call.meta);
  if (outcome.kind === "refused" || state.status === "none")
    throw new AdminProblem(409, "state-conflict", "The subject is not in a state that allows this.");
  return { status: 200, body: showSubject(state) };
}
