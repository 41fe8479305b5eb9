/** Bytes of a SHA-256 digest. */
export declare const DIGEST = 32;
export declare const EMPTY_ROOT: Buffer;
/** RFC 9162 §2.1.1: 0x00 before a leaf, so that no leaf can stand for a node. */
export declare function leafHash(leaf: Uint8Array): Buffer;
/** RFC 9162 §2.1.1: 0x01 before the two halves. */
export declare function nodeHash(left: Uint8Array, right: Uint8Array): Buffer;
