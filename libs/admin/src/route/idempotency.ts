import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { HttpRequest, HttpResponse } from "@grantline/oauth/http";
import type { AdminParts } from "../context.ts";
import { AdminProblem, problemResponse } from "../problem.ts";

/** Table of answers given, by caller and key. Not a projection: losing it loses repeats of answers, never a rule (ids derive from the key). */
const TABLE = "admin-answers.v1";
const PURPOSE = "admin-answer";
/** Seconds an answer is repeated for. */
const KEPT = 86_400;
/** Seconds one attempt may take before another may begin: the first may have died with its process. */
const CLAIM = 30;
const POLL_MS = 40;

interface Answer { readonly requestHash: string; readonly attempt: number; readonly sealed?: string }

/** Names one request of one caller; ids made for it derive from it, so that doing it twice makes the same thing. */
export interface IdempotentRequest {
  /** base64url SHA-256 of caller and key. */
  readonly id: string;
  readonly requestHash: string;
}

/** Reads the Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header); undefined without one. Throws AdminProblem 400. */
export function idempotentRequest(request: HttpRequest, clientId: string): IdempotentRequest | undefined {
  const header = request.headers["idempotency-key"];
  if (header === undefined) return undefined;
  const key = typeof header === "string" ? header.replace(/^"(.*)"$/, "$1") : "";
  if (!/^[!-~]{1,255}$/.test(key)) throw new AdminProblem(400, "idempotency-key-malformed", "Give 1 to 255 printable ASCII characters.");
  const requestHash = digest([request.method, request.path, request.query, request.body ?? ""]);
  return { id: digest([clientId, key]), requestHash };
}

/**
 * Answers a request once and repeats that answer to the same caller for 24 hours, however many copies arrive at once, at any process.
 * One runs, the others wait for its answer. Another request under the same key gets 422.
 */
export async function answerOnce(context: AdminParts, wanted: IdempotentRequest, correlationId: string, run: () => Promise<HttpResponse>): Promise<HttpResponse> {
  const deadline = performance.now() + CLAIM * 1_000;
  for (let attempt = 0; performance.now() < deadline; ) {
    const answer = await readAnswer(context, wanted);
    if (answer?.sealed !== undefined) return repeat(context, answer.sealed);
    if (answer !== undefined && answer.attempt >= attempt) attempt = answer.attempt + 1;
    const first = await context.ephemeral.addIfAbsent(`admin-idempotency:${wanted.id}:${attempt}`, context.clock.now() + CLAIM);
    // Between our look and our claim another may have finished.
    if (first) return (await finished(context, wanted)) ?? runAndKeep(context, wanted, attempt, correlationId, run);
    await sleep(POLL_MS);
  }
  throw new AdminProblem(409, "idempotency-key-busy", "Try again in a moment.", { headers: { "retry-after": "2" } });
}

async function finished(context: AdminParts, wanted: IdempotentRequest): Promise<HttpResponse | undefined> {
  const answer = await readAnswer(context, wanted);
  return answer?.sealed === undefined ? undefined : repeat(context, answer.sealed);
}

async function readAnswer(context: AdminParts, wanted: IdempotentRequest): Promise<Answer | undefined> {
  const row = await context.readModel.get(TABLE, wanted.id);
  if (row === undefined || (row.expiresAt ?? 0) <= context.clock.now()) return undefined;
  const answer = row.value as Answer;
  if (answer.requestHash !== wanted.requestHash) throw new AdminProblem(422, "idempotency-key-reused", "Use a new key for a new request.");
  return answer;
}

function repeat(context: AdminParts, sealed: string): HttpResponse {
  const response = context.seals.open<HttpResponse>(PURPOSE, sealed);
  if (response === undefined) throw new AdminProblem(409, "idempotency-answer-gone", "The request was carried out; look at its result instead.");
  return { ...response, headers: { ...response.headers, "idempotency-replayed": "true" } };
}

async function runAndKeep(context: AdminParts, wanted: IdempotentRequest, attempt: number, correlationId: string, run: () => Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    const response = await run();
    await keep(context, wanted, { attempt, response });
    return response;
  } catch (error) {
    // A refusal is an answer too; anything else lets the next attempt begin at once.
    const refusal = problemResponse(error, correlationId);
    const response = refusal !== undefined && refusal.status < 500 && refusal.status !== 429 ? refusal : undefined;
    await keep(context, wanted, { attempt, ...(response === undefined ? {} : { response }) });
    throw error;
  }
}

async function keep(context: AdminParts, wanted: IdempotentRequest, { attempt, response }: { readonly attempt: number; readonly response?: HttpResponse }): Promise<void> {
  const value: Answer = { requestHash: wanted.requestHash, attempt, ...(response === undefined ? {} : { sealed: context.seals.seal(PURPOSE, response) }) };
  const row = { key: wanted.id, revision: context.clock.now(), value, expiresAt: context.clock.now() + KEPT };
  await context.readModel.write("admin-answers", [{ kind: "put", table: TABLE, row }]);
}

function digest(parts: readonly string[]): string {
  return hash("sha256", JSON.stringify(parts), "base64url");
}
