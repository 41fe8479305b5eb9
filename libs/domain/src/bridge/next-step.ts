import type { BridgeState, BridgeStepKind, LiveBridge, TargetKey } from "./types.ts";

/** One thing to do at the target or in the secret store. What it brings about is told to the decider. */
export type BridgeStep =
  | { readonly kind: Exclude<BridgeStepKind, "settle-secret" | "remove-secret"> }
  | { readonly kind: "settle-secret" | "remove-secret"; readonly key: TargetKey };

export interface BridgeTimes {
  readonly now: number;
  /** A secret that ends within so many seconds gets a successor. */
  readonly rotateAhead: number;
}

/** What comes next, undefined when nothing has to be done now. The process manager has no other memory: any instance can go on from here. */
export function nextStep(state: BridgeState, times: BridgeTimes): BridgeStep | undefined {
  switch (state.status) {
    case "none":
    case "gone":
      return undefined;
    case "ending":
      return { kind: "compensate" };
    default:
      return applicationStep(state) ?? keyStep(state, times);
  }
}

/** Has it everything it needs at the target? */
export function isComplete(state: LiveBridge): boolean {
  if (applicationStep(state) !== undefined || state.keys.some(({ stored }) => !stored)) return false;
  return !state.needsSecret || state.keys.length > 0;
}

/** The key to use now: the youngest that is kept. */
export function currentKey(state: Extract<BridgeState, { status: "active" }>): TargetKey | undefined {
  return state.keys.findLast(({ stored, removeAt }) => stored && removeAt === undefined);
}

function applicationStep({ application, target, documentHash }: LiveBridge): BridgeStep | undefined {
  if (application === undefined) return { kind: "create-application" };
  if (target === "entra" && application.servicePrincipalId === undefined) return { kind: "create-principal" };
  return application.documentHash === documentHash ? undefined : { kind: "update-application" };
}

function keyStep({ keys, needsSecret, target }: LiveBridge, { now, rotateAhead }: BridgeTimes): BridgeStep | undefined {
  const unsettled = keys.find(({ stored }) => !stored);
  if (unsettled !== undefined) return { kind: "settle-secret", key: unsettled };
  // a server that speaks RFC 7591 gives its secrets when it wants to, with an answer of its own
  if (target !== "entra") return undefined;
  const lasting = keys.some(({ endsAt, removeAt }) => removeAt === undefined && endsAt > now + rotateAhead);
  if (needsSecret && !lasting) return { kind: "issue-secret" };
  const over = keys.find(({ removeAt }) => !needsSecret || (removeAt !== undefined && removeAt <= now));
  return over === undefined ? undefined : { kind: "remove-secret", key: over };
}
