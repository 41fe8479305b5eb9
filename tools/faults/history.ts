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
  /** Of a 503. */
  readonly retryAfter?: boolean;
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

export function createHistory(): History {
  const history: History = {
    seen: [],
    violations: [],
    tokens: [],
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

/** Failures by status, most frequent first: "12× 503, 3× no answer". */
export function countsOf(seen: readonly Seen[]): string {
  const counts = new Map<string, number>();
  for (const one of seen) if (failed(one)) counts.set(String(one.status), (counts.get(String(one.status)) ?? 0) + 1);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([status, count]) => `${count}× ${status}`)
    .join(", ");
}
