import { createOpenDays } from "./days.js";
import { eventLeafHash } from "./leaf.js";
import { treeRoot } from "./proof.js";
import { CompactRange, subtreesOf } from "./range.js";
import { createOpenTiles } from "./open-tiles.js";
import { createTreeReader, TILE_HEIGHT } from "./tiles.js";
/** The stored tree does not give the root it is said to have: nothing may be built on it, let alone signed. */
export class TreeDamaged extends Error {
    name = "TreeDamaged";
}
/** Reads the right edge of the stored tree, O(log n) tiles. Throws TreeDamaged when it does not fit its root. */
export async function openGrowth(store) {
    const state = await store.state();
    const reader = createTreeReader(store);
    let [size, stored, position] = [state?.size ?? 0, state?.size ?? 0, state?.position ?? "0"];
    if (state !== undefined) {
        const root = await treeRoot(reader.subtree, size).catch(() => undefined); // a tile that lacks a hash is as bad as a wrong one
        if (root?.toString("base64url") !== state.root)
            throw new TreeDamaged(`the stored tree of ${size} leaves does not give its root: its files were altered or lost`);
    }
    const tiles = await createOpenTiles(store, size);
    const nodes = await Promise.all(subtreesOf(0, size).map(async ({ level, index }) => ({ level, hash: await reader.subtree(level, index) })));
    const range = CompactRange.from(nodes, ({ level, hash }) => {
        if (level % TILE_HEIGHT === 0)
            tiles.node(level / TILE_HEIGHT, hash);
    });
    const days = createOpenDays(state);
    let dirty = false;
    return {
        get size() {
            return size;
        },
        get position() {
            return position;
        },
        get dirty() {
            return dirty || days.changed();
        },
        days,
        root: () => range.root(),
        append(event) {
            const hash = eventLeafHash(event);
            days.append(event, size, position, hash);
            tiles.entry(event);
            range.append(hash);
            size++;
            position = event.position;
            dirty = true;
        },
        async commit() {
            const next = { size, root: range.root().toString("base64url"), position, ...days.state() };
            await store.commit(stored, tiles.taken(), next);
            tiles.written();
            days.written();
            stored = next.size;
            dirty = false;
            return next;
        },
    };
}
//# sourceMappingURL=growth.js.map