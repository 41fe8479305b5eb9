/** Did the one who asked get what was asked for? */
export type Outcome = "accepted" | "refused";

/** The events that record a refusal; every other records something that was done. */
export const REFUSALS: readonly string[] = [
  "GrantDenied",
  "CodeReplayDetected",
  "RefreshReuseDetected",
  "ClientAuthenticationFailed",
  "LoginFailed",
  "RateLimited",
  "RequestRefused",
];
const refusals = new Set(REFUSALS);

export function outcomeOf(type: string): Outcome {
  return refusals.has(type) ? "refused" : "accepted";
}
