import { setTimeout as pause } from "node:timers/promises";
import { ExponentialBackoff } from "cockatiel";
import type { Reason } from "@grantline/oauth/errors";
import { type Answered, UpstreamFailure } from "./send.ts";

const MOST_ATTEMPTS = 3;
/** A server that wants longer gets no second try: the client is told, and waits better than we do. */
const LONGEST_WAIT_MS = 5_000;

export interface Repeated {
  readonly answered: Answered;
  readonly attempts: number;
}

export interface Repeating {
  /** May it be carried out twice (RFC 9110 §9.2.2)? */
  readonly idempotent: boolean;
  readonly onRepeat: (of: { readonly reason: Reason; readonly attempt: number; readonly waitedMs: number }) => void;
  /** Told of the last failure. */
  readonly onGivenUp: (error: unknown, attempts: number) => void;
}

/**
 * Sends until there is an answer to pass on, with growing, jittered pauses, or as long as Retry-After says. What may not be carried out twice is
 * sent again only where nobody can have begun it: no connection came to be, or the server said 429 and so did nothing.
 */
export async function repeatedly(send: () => Promise<Answered>, { idempotent, onRepeat, onGivenUp }: Repeating): Promise<Repeated> {
  let backoff = new ExponentialBackoff({ initialDelay: 100, maxDelay: 2_000 }).next();
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await send().then(
      (answered) => ({ answered }),
      (error: unknown) => ({ error }),
    );
    const again = attempt < MOST_ATTEMPTS ? worthRepeating(outcome, idempotent, backoff.duration) : undefined;
    if (again === undefined) {
      if ("answered" in outcome) return { answered: outcome.answered, attempts: attempt };
      onGivenUp(outcome.error, attempt);
      throw outcome.error;
    }
    if ("answered" in outcome) await discard(outcome.answered);
    await pause(again.waitMs);
    backoff = backoff.next(undefined);
    onRepeat({ reason: again.reason, attempt: attempt + 1, waitedMs: again.waitMs });
  }
}

type Outcome = { readonly answered: Answered } | { readonly error: unknown };

function worthRepeating(
  outcome: Outcome,
  idempotent: boolean,
  ownMs: number,
): { readonly reason: Reason; readonly waitMs: number } | undefined {
  if ("error" in outcome) {
    const { error } = outcome;
    if (!(error instanceof UpstreamFailure) || error.reason === "upstream-address-refused" || error.reason === "upstream-circuit-open")
      return undefined;
    // one that was slow once has had its time
    if (!error.unsent && (!idempotent || error.reason !== "upstream-cut")) return undefined;
    return { reason: error.reason, waitMs: Math.round(ownMs) };
  }
  const { statusCode, headers } = outcome.answered;
  const transient = statusCode === 429 || (idempotent && (statusCode === 502 || statusCode === 503 || statusCode === 504));
  if (!transient) return undefined;
  const waitMs = retryAfterMs(headers["retry-after"]) ?? Math.round(ownMs);
  return waitMs > LONGEST_WAIT_MS ? undefined : { reason: statusCode === 429 ? "upstream-busy" : "upstream-failed", waitMs };
}

/** RFC 9110 §10.2.3: seconds, or a date. */
export function retryAfterMs(header: string | string[] | undefined, nowMs = Date.now()): number | undefined {
  if (typeof header !== "string") return undefined;
  if (/^\d{1,8}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

const DISCARDED_BYTES = 65_536;

/** Reads a body nobody wants as far as it is short, so that its connection can be kept. */
export async function discard({ body }: Pick<Answered, "body">): Promise<void> {
  await body.dump({ limit: DISCARDED_BYTES }).catch(() => undefined); // whatever becomes of it, nobody waits for it
}
