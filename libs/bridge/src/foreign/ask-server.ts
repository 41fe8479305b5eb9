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
    const asked = secondsOf(response.headers.get("retry-after"));
    // never sooner than we would by ourselves: a server that says 0 is not to be asked without a pause
    const rested = await pause(Math.max(waitMs, (asked ?? 0) * 1_000), true, { signal }).catch(() => false);
    if (!rested) throw new TargetUnavailable(`the target said ${response.status}`, asked);
  }
}

/** RFC 9110 §10.2.3, as a number; of more than six digits a timer would make no pause at all. */
function secondsOf(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
}

function typeOf(body: URLSearchParams | object): string {
  return body instanceof URLSearchParams ? "application/x-www-form-urlencoded" : "application/json";
}

/** The body as an object; `undefined` for anything else. */
export async function objectOf(response: Response): Promise<object | undefined> {
  const answer: unknown = await response.json().catch(() => undefined);
  return typeof answer === "object" && answer !== null ? answer : undefined;
}
