import type { Decision } from "../kernel/index.ts";
import { refuse } from "./refuse.ts";
import type { GrantCommand, GrantEvent, GrantOutcome, GrantState } from "./types.ts";

type Of<K extends GrantCommand["kind"]> = Extract<GrantCommand, { kind: K }>;
type Decided = Decision<GrantEvent, GrantOutcome>;

const ALREADY_REVOKED: Decided = { events: [], outcome: { kind: "revoked", already: true } };

/** RFC 7009 §2.1: the family dies; a second time changes nothing. */
export function revokeGrant(command: Of<"revoke">, state: GrantState): Decided {
  if (state.status === "none" || state.status === "denied") return refuse("grant-unknown");
  if (state.status === "revoked") return ALREADY_REVOKED;
  return { events: [{ type: "GrantRevoked", data: { reason: command.reason } }], outcome: { kind: "revoked", already: false } };
}

/** RFC 7009 §2.1: one access token dies. One that is no longer listed was revoked or has expired; one never issued is unknown. */
export function revokeAccessToken(command: Of<"revoke-access-token">, state: GrantState): Decided {
  if (state.status === "none" || state.status === "denied") return refuse("grant-unknown");
  if (state.status === "revoked") return ALREADY_REVOKED;
  if (state.status === "authorized" || command.n < 0 || command.n > (state.refresh?.generation ?? 0)) return refuse("token-unknown");
  const issued = state.tokens.find(({ n }) => n === command.n);
  if (!issued) return ALREADY_REVOKED;
  if (issued.jti !== command.jti) return refuse("token-unknown");
  return {
    events: [{ type: "AccessTokenRevoked", data: { n: issued.n, jti: issued.jti, exp: issued.exp } }],
    outcome: { kind: "revoked", already: false },
  };
}

/** Records the end of a grant that is over. Idempotent; refused before the end has come. */
export function expireGrant(command: Of<"expire">, state: GrantState): Decided {
  if (state.status === "none" || state.status === "denied") return refuse("grant-unknown");
  if (state.status === "revoked") return { events: [], outcome: { kind: "expired" } };
  const end = endOf(command.reason, state);
  if (end === undefined || end > command.now) return refuse("expiry-not-due");
  return { events: [{ type: "GrantExpired", data: { reason: command.reason } }], outcome: { kind: "expired" } };
}

/** When the grant ends for that reason, epoch seconds; undefined when that reason does not apply to it. */
function endOf(reason: Of<"expire">["reason"], state: Extract<GrantState, { status: "authorized" | "active" }>): number | undefined {
  if (reason === "absolute") return state.basis.absoluteExpiresAt;
  if (reason === "code") return state.status === "authorized" ? state.code.expiresAt : undefined;
  return state.status === "active" ? state.refresh?.idleExpiresAt : undefined;
}
