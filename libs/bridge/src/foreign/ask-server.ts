import { setTimeout as pause } from "node:timers/promises";
import type { Fetch } from "../fetch.port.ts";
import { type StepRun, TargetRefused, TargetUnavailable } from "../target.port.ts";

const TRY_MS = 10_000;
const PASSING = new Set([429, 502, 503, 504]);
const WAIT_MS = 500;

export interface Question {
  readonly url: string;
  readonly method: "POST" | "PUT" | "DELETE";
  readonly authorization?: string | undefined;
  /** Sent as a form, or as JSON. */
  readonly body?: URLSearchParams | object;
  /** A registration may not be sent twice when nobody knows whether the first was carried out. */
  readonly once?: boolean;
}

/** An answer that says "not now" was not carried out and is asked for again. Where there was no answer it may have been. */
export async function askServer(call: Fetch, { signal, correlationId }: StepRun, question: Question): Promise<Response> {
  const { url, method, authorization, body, once = false } = question;
  for (let waitMs = WAIT_MS; ; waitMs *= 2) {
    const response = await call(url, {
      method,
      headers: {
        accept: "application/json",
        "x-correlation-id": correlationId,
        ...(body === undefined ? {} : { "content-type": typeOf(body) }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      ...(body === undefined ? {} : { body: body instanceof URLSearchParams ? body.toString() : JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]),
    }).catch((error: unknown) => {
      const why = `the target gave no answer (${error instanceof Error ? error.name : "unknown"})`;
      throw once ? new TargetRefused("outcome-unknown", why) : new TargetUnavailable(why);
    });
    if (!PASSING.has(response.status)) return response;
    const asked = Number(response.headers.get("retry-after") ?? Number.NaN) * 1_000;
    const rested = await pause(Number.isFinite(asked) ? asked : waitMs, true, { signal }).catch(() => false);
    if (!rested) throw new TargetUnavailable(`the target said ${response.status}`, Number.isFinite(asked) ? asked / 1_000 : undefined);
  }
}

function typeOf(body: URLSearchParams | object): string {
  return body instanceof URLSearchParams ? "application/x-www-form-urlencoded" : "application/json";
}

/** The body as an object; `undefined` for anything else. */
export async function objectOf(response: Response): Promise<object | undefined> {
  const answer: unknown = await response.json().catch(() => undefined);
  return typeof answer === "object" && answer !== null ? answer : undefined;
}
