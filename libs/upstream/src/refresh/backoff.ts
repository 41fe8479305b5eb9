const FIRST_SECONDS = 2;
const LONGEST_SECONDS = 900;
/** What a provider may make us wait at most: a Retry-After of a year is a mistake. */
const LONGEST_ASKED = 3_600;

/** Seconds to leave a provider alone after so many failures in a row: doubling, with jitter, never less than it asked for itself. `random` from 0 to 1. */
export function restSeconds(failures: number, asked: number | undefined, random: number): number {
  const grown = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** Math.min(failures, 20));
  const jittered = Math.ceil(grown * (0.5 + random / 2));
  return Math.max(jittered, Math.min(asked ?? 0, LONGEST_ASKED));
}
