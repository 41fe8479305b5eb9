import type { Standing } from "../kernel/index.ts";
import type { GrantBasis } from "./types.ts";

/** The part of a grant its standing is judged by; issued tokens that recorded the same may be judged alike. */
export type StandingBasis = Pick<GrantBasis, "generations" | "offline" | "absoluteExpiresAt">;

/**
 * Is what was made under `basis` dead by now (P5)? True when the client or subject is barred, a generation has been raised since,
 * or its login session has ended and it was not granted offline. A resource whose generation `standing` does not carry is not judged.
 * With `now` (epoch seconds) the end of the family counts too.
 */
export function standingLost(basis: StandingBasis, standing: Standing, now?: number): boolean {
  if (!standing.clientActive || !standing.subjectActive) return true;
  if (!standing.sessionActive && !basis.offline) return true;
  if (now !== undefined && basis.absoluteExpiresAt <= now) return true;
  return generationRaised(basis, standing);
}

function generationRaised({ generations: made }: StandingBasis, { generations: current }: Standing): boolean {
  if (current.client > made.client || current.subject > made.subject || current.consent > made.consent) return true;
  return Object.entries(made.resources).some(([id, generation]) => (current.resources[id] ?? generation) > generation);
}
