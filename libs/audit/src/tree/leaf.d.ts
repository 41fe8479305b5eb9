import type { SealedEvent } from "@grantline/event-store";
/** What the tree says of one event: its place in its stream, and its link in the stream's chain. */
export interface Leaf {
    readonly stream: string;
    readonly revision: number;
    readonly hash: string;
}
/**
 * The bytes of a leaf: `["stream",revision,"hash"]`, JSON without white space. `hash` covers the body and everything before it in the stream, so
 * the leaf needs no more; the position is not in it (P10), because a copy of the log in another store has others. The order is the tree's own.
 */
export declare function leafBytes({ stream, revision, hash }: Pick<SealedEvent, "stream" | "revision" | "hash">): Buffer;
/** RFC 9162 §2.1.1, of the leaf of an event. Without making its bytes first: this runs for every event there is. */
export declare function eventLeafHash({ stream, revision, hash: link }: Pick<SealedEvent, "stream" | "revision" | "hash">): Buffer;
/** Undefined for bytes that are no leaf of ours. */
export declare function parseLeaf(bytes: Uint8Array): Leaf | undefined;
