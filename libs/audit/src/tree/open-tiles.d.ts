import type { StoredEvent } from "@grantline/event-store";
import type { TreeStore } from "./port.ts";
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
/** Opens the edge of a stored tree of `size` leaves; what its tiles have beyond was never part of it and is written anew. */
export declare function createOpenTiles(store: Pick<TreeStore, "tile">, size: number): Promise<OpenTiles>;
