import { DIGEST } from "./hashing.js";
import { leafBytes, parseLeaf } from "./leaf.js";
import { CompactRange } from "./range.js";
/** C2SP tlog-tiles: tiles of height 8. */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;
/** A position is kept as 8 bytes, big endian. */
export const POSITION_BYTES = 8;
/** `kind` is a level, "entries" or, our own addition, "positions". 1234067 is written x001/x234/067. */
export function tilePath(kind, index) {
    const digits = String(index);
    const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
    return `tile/${kind}/${groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/")}`;
}
const KEPT = 64;
export function createTreeReader(store) {
    const kept = new Map();
    const read = async (path, complete) => {
        const known = kept.get(path);
        if (known !== undefined)
            return known;
        const tile = (await store.tile(path)) ?? new Uint8Array();
        // What is not full yet will grow
        if (!complete(tile))
            return tile;
        if (kept.size >= KEPT)
            kept.delete(kept.keys().next().value ?? path);
        kept.set(path, tile);
        return tile;
    };
    const hashes = (level, index) => read(tilePath(level, index), (tile) => tile.length === TILE_WIDTH * DIGEST);
    return {
        subtree: async (level, index) => {
            const tileLevel = Math.floor(level / TILE_HEIGHT);
            const span = 2 ** (level % TILE_HEIGHT);
            const first = index * span;
            const tile = await hashes(tileLevel, Math.floor(first / TILE_WIDTH));
            const range = new CompactRange();
            for (let at = first % TILE_WIDTH; at < (first % TILE_WIDTH) + span; at++)
                range.append(slot(tile, at, tileLevel));
            return range.root();
        },
        leafHashes: async (index) => chunks(await hashes(0, index), DIGEST),
        leaves: async (index) => entriesOf(await read(tilePath("entries", index), () => false)).map(parseLeaf),
        positions: async (index) => chunks(await read(tilePath("positions", index), (tile) => tile.length === TILE_WIDTH * POSITION_BYTES), POSITION_BYTES).map((bytes) => bytes.readBigUInt64BE().toString()),
    };
}
function slot(tile, at, level) {
    const bytes = tile.subarray(at * DIGEST, (at + 1) * DIGEST);
    if (bytes.length < DIGEST)
        throw new RangeError(`the tree's files lack a hash of level ${level * TILE_HEIGHT}`);
    return Buffer.from(bytes);
}
function chunks(bytes, length) {
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: Math.floor(whole.length / length) }, (_, at) => whole.subarray(at * length, (at + 1) * length));
}
/** C2SP tlog-tiles: entries stand one after the other, each behind its length in 2 bytes, big endian. */
export function entryOf(leaf) {
    const bytes = leafBytes(leaf);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
}
function entriesOf(bundle) {
    const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.length);
    const entries = [];
    for (let at = 0; at + 2 <= bytes.length;) {
        const length = bytes.readUInt16BE(at);
        entries.push(bytes.subarray(at + 2, at + 2 + length));
        at += 2 + length;
    }
    return entries;
}
/** The index of the leaf of the event at a position; undefined when the tree has none. Reads O(log n) tiles. */
export async function indexOfPosition(reader, size, position) {
    const wanted = BigInt(position);
    let [low, high] = [0, Math.ceil(size / TILE_WIDTH) - 1];
    while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        const [first] = await reader.positions(middle);
        if (first !== undefined && BigInt(first) <= wanted)
            low = middle;
        else
            high = middle - 1;
    }
    const at = size === 0 ? -1 : (await reader.positions(low)).indexOf(position);
    const index = low * TILE_WIDTH + at;
    return at < 0 || index >= size ? undefined : index;
}
//# sourceMappingURL=tiles.js.map