import type { Decision } from "../kernel/index.ts";
import { LONGEST_RETRY_WINDOW } from "./evolve.ts";
import { refuse } from "./refuse.ts";
import { standingLost } from "./standing-lost.ts";
import type { ActiveGrant, EarlierRotation, GrantCommand, GrantEvent, GrantOutcome, Rotation } from "./types.ts";

type RotateRefresh = Extract<GrantCommand, { kind: "rotate-refresh" }>;

/**
 * P4: a used generation, whose hash is already known to match, gets the first answer again while its retry window is open.
 * Undefined when no window is open: then it is reuse. The window counts from the rotation, is never extended, and stays open
 * when the successor has been used meanwhile.
 */
export function retryRefresh(command: RotateRefresh, state: ActiveGrant): Decision<GrantEvent, GrantOutcome> | undefined {
  const rotation = rotationOf(state, command.generation);
  if (!rotation || !windowOpen(command, rotation)) return undefined;
  // The window forgives a lost answer, it does not outlive the family
  if (state.basis.absoluteExpiresAt <= command.now)
    return refuse("refresh-expired", { type: "GrantExpired", data: { reason: "absolute" } });
  if (standingLost(state.basis, command.standing)) return refuse("standing-lost");
  // P4: another scope or resource is another question; the first answer would be wrong and a second successor worse
  if (!sameScope(command.requestedScope, rotation.requestedScope) || command.requestedResource !== rotation.requestedResource)
    return refuse("refresh-retry-differs");
  const { access, refresh } = rotation;
  return {
    events: rotation.retried ? [] : [{ type: "RefreshRetried", data: { generation: command.generation } }],
    outcome: { kind: "retried", access, refresh },
  };
}

/** The rotation that used `generation`, if the state still knows it. */
function rotationOf(state: ActiveGrant, generation: number): EarlierRotation | undefined {
  if (state.rotation && state.refresh?.generation === generation + 1) return { ...state.rotation, refresh: state.refresh };
  return state.earlierRotations?.find(({ refresh }) => refresh.generation === generation + 1);
}

function windowOpen({ now, retryWindowSeconds }: RotateRefresh, { rotatedAt }: Rotation): boolean {
  const window = Math.min(retryWindowSeconds, LONGEST_RETRY_WINDOW);
  return window > 0 && now - rotatedAt <= window;
}

/** Scope is a set: order and repetition do not count (RFC 6749 §3.3). */
function sameScope(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (!a || !b) return a === b;
  return a.every((scope) => b.includes(scope)) && b.every((scope) => a.includes(scope));
}
