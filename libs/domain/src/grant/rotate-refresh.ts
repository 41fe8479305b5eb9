import { supersededHash } from "./superseded.ts";
import type { Decision } from "../kernel/index.ts";
import { refuse } from "./refuse.ts";
import { retryRefresh } from "./retry-refresh.ts";
import { standingLost } from "./standing-lost.ts";
import { beyondGrant, grantsResource, isForIssuer } from "./token-bounds.ts";
import type { ActiveGrant, GrantCommand, GrantEvent, GrantOutcome, GrantRefusal, GrantState } from "./types.ts";

type RotateRefresh = Extract<GrantCommand, { kind: "rotate-refresh" }>;

/** Uses one refresh generation, once (P2): rotates it, answers a retry again (P4), or notices theft (P3). */
export function rotateRefresh(command: RotateRefresh, state: GrantState): Decision<GrantEvent, GrantOutcome> {
  if (state.status === "none" || state.status === "denied") return refuse("grant-unknown");
  // RFC 6749 §6: a refresh token is bound to its client; asked first, so that another client can do no harm with it
  if (state.basis.clientId !== command.clientId) return refuse("client-mismatch");
  // P3: only the secret of that very generation is the token; anything else is a stranger's attempt and revokes nothing
  if (recordedHash(command, state) !== command.presentedHash) return refuse("refresh-unknown");
  if (state.status === "revoked") return refuse("grant-revoked");
  // Only an active grant has recorded a generation
  if (state.status !== "active" || !state.refresh) return refuse("refresh-unknown");
  if (command.generation === state.refresh.generation) return rotateCurrent(command, state, state.refresh);
  return retryRefresh(command, state) ?? reused(command);
}

/** The hash the log holds for the generation presented, undefined when it never was. */
function recordedHash(command: RotateRefresh, state: Exclude<GrantState, { status: "none" | "denied" }>): string | undefined {
  if (state.status === "authorized") return undefined;
  if (state.status === "active" && command.generation >= (state.refresh?.generation ?? 0)) {
    return command.generation === state.refresh?.generation ? state.refresh.hash : undefined;
  }
  return supersededHash(state.history, command.generation) ?? command.recordedHash;
}

function rotateCurrent(
  command: RotateRefresh,
  state: ActiveGrant,
  current: NonNullable<ActiveGrant["refresh"]>,
): Decision<GrantEvent, GrantOutcome> {
  // RFC 9700 §2.2.2: refresh tokens end when idle, and the family ends whatever happens
  if (state.basis.absoluteExpiresAt <= command.now)
    return refuse("refresh-expired", { type: "GrantExpired", data: { reason: "absolute" } });
  if (current.idleExpiresAt <= command.now) return refuse("refresh-expired", { type: "GrantExpired", data: { reason: "idle" } });
  if (standingLost(state.basis, command.standing)) return refuse("standing-lost");
  const beyond = beyondRequest(command, state) ?? beyondGrant(state.basis, command.access);
  if (beyond) return refuse(beyond);
  // One line of generations: a successor minted for any other place is never recorded
  if (command.refresh.generation !== current.generation + 1 || command.access.n !== current.generation + 1)
    return refuse("refresh-unknown");
  const { access, refresh, requestedScope, requestedResource } = command;
  const data = {
    access,
    refresh,
    ...(requestedScope && { requestedScope }),
    ...(requestedResource !== undefined && { requestedResource }),
  };
  return { events: [{ type: "RefreshTokenRotated", data }], outcome: { kind: "rotated" } };
}

function beyondRequest({ requestedScope, requestedResource, access }: RotateRefresh, { basis }: ActiveGrant): GrantRefusal | undefined {
  // RFC 6749 §6: scope may shrink, never grow
  if (requestedScope?.some((scope) => !basis.scope.includes(scope))) return "scope-widened";
  // RFC 8707 §2.2: a refresh may narrow to one of the resources granted, not reach another
  const reached =
    requestedResource === undefined || grantsResource(basis, requestedResource) || isForIssuer(basis, requestedResource, access);
  if (!reached) return "resource-not-granted";
  return undefined;
}

/** RFC 9700 §4.14.2: a used generation that comes back means two holders, so the family is revoked. */
function reused({ clientId, generation }: RotateRefresh): Decision<GrantEvent, GrantOutcome> {
  return refuse(
    "refresh-reused",
    { type: "RefreshReuseDetected", data: { clientId, generation } },
    { type: "GrantRevoked", data: { reason: "refresh-reuse" } },
  );
}
