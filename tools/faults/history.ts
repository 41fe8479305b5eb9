import type { Audience } from "./stage.ts";

/** What a user of the platform does. */
export type Operation = "token" | "introspect" | "revoke" | "refresh" | "code" | "register";

/** How one request ended, as its sender saw it. */
export interface Seen {
  readonly operation: Operation;
  /** Milliseconds of `performance.now()`. */
  readonly startMs: number;
  readonly endMs: number;
  /** `no answer`: the connection broke or nothing came in time, so nobody can say what became of it. */
  readonly status: number | "no answer";
  /** What a refusal said. */
  readonly said?: string;
}

/** A promise broken, in words. */
export interface Violation {
  readonly atMs: number;
  readonly what: string;
}

/** What an access token of ours is known to be. */
export interface Issued {
  readonly token: string;
  /** Whose resource server may ask about it. */
  readonly audience: Audience;
  readonly issuedMs: number;
  /** A revocation was asked for from here on: it may count. */
  revokingMs?: number;
  /** It was acknowledged here: from now on it must count. */
  revokedMs?: number;
}

/** Everything that was asked and answered, and what was acknowledged to whom. */
export interface History {
  readonly seen: Seen[];
  readonly violations: Violation[];
  readonly tokens: Issued[];
  readonly clients: { readonly uri: string; readonly accessToken: string }[];
  add(one: Seen): void;
  broken(what: string): void;
}

export function createHistory(known: readonly Issued[] = []): History {
  const history: History = {
    seen: [],
    violations: [],
    tokens: [...known],
    clients: [],
    add: (one) => void history.seen.push(one),
    broken: (what) => void history.violations.push({ atMs: performance.now(), what }),
  };
  return history;
}

/** Was the user not served? A 400 is an answer: whoever loses the race for a code gets it, and all others are judged where they are asked. */
export function failed({ status }: Seen): boolean {
  return status === "no answer" || status > 400;
}

/** Failures by status and operation, most frequent first: "12× 503 (token 8, refresh 4)". */
export function countsOf(seen: readonly Seen[]): string {
  const byStatus = Map.groupBy(seen.filter(failed), ({ status }) => String(status));
  return [...byStatus]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([status, all]) => `${all.length}× ${status} (${tally(all.map(({ operation }) => operation))})`)
    .join(", ");
}

/** What was said with refusals, and how often. */
export function saidOf(seen: readonly Seen[]): string {
  return tally(seen.flatMap(({ said, operation }) => (said === undefined ? [] : [`${operation}: ${said}`])));
}

function tally(all: readonly string[]): string {
  return [...Map.groupBy(all, (one) => one)]
    .map(([one, { length }]) => [one, length] as const)
    .toSorted(([, a], [, b]) => b - a)
    .map(([one, count]) => `${one} ${count}`)
    .join(", ");
}
