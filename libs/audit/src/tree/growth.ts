import type { EventLink, Position } from "@grantline/event-store";
import { createOpenDays, type OpenDays } from "./days.ts";
import { leafText, textLeafHash } from "./leaf.ts";
import type { TreeState, TreeStore } from "./port.ts";
import { treeRoot } from "./proof.ts";
import { CompactRange, subtreesOf } from "./range.ts";
import { createOpenTiles, type OpenTiles } from "./open-tiles.ts";
import { createTreeReader, TILE_HEIGHT } from "./tiles.ts";

/** The stored tree does not give the root it is said to have: nothing may be built on it, let alone signed. */
export class TreeDamaged extends Error {
  override readonly name = "TreeDamaged";
}

/** A tree that grows in memory, O(log n), and is written down now and then. What is lost in between is read from the log again. */
export interface Growth {
  readonly size: number;
  /** Of the event of the last leaf. */
  readonly position: Position;
  readonly days: OpenDays;
  /** Is there anything that is not stored yet? */
  readonly dirty: boolean;
  root(): Buffer;
  append(event: EventLink): void;
  /** Stores what has grown. Throws TreeMoved when somebody else did. */
  commit(): Promise<TreeState>;
}

/** Reads the right edge of the stored tree, O(log n) tiles. Throws TreeDamaged when it does not fit its root. */
export async function openGrowth(store: TreeStore): Promise<Growth> {
  const state = await store.state();
  const reader = createTreeReader(store);
  let [size, stored, position] = [state?.size ?? 0, state?.size ?? 0, state?.position ?? "0"];
  if (state !== undefined) {
    const root = await treeRoot(reader.subtree, size).catch(() => undefined); // a tile that lacks a hash is as bad as a wrong one
    if (root?.toString("base64url") !== state.root)
      throw new TreeDamaged(`the stored tree of ${size} leaves does not give its root: its files were altered or lost`);
  }
  const tiles: OpenTiles = await createOpenTiles(store, size);
  const nodes = await Promise.all(
    subtreesOf(0, size).map(async ({ level, index }) => ({ level, hash: await reader.subtree(level, index) })),
  );
  const range = CompactRange.from(nodes, ({ level, hash }) => {
    if (level % TILE_HEIGHT === 0) tiles.node(level / TILE_HEIGHT, hash);
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
    append({ stream, revision, hash: link, day, position: at }) {
      const leaf = leafText(stream, revision, link);
      const hash = textLeafHash(leaf);
      days.append(day, size, position, hash);
      tiles.entry(leaf, at);
      range.append(hash);
      size++;
      position = at;
      dirty = true;
    },
    async commit() {
      const next: TreeState = { size, root: range.root().toString("base64url"), position, ...days.state() };
      await store.commit(stored, tiles.taken(), next);
      tiles.written();
      days.written();
      stored = next.size;
      dirty = false;
      return next;
    },
  };
}
