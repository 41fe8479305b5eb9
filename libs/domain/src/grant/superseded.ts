import type { SupersededHashes } from "./types.ts";

/** Superseded generations whose hash stays in the state; older ones are read from the stream. */
export const HISTORY_LENGTH = 256;

export const NONE_SUPERSEDED: SupersededHashes = { newest: -1, hashes: [] };

/** Generations follow one another without a gap, so the newest number and a window of hashes say it all. */
export function supersede(history: SupersededHashes, generation: number, hash: string): SupersededHashes {
  return { newest: generation, hashes: [...history.hashes.slice(1 - HISTORY_LENGTH), hash] };
}

/** The hash a superseded generation was recorded with; undefined when it is none, or too old to be in the state. */
export function supersededHash({ newest, hashes }: SupersededHashes, generation: number): string | undefined {
  return generation > newest ? undefined : hashes[hashes.length - 1 - (newest - generation)];
}
