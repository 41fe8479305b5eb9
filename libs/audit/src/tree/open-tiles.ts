import type { StoredEvent } from "@grantline/event-store";
import { DIGEST } from "./hashing.ts";
import type { TreeStore } from "./port.ts";
import { entryOf, POSITION_BYTES, TILE_WIDTH, tilePath } from "./tiles.ts";

/** The tiles at the right edge of the tree, one a level, and those filled since the last writing. */
export interface OpenTiles {
  /** The next hash of a level of tiles. */
  node(level: number, hash: Buffer): void;
  /** The next leaf. */
  entry(event: StoredEvent): void;
  /** What has to be written: by path, everything the tile has. */
  taken(): ReadonlyMap<string, Uint8Array>;
  /** It has been. */
  written(): void;
}

type Kind = number | "entries" | "positions";

interface OpenTile {
  index: number;
  parts: Buffer[];
  dirty: boolean;
}

/** Opens the edge of a stored tree of `size` leaves; what its tiles have beyond was never part of it and is written anew. */
export async function createOpenTiles(store: Pick<TreeStore, "tile">, size: number): Promise<OpenTiles> {
  const open = new Map<Kind, OpenTile>();
  const full = new Map<string, Uint8Array>();
  const load = async (kind: Kind, count: number): Promise<void> => {
    const index = Math.floor(count / TILE_WIDTH);
    const bytes = Buffer.from((await store.tile(tilePath(kind, index))) ?? []);
    open.set(kind, { index, parts: partsOf(kind, bytes).slice(0, count % TILE_WIDTH), dirty: false });
  };
  for (let [level, count] = [0, size]; count > 0; [level, count] = [level + 1, Math.floor(count / TILE_WIDTH)]) await load(level, count);
  if (size > 0) await Promise.all([load("entries", size), load("positions", size)]);

  const add = (kind: Kind, part: Buffer): void => {
    const tile = open.get(kind) ?? { index: 0, parts: [], dirty: false };
    open.set(kind, tile);
    tile.parts.push(part);
    tile.dirty = true;
    if (tile.parts.length < TILE_WIDTH) return;
    full.set(tilePath(kind, tile.index), Buffer.concat(tile.parts));
    open.set(kind, { index: tile.index + 1, parts: [], dirty: false });
  };
  return {
    node: add,
    entry: (event) => {
      add("entries", entryOf(event));
      const position = Buffer.alloc(POSITION_BYTES);
      position.writeBigUInt64BE(BigInt(event.position));
      add("positions", position);
    },
    taken: () => {
      const partial = [...open].filter(([, { dirty }]) => dirty);
      return new Map([...full, ...partial.map(([kind, { index, parts }]) => [tilePath(kind, index), Buffer.concat(parts)] as const)]);
    },
    written: () => {
      full.clear();
      for (const tile of open.values()) tile.dirty = false;
    },
  };
}

function partsOf(kind: Kind, bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = kind === "entries" ? 2 + bytes.readUInt16BE(at) : kind === "positions" ? POSITION_BYTES : DIGEST;
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return parts;
}
