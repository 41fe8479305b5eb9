import { setTimeout as pause } from "node:timers/promises";
import type { History, Operation } from "./history.ts";

/** Longer than the platform takes to say that it can't; a user's patience. */
const PATIENCE_MS = 8_000;

export interface Answer {
  readonly status: number | "no answer";
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Asked {
  readonly url: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: object;
  readonly authorization?: string;
  /** Past the front, at an instance that may be the very one that fails: its silence is nobody's failure, its word counts. */
  readonly direct?: boolean;
}

/** Asks, and writes down how it ended; a 5xx that is not a clean refusal is a promise broken. */
export async function ask(history: History, operation: Operation, asked: Asked): Promise<Answer> {
  const { url, form, json, authorization, direct = false } = asked;
  const startMs = performance.now();
  const method = form === undefined && json === undefined ? "GET" : "POST";
  const body = form === undefined ? JSON.stringify(json) : new URLSearchParams(form).toString();
  const headers = {
    ...(method === "GET" ? {} : { "content-type": form === undefined ? "application/json" : "application/x-www-form-urlencoded" }),
    ...(authorization === undefined ? {} : { authorization }),
  };
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { method, headers, signal, ...(method === "GET" ? {} : { body }) });
    const text = await response.text();
    const retryAfter = response.headers.has("retry-after");
    if (!direct || response.status < 500)
      history.add({
        operation,
        startMs,
        endMs: performance.now(),
        status: response.status,
        ...(response.status < 500 ? {} : { said: text.replace(/,"correlation_id":"[^"]*"/, "").slice(0, 160) }),
      });
    // I10: failures are clean; 502 is the front's own word for an instance that went away in the middle
    if (response.status === 503 && !retryAfter) history.broken(`${operation}: 503 without Retry-After: ${text.slice(0, 200)}`);
    if (response.status === 500) history.broken(`${operation}: 500: ${text.slice(0, 200)}`);
    return { status: response.status, body: asObject(text) };
  } catch {
    // refused, broken off or silent: which of them a user can't use
    if (!direct) history.add({ operation, startMs, endMs: performance.now(), status: "no answer" });
    return { status: "no answer", body: {} };
  }
}

function asObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {}; // a page, or nothing
  }
}

/** Nobody can say what became of it: the sender may ask again. */
export function unknown({ status }: Answer): boolean {
  return status === "no answer" || status >= 500 || status === 429;
}

/** A moment between two requests of one user. */
export async function breathe(ms: number): Promise<void> {
  await pause(ms);
}
