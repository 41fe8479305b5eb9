import type { Leaf } from "../tree/leaf.ts";
import { type TreeReader, TILE_WIDTH } from "../tree/tiles.ts";

/** The leaves a stored tree has, one after the other: its hashes for comparing, the rest to tell people what is missing. */
export interface ExpectedLeaves {
  readonly size: number;
  /** Synchronous while the tile is at hand; else undefined, then `load`. */
  at(index: number): Buffer | undefined;
  load(index: number): Promise<void>;
  /** The event that should be there. */
  describe(index: number): Promise<{ readonly leaf: Leaf | undefined; readonly position: string | undefined }>;
}

export function createExpectedLeaves(reader: TreeReader, size: number): ExpectedLeaves {
  let tile = -1;
  let hashes: readonly Buffer[] = [];
  return {
    size,
    at: (index) => (Math.floor(index / TILE_WIDTH) === tile ? hashes[index % TILE_WIDTH] : undefined),
    load: async (index) => {
      const wanted = Math.floor(index / TILE_WIDTH);
      if (wanted === tile) return;
      hashes = await reader.leafHashes(wanted);
      tile = wanted;
    },
    describe: async (index) => {
      const [leaves, positions] = await Promise.all([
        reader.leaves(Math.floor(index / TILE_WIDTH)),
        reader.positions(Math.floor(index / TILE_WIDTH)),
      ]);
      return { leaf: leaves[index % TILE_WIDTH], position: positions[index % TILE_WIDTH] };
    },
  };
}
