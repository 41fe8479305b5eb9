import { DIGEST } from "./hashing.js";
import { entryOf, POSITION_BYTES, TILE_WIDTH, tilePath } from "./tiles.js";
/** Opens the edge of a stored tree of `size` leaves; what its tiles have beyond was never part of it and is written anew. */
export async function createOpenTiles(store, size) {
    const open = new Map();
    const full = new Map();
    const load = async (kind, count) => {
        const index = Math.floor(count / TILE_WIDTH);
        const bytes = Buffer.from((await store.tile(tilePath(kind, index))) ?? []);
        open.set(kind, { index, parts: partsOf(kind, bytes).slice(0, count % TILE_WIDTH), dirty: false });
    };
    for (let [level, count] = [0, size]; count > 0; [level, count] = [level + 1, Math.floor(count / TILE_WIDTH)])
        await load(level, count);
    if (size > 0)
        await Promise.all([load("entries", size), load("positions", size)]);
    const add = (kind, part) => {
        const tile = open.get(kind) ?? { index: 0, parts: [], dirty: false };
        open.set(kind, tile);
        tile.parts.push(part);
        tile.dirty = true;
        if (tile.parts.length < TILE_WIDTH)
            return;
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
            return new Map([...full, ...partial.map(([kind, { index, parts }]) => [tilePath(kind, index), Buffer.concat(parts)])]);
        },
        written: () => {
            full.clear();
            for (const tile of open.values())
                tile.dirty = false;
        },
    };
}
function partsOf(kind, bytes) {
    const parts = [];
    for (let at = 0; at < bytes.length;) {
        const length = kind === "entries" ? 2 + bytes.readUInt16BE(at) : kind === "positions" ? POSITION_BYTES : DIGEST;
        parts.push(bytes.subarray(at, at + length));
        at += length;
    }
    return parts;
}
//# sourceMappingURL=open-tiles.js.map