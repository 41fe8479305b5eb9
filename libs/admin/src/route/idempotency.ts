import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { HttpRequest, HttpResponse } from "@grantline/oauth/http";
import type { AdminParts } from "../context.ts";
import { AdminProblem, problemResponse } from "../problem.ts";
import type { Caller } from "./caller.ts";

/** Table of requests taken on and answers given, by caller and key. Not a projection: nothing else knows it, and losing it loses repeats only. */
const TABLE = "admin-answers.v1";
const PURPOSE = "admin-answer";
/** Seconds an answer is repeated for. */
const KEPT = 86_400;
/** Seconds one attempt may take before another may begin: the first may have died with its process. */
const CLAIM = 30;
const POLL_MS = 40;

/** `running` may also mean that the process has died; `failed` on our side, so that another attempt may begin at once. */
interface Taken {
  readonly requestHash: string;
  readonly attempt: number;
  /** What ids made for this request derive from: a later attempt makes the same things, another day makes others. */
  readonly salt: string;
  readonly state: "running" | "failed" | "answered";
  readonly sealed?: string;
}

/** Names one request of one caller. */
export interface IdempotentRequest {
  /** base64url SHA-256 of caller and key. */
  readonly id: string;
  readonly requestHash: string;
}

/** Reads the Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header); undefined without one. Throws AdminProblem 400. */
export function idempotentRequest(request: HttpRequest, caller: Caller): IdempotentRequest | undefined {
  const header = request.headers["idempotency-key"];
  if (header === undefined) return undefined;
  const key = typeof header === "string" ? header.replace(/^"(.*)"$/, "$1") : "";
  if (!/^[!-~]{1,255}$/.test(key)) throw new AdminProblem(400, "idempotency-key-malformed", "Give 1 to 255 printable ASCII characters.");
  const requestHash = digest([request.method, request.path, request.query, request.body ?? ""]);
  // P14: an answer may hold a secret, so neither another person behind the same client gets it nor a token that could not have asked
  return { id: digest([caller.clientId, caller.sub, caller.admin ? "admin" : "", key]), requestHash };
}

/**
 * Answers a request once and repeats that answer to the same caller for 24 hours, however many copies arrive at once, at any process.
 * One runs, the others wait for its answer. Another request under the same key gets 422. `run` gets what ids shall derive from.
 */
export async function answerOnce(
  context: AdminParts,
  wanted: IdempotentRequest,
  correlationId: string,
  run: (salt: string) => Promise<HttpResponse>,
  patienceSeconds = CLAIM,
): Promise<HttpResponse> {
  const deadline = performance.now() + patienceSeconds * 1_000;
  for (let attempt = 0; performance.now() < deadline;) {
    const taken = await readTaken(context, wanted);
    if (taken?.sealed !== undefined) return repeat(context, taken.sealed);
    if (taken !== undefined) attempt = taken.state === "failed" ? taken.attempt + 1 : taken.attempt;
    if (await context.ephemeral.addIfAbsent(`admin-idempotency:${wanted.id}:${attempt}`, context.clock.now() + CLAIM))
      return runOnce(context, wanted, attempt, correlationId, run);
    await sleep(POLL_MS);
  }
  throw new AdminProblem(409, "idempotency-key-busy", "Try again in a moment.", { headers: { "retry-after": "2" } });
}

async function runOnce(
  context: AdminParts,
  wanted: IdempotentRequest,
  attempt: number,
  correlationId: string,
  run: (salt: string) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  // Between our look and our claim another may have finished.
  const taken = await readTaken(context, wanted);
  if (taken?.sealed !== undefined) return repeat(context, taken.sealed);
  const begun: Taken = { requestHash: wanted.requestHash, attempt, salt: taken?.salt ?? context.random.hex(16), state: "running" };
  await keep(context, wanted, begun);
  try {
    const response = await run(begun.salt);
    await keep(context, wanted, answered(context, begun, response));
    return response;
  } catch (error) {
    // A refusal is an answer too; anything else lets the next attempt begin at once.
    const refusal = problemResponse(error, correlationId);
    const final = refusal !== undefined && refusal.status < 500 && refusal.status !== 429;
    await keep(context, wanted, final ? answered(context, begun, refusal) : { ...begun, state: "failed" });
    throw error;
  }
}

async function readTaken(context: AdminParts, wanted: IdempotentRequest): Promise<Taken | undefined> {
  const row = await context.readModel.get(TABLE, wanted.id);
  if (row === undefined || (row.expiresAt ?? 0) <= context.clock.now()) return undefined;
  const taken = row.value as Taken;
  if (taken.requestHash !== wanted.requestHash) throw new AdminProblem(422, "idempotency-key-reused", "Use a new key for a new request.");
  return taken;
}

function repeat(context: AdminParts, sealed: string): HttpResponse {
  const response = context.seals.open<HttpResponse>(PURPOSE, sealed);
  if (response === undefined)
    throw new AdminProblem(409, "idempotency-answer-gone", "The request was carried out; look at its result instead.");
  return { ...response, headers: { ...response.headers, "idempotency-replayed": "true" } };
}

function answered(context: AdminParts, begun: Taken, response: HttpResponse): Taken {
  return { ...begun, state: "answered", sealed: context.seals.seal(PURPOSE, response) };
}

async function keep(context: AdminParts, wanted: IdempotentRequest, value: Taken): Promise<void> {
  const now = context.clock.now();
  // The guard is the time, so that a row of a day before never stands in the way.
  await context.readModel.write("admin-answers", [
    { kind: "put", table: TABLE, row: { key: wanted.id, revision: now, value, expiresAt: now + KEPT } },
  ]);
}

function digest(parts: readonly string[]): string {
  return hash("sha256", JSON.stringify(parts), "base64url");
}
