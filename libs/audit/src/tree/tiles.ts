import { DIGEST } from "./hashing.ts";
import { parseLeaf, type Leaf } from "./leaf.ts";
import type { TreeStore } from "./port.ts";
import { CompactRange } from "./range.ts";
import type { Subtree } from "./proof.ts";

/** C2SP tlog-tiles: tiles of height 8. */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;
/** A position is kept as 8 bytes, big endian. */
export const POSITION_BYTES = 8;

/** A level, "entries" or, our own addition, "positions". */
export type TileKind = number | "entries" | "positions";

/** 1234067 is written x001/x234/067. */
export function tilePath(kind: TileKind, index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  return `tile/${kind}/${groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/")}`;
}

/** What a path of `tilePath` names. */
export function parseTilePath(path: string): { readonly kind: TileKind; readonly index: number } {
  const [, kind, groups] = /^tile\/(entries|positions|\d+)\/([x\d/]+)$/.exec(path) ?? [];
  if (kind === undefined || groups === undefined) throw new TypeError(`not the path of a tile: ${path}`);
  return { kind: kind === "entries" || kind === "positions" ? kind : Number(kind), index: Number(groups.replace(/[x/]/g, "")) };
}

/** Reads nodes, leaves and positions of a stored tree; keeps the tiles it has read last. */
export interface TreeReader {
  readonly subtree: Subtree;
  /** Hashes of the leaves in the tile of that index. */
  leafHashes(tile: number): Promise<readonly Buffer[]>;
  leaves(tile: number): Promise<readonly (Leaf | undefined)[]>;
  positions(tile: number): Promise<readonly string[]>;
}

const KEPT = 64;

export function createTreeReader(store: Pick<TreeStore, "tile">): TreeReader {
  const kept = new Map<string, Uint8Array>();
  const read = async (path: string, complete: (tile: Uint8Array) => boolean): Promise<Uint8Array> => {
    const known = kept.get(path);
    if (known !== undefined) return known;
    const tile = (await store.tile(path)) ?? new Uint8Array();
    // What is not full yet will grow
    if (!complete(tile)) return tile;
    if (kept.size >= KEPT) kept.delete(kept.keys().next().value ?? path);
    kept.set(path, tile);
    return tile;
  };
  const hashes = (level: number, index: number) => read(tilePath(level, index), (tile) => tile.length === TILE_WIDTH * DIGEST);
  return {
    subtree: async (level, index) => {
      const tileLevel = Math.floor(level / TILE_HEIGHT);
      const span = 2 ** (level % TILE_HEIGHT);
      const first = index * span;
      const tile = await hashes(tileLevel, Math.floor(first / TILE_WIDTH));
      const range = new CompactRange();
      for (let at = first % TILE_WIDTH; at < (first % TILE_WIDTH) + span; at++) range.append(slot(tile, at, tileLevel));
      return range.root();
    },
    leafHashes: async (index) => chunks(await hashes(0, index), DIGEST),
    leaves: async (index) => entriesOf(await read(tilePath("entries", index), () => false)).map(parseLeaf),
    positions: async (index) =>
      chunks(await read(tilePath("positions", index), (tile) => tile.length === TILE_WIDTH * POSITION_BYTES), POSITION_BYTES).map((bytes) =>
        bytes.readBigUInt64BE().toString(),
      ),
  };
}

function slot(tile: Uint8Array, at: number, level: number): Buffer {
  const bytes = tile.subarray(at * DIGEST, (at + 1) * DIGEST);
  if (bytes.length < DIGEST) throw new RangeError(`the tree's files lack a hash of level ${level * TILE_HEIGHT}`);
  return Buffer.from(bytes);
}

function chunks(bytes: Uint8Array, length: number): readonly Buffer[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(whole.length / length) }, (_, at) => whole.subarray(at * length, (at + 1) * length));
}

/** C2SP tlog-tiles: entries stand one after the other, each behind its length in 2 bytes, big endian. */
export function writeEntry(bytes: Buffer, at: number, leaf: string): number {
  const length = bytes.write(leaf, at + 2);
  bytes.writeUInt16BE(length, at);
  return 2 + length;
}

/** Bytes of the first so many entries, or of all there are. */
export function entriesLength(bytes: Buffer, count: number): number {
  let at = 0;
  for (let entry = 0; entry < count && at + 2 <= bytes.length; entry++) at += 2 + bytes.readUInt16BE(at);
  return at;
}

export function writePosition(bytes: Buffer, at: number, position: string): void {
  const number = Number(position);
  // Large numbers are dear, and few logs are that long
  if (!Number.isSafeInteger(number)) return void bytes.writeBigUInt64BE(BigInt(position), at);
  bytes.writeUInt32BE(Math.floor(number / 2 ** 32), at);
  bytes.writeUInt32BE(number % 2 ** 32, at + 4);
}

function entriesOf(bundle: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.length);
  const entries: Buffer[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const length = bytes.readUInt16BE(at);
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

/** The index of the leaf of the event at a position; undefined when the tree has none. Reads O(log n) tiles. */
export async function indexOfPosition(reader: TreeReader, size: number, position: string): Promise<number | undefined> {
  const wanted = BigInt(position);
  let [low, high] = [0, Math.ceil(size / TILE_WIDTH) - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [first] = await reader.positions(middle);
    if (first !== undefined && BigInt(first) <= wanted) low = middle;
    else high = middle - 1;
  }
  const at = size === 0 ? -1 : (await reader.positions(low)).indexOf(position);
  const index = low * TILE_WIDTH + at;
  return at < 0 || index >= size ? undefined : index;
}
