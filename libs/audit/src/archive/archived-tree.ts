import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { DIGEST } from "../tree/hashing.ts";
import { POSITION_BYTES, TILE_WIDTH, type TreeReader } from "../tree/tiles.ts";
import { LEAVES, type Manifest, POSITIONS } from "./manifest.ts";

/** The leaves of an archive, read as if they were tiles: they tell which event is missing or wrong. */
export async function archivedTree(
  folder: string,
  { first, end }: Manifest,
): Promise<{ readonly reader: TreeReader; close(): Promise<void> }> {
  const [leaves, positions] = await Promise.all([open(join(folder, LEAVES)), open(join(folder, POSITIONS))]);
  /** Slots of a tile; those before the archive's first leaf are empty. */
  const tile = async (handle: FileHandle, index: number, width: number): Promise<readonly Buffer[]> => {
    const from = Math.max(index * TILE_WIDTH, first);
    const count = Math.max(0, Math.min((index + 1) * TILE_WIDTH, end) - from);
    const bytes = Buffer.alloc(count * width);
    await handle.read(bytes, 0, bytes.length, (from - first) * width);
    const own = Array.from({ length: count }, (_, at) => bytes.subarray(at * width, (at + 1) * width));
    return [...Array.from({ length: from - index * TILE_WIDTH }, () => Buffer.alloc(0)), ...own];
  };
  return {
    reader: {
      subtree: () => Promise.reject(new RangeError("an archive has leaves and no subtrees")),
      leafHashes: (index) => tile(leaves, index, DIGEST),
      leaves: async () => [],
      positions: async (index) =>
        (await tile(positions, index, POSITION_BYTES)).map((bytes) => (bytes.length === 0 ? "" : bytes.readBigUInt64BE().toString())),
    },
    close: async () => {
      await Promise.all([leaves.close(), positions.close()]);
    },
  };
}
