/** Gives the root of the complete subtree of 2^level leaves that begins at leaf index · 2^level. */
export type Subtree = (level: number, index: number) => Promise<Buffer>;
export declare function treeRoot(subtree: Subtree, size: number): Promise<Buffer>;
/** RFC 9162 §2.1.3.1: the nodes that lead from leaf `index` to the root of a tree of `size` leaves, from the leaf upwards. */
export declare function inclusionProof(subtree: Subtree, index: number, size: number): Promise<readonly Buffer[]>;
/** RFC 9162 §2.1.4.1: the nodes that show the tree of `from` leaves to be the beginning of the one of `to`. Empty from 0 and for equal sizes. */
export declare function consistencyProof(subtree: Subtree, from: number, to: number): Promise<readonly Buffer[]>;
/** RFC 9162 §2.1.3.2. */
export declare function verifyInclusion(leaf: Buffer, index: number, size: number, proof: readonly Buffer[], root: Buffer): boolean;
/** RFC 9162 §2.1.4.2. A tree of 0 is the beginning of every tree. */
export declare function verifyConsistency(from: number, to: number, proof: readonly Buffer[], fromRoot: Buffer, toRoot: Buffer): boolean;
