import { type Leaf } from "./leaf.ts";
import type { TreeStore } from "./port.ts";
import type { Subtree } from "./proof.ts";
/** C2SP tlog-tiles: tiles of height 8. */
export declare const TILE_HEIGHT = 8;
export declare const TILE_WIDTH = 256;
/** A position is kept as 8 bytes, big endian. */
export declare const POSITION_BYTES = 8;
/** `kind` is a level, "entries" or, our own addition, "positions". 1234067 is written x001/x234/067. */
export declare function tilePath(kind: number | "entries" | "positions", index: number): string;
/** Reads nodes, leaves and positions of a stored tree; keeps the tiles it has read last. */
export interface TreeReader {
    readonly subtree: Subtree;
    /** Hashes of the leaves in the tile of that index. */
    leafHashes(tile: number): Promise<readonly Buffer[]>;
    leaves(tile: number): Promise<readonly (Leaf | undefined)[]>;
    positions(tile: number): Promise<readonly string[]>;
}
export declare function createTreeReader(store: Pick<TreeStore, "tile">): TreeReader;
/** C2SP tlog-tiles: entries stand one after the other, each behind its length in 2 bytes, big endian. */
export declare function entryOf(leaf: Leaf): Buffer;
/** The index of the leaf of the event at a position; undefined when the tree has none. Reads O(log n) tiles. */
export declare function indexOfPosition(reader: TreeReader, size: number, position: string): Promise<number | undefined>;
