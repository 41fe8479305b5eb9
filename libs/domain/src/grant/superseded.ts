import type { SupersededHashes } from "./types.ts";

/** Superseded generations whose hash stays in the state; older ones are read from the stream. */
export const HISTORY_LENGTH = 256;

export const NONE_SUPERSEDED: SupersededHashes = { newest: -1, hashes: [] };

/** Hashes that gather apart before they join the older ones: a rotation copies these few, not all. */
const GATHERED = 16;

/** Generations follow one another without a gap, so the newest number and a window of hashes say it all. */
export function supersede(history: SupersededHashes, generation: number, hash: string): SupersededHashes {
  const { hashes, older = [] } = history;
  if (hashes.length < GATHERED) return { ...history, newest: generation, hashes: [...hashes, hash] };
  return { newest: generation, hashes: [hash], older: [...older, ...hashes].slice(1 - HISTORY_LENGTH) };
}

/** The hash a superseded generation was recorded with; undefined when it is none, or too old to be in the state. */
export function supersededHash({ newest, hashes, older = [] }: SupersededHashes, generation: number): string | undefined {
  const back = newest - generation;
  if (back < 0 || back >= HISTORY_LENGTH) return undefined;
  return hashes.at(-1 - back) ?? older.at(hashes.length - 1 - back);
}
