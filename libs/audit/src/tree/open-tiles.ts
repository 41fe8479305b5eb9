import type { Position } from "@grantline/event-store";
import { DIGEST } from "./hashing.ts";
import type { TreeStore } from "./port.ts";
import { entriesLength, POSITION_BYTES, TILE_WIDTH, type TileKind, tilePath, writeEntry, writePosition } from "./tiles.ts";

/** The tiles at the right edge of the tree, one a level, and those filled since the last writing. */
export interface OpenTiles {
  /** The next hash of a level of tiles. */
  node(level: number, hash: Buffer): void;
  /** The next leaf, as its text, and the position of its event. */
  entry(leaf: string, position: Position): void;
  /** What has to be written: by path, everything the tile has. */
  taken(): ReadonlyMap<string, Uint8Array>;
  /** It has been. */
  written(): void;
}

/** Written in place, so that a hash costs no object of its own. */
interface OpenTile {
  readonly kind: TileKind;
  readonly index: number;
  bytes: Buffer;
  length: number;
  count: number;
  dirty: boolean;
}

/** Room for this many bytes a leaf in a new tile of entries; it grows where stream names are long. */
const USUAL_ENTRY = 128;
/** A character takes at most 3 bytes in UTF-8 for each of its code units. */
const LONGEST_UNIT = 3;

/** Opens the edge of a stored tree of `size` leaves; what its tiles have beyond was never part of it and is written anew. */
export async function createOpenTiles(store: Pick<TreeStore, "tile">, size: number): Promise<OpenTiles> {
  const open = new Map<TileKind, OpenTile>();
  const full = new Map<string, Uint8Array>();
  const load = async (kind: TileKind, count: number): Promise<void> => {
    const tile = newTile(kind, Math.floor(count / TILE_WIDTH));
    open.set(kind, tile);
    tile.count = count % TILE_WIDTH;
    if (tile.count === 0) return;
    const stored = Buffer.from((await store.tile(tilePath(kind, tile.index))) ?? []);
    tile.length = Math.min(stored.length, kind === "entries" ? entriesLength(stored, tile.count) : tile.count * partLength(kind));
    makeRoom(tile, tile.length);
    stored.copy(tile.bytes, 0, 0, tile.length);
  };
  for (let [level, count] = [0, size]; count > 0; [level, count] = [level + 1, Math.floor(count / TILE_WIDTH)]) await load(level, count);
  await Promise.all([load("entries", size), load("positions", size)]);

  const tileOf = (kind: TileKind): OpenTile => {
    const known = open.get(kind);
    if (known !== undefined) return known;
    const tile = newTile(kind, 0);
    open.set(kind, tile);
    return tile;
  };
  const grown = (tile: OpenTile, by: number): void => {
    tile.length += by;
    tile.dirty = true;
    if (++tile.count < TILE_WIDTH) return;
    full.set(tilePath(tile.kind, tile.index), tile.bytes.subarray(0, tile.length));
    open.set(tile.kind, newTile(tile.kind, tile.index + 1));
  };
  return {
    node: (level, hash) => {
      const tile = tileOf(level);
      tile.bytes.set(hash, tile.length);
      grown(tile, DIGEST);
    },
    entry: (leaf, position) => {
      const entries = tileOf("entries");
      makeRoom(entries, 2 + leaf.length * LONGEST_UNIT);
      grown(entries, writeEntry(entries.bytes, entries.length, leaf));
      const positions = tileOf("positions");
      writePosition(positions.bytes, positions.length, position);
      grown(positions, POSITION_BYTES);
    },
    taken: () => {
      // Copies: the tiles go on being written while the store still holds these
      const partial = [...open.values()].filter(({ dirty }) => dirty);
      return new Map([
        ...full,
        ...partial.map(({ kind, index, bytes, length }) => [tilePath(kind, index), Uint8Array.from(bytes.subarray(0, length))] as const),
      ]);
    },
    written: () => {
      full.clear();
      for (const tile of open.values()) tile.dirty = false;
    },
  };
}

const partLength = (kind: Exclude<TileKind, "entries">): number => (kind === "positions" ? POSITION_BYTES : DIGEST);

function newTile(kind: TileKind, index: number): OpenTile {
  const bytes = Buffer.allocUnsafe(TILE_WIDTH * (kind === "entries" ? USUAL_ENTRY : partLength(kind)));
  return { kind, index, bytes, length: 0, count: 0, dirty: false };
}

function makeRoom(tile: OpenTile, more: number): void {
  if (tile.length + more <= tile.bytes.length) return;
  const larger = Buffer.allocUnsafe(Math.max(2 * tile.bytes.length, tile.length + more));
  tile.bytes.copy(larger, 0, 0, tile.length);
  tile.bytes = larger;
}
