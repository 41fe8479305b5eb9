import { TreeMoved, type TreeState, type TreeStore } from "./port.ts";

/** A tree for the life of a process: it is grown from the log again at each start. */
export function createMemoryTreeStore(): TreeStore {
  const tiles = new Map<string, Uint8Array>();
  let state: TreeState | undefined;
  let checkpoint: string | undefined;
  return {
    state: async () => state,
    tile: async (path) => tiles.get(path),
    commit: async (from, changed, next) => {
      if ((state?.size ?? 0) !== from) throw new TreeMoved(`the tree has ${state?.size ?? 0} leaves, not ${from}`);
      for (const [path, bytes] of changed) tiles.set(path, Uint8Array.from(bytes));
      state = next;
    },
    checkpoint: async () => checkpoint,
    putCheckpoint: async (note) => void (checkpoint = note),
  };
}
