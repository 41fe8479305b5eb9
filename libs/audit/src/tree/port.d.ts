import type { Position } from "@grantline/event-store";
/** How far the tree has grown. `root` base64url; `position` of the event of its last leaf. */
export interface TreeState {
    readonly size: number;
    readonly root: string;
    readonly position: Position;
    /** The day that is being gathered into a segment, and days complete but not closed in the log yet. */
    readonly day?: OpenDay;
    readonly complete: readonly CompleteDay[];
    /** The last day that is complete. */
    readonly lastDay?: string;
}
/** UTC day whose leaves begin at `first`; `nodes` are the compact range over them, base64url. */
export interface OpenDay {
    readonly day: string;
    readonly first: number;
    readonly nodes: readonly {
        readonly level: number;
        readonly hash: string;
    }[];
}
export interface CompleteDay {
    readonly day: string;
    readonly first: number;
    readonly end: number;
    readonly upTo: Position;
    readonly root: string;
}
/** Somebody else has let the tree grow: what is in memory is no longer what is stored. */
export declare class TreeMoved extends Error {
    readonly name = "TreeMoved";
}
/**
 * Where the tree is kept. Tiles are named as in C2SP tlog-tiles (`tile/0/x001/067`), each holding what it has so far, up to 256 entries; what a tile
 * holds is only ever added to, so its first w entries are the partial tile of width w.
 */
export interface TreeStore {
    state(): Promise<TreeState | undefined>;
    tile(path: string): Promise<Uint8Array | undefined>;
    /** Makes the tiles durable, then the state. Throws TreeMoved, state untouched, when the stored state is not of size `from` (0: none). */
    commit(from: number, tiles: ReadonlyMap<string, Uint8Array>, state: TreeState): Promise<void>;
    /** The last checkpoint signed. */
    checkpoint(): Promise<string | undefined>;
    /** Makes a checkpoint durable; it replaces the last one. */
    putCheckpoint(note: string): Promise<void>;
}
