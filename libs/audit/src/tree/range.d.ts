/** A complete subtree: 2^level leaves. */
export interface Node {
    readonly level: number;
    readonly hash: Buffer;
}
/**
 * The right edge of a growing tree: the roots of its complete subtrees, largest first. O(log n), and all it takes to append and to know the root
 * (RFC 9162 §2.1.1).
 */
export declare class CompactRange {
    #private;
    /** `onNode` is told of every complete subtree as it comes about, leaves included. */
    constructor(onNode?: (node: Node) => void);
    static from(nodes: readonly Node[], onNode?: (node: Node) => void): CompactRange;
    get size(): number;
    get nodes(): readonly Node[];
    /** Appends one leaf by its hash. */
    append(hash: Buffer): void;
    /** Appends a complete subtree that begins where the range ends. */
    push(node: Node): void;
    root(): Buffer;
}
/** The complete subtrees that make up the leaves from `first` up to, not including, `end`: left to right, each as large as it may be. */
export declare function subtreesOf(first: number, end: number): readonly {
    readonly level: number;
    readonly index: number;
}[];
