import { TreeMoved } from "./port.js";
/** A tree for the life of a process: it is grown from the log again at each start. */
export function createMemoryTreeStore() {
    const tiles = new Map();
    let state;
    let checkpoint;
    return {
        state: async () => state,
        tile: async (path) => tiles.get(path),
        commit: async (from, changed, next) => {
            if ((state?.size ?? 0) !== from)
                throw new TreeMoved(`the tree has ${state?.size ?? 0} leaves, not ${from}`);
            for (const [path, bytes] of changed)
                tiles.set(path, Uint8Array.from(bytes));
            state = next;
        },
        checkpoint: async () => checkpoint,
        putCheckpoint: async (note) => void (checkpoint = note),
    };
}
//# sourceMappingURL=memory-tree-store.js.map