import type { OAuthContext } from "../context/index.ts";
import { formatScope, parseScope } from "../scope/index.ts";

export type StepUpSources = Pick<OAuthContext, "ephemeral" | "clock" | "settings">;

/** Seconds a challenge is remembered: the clients it is meant for refresh at once. */
const MEMORY = 60;
const TOLD = "told";

/**
 * A resource just refused a token of this grant for want of scope. Clients of the 1.x SDK answer that by a refresh, which can't bring more than was
 * granted, and give up; where the operator wants it (`stepUpNudge`), their next refresh sends them to the authorization endpoint instead
 * (mcp-auth.md 3.4). Losing what is noted here costs such a client this one nudge.
 */
export async function noteStepUp(
  { ephemeral, clock, settings }: StepUpSources,
  token: { readonly grantId?: string; readonly scope: readonly string[] },
  required: readonly string[],
): Promise<void> {
  if (settings.stepUpNudge !== true || token.grantId === undefined) return;
  const missing = required.filter((scope) => !token.scope.includes(scope));
  if (missing.length === 0) return;
  // A nudge lost to a store that is away is no reason to fail what was asked: P7
  await ephemeral.put(keyOf(token.grantId), formatScope(missing), clock.now() + MEMORY).catch(() => undefined);
}

/** Is this the one refresh to refuse? `scope`: what it would give. Answers yes once for each challenge. */
export async function takeStepUp(
  { ephemeral, clock, settings }: StepUpSources,
  grantId: string,
  scope: readonly string[],
): Promise<boolean> {
  if (settings.stepUpNudge !== true) return false;
  // As above: without the store everybody is served
  const noted = await ephemeral.get(keyOf(grantId)).catch(() => undefined);
  // a refresh that brings what was missing is just what the client needs
  if (noted === undefined || noted === TOLD || parseScope(noted).every((each) => scope.includes(each))) return false;
  const { swapped } = await ephemeral.swap(keyOf(grantId), noted, TOLD, clock.now() + MEMORY).catch(() => ({ swapped: false }));
  return swapped;
}

function keyOf(grantId: string): string {
  return `step-up:${grantId}`;
}
