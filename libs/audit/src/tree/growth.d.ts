import type { Position, StoredEvent } from "@grantline/event-store";
import { type OpenDays } from "./days.ts";
import type { TreeState, TreeStore } from "./port.ts";
/** The stored tree does not give the root it is said to have: nothing may be built on it, let alone signed. */
export declare class TreeDamaged extends Error {
    readonly name = "TreeDamaged";
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
    append(event: StoredEvent): void;
    /** Stores what has grown. Throws TreeMoved when somebody else did. */
    commit(): Promise<TreeState>;
}
/** Reads the right edge of the stored tree, O(log n) tiles. Throws TreeDamaged when it does not fit its root. */
export declare function openGrowth(store: TreeStore): Promise<Growth>;
