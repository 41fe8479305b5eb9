import type { Connection, UpstreamState } from "@grantline/domain/upstream";
import type { TokenRecord } from "../tokens/record.ts";
import type { UpstreamAccess } from "../upstream.port.ts";

export type Connected = Extract<UpstreamState, { status: "connected" }>;

/** A token on its way to the gateway. */
export function handOut({ generation }: Pick<Connection, "generation">, record: TokenRecord): UpstreamAccess {
  const { accessToken, scopes, expiresAt } = record;
  return { kind: "token", accessToken, generation, scopes, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

/** Why there is none, of a connection that is not connected. */
export function noneOf(state: Exclude<UpstreamState, Connected>): UpstreamAccess {
  const reasons = { none: "not-connected", refused: "refresh-refused", revoked: "revoked" } as const;
  return { kind: "none", reason: reasons[state.status] };
}

/** The store has answered, and has no such record: whoever took it away, the person can put it right by connecting again. No event: another process may have it. */
export const LOST: UpstreamAccess = { kind: "none", reason: "not-connected" };

export function unavailable(reason: string, retryAfterSeconds: number): UpstreamAccess {
  return { kind: "unavailable", reason, retryAfterSeconds: Math.max(1, retryAfterSeconds) };
}

/** Seconds a token must still be good for to be handed out as it is. */
const LEAST = 5;

/** Will the token outlive a call that begins now? */
export function isGood({ expiresAt }: Pick<Connection, "expiresAt">, now: number): boolean {
  return expiresAt === undefined || now < expiresAt - LEAST;
}

/** Is it time for new tokens? Never more than the last fifth of their life, so that short-lived ones are used too. */
export function isDue({ refreshable, expiresAt, refreshedAt }: Connection, now: number, ahead: number): boolean {
  if (!refreshable || expiresAt === undefined) return false;
  return now >= expiresAt - Math.max(LEAST, Math.min(ahead, Math.floor((expiresAt - refreshedAt) / 5)));
}
