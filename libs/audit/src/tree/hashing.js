import { hash } from "node:crypto";
/** Bytes of a SHA-256 digest. */
export const DIGEST = 32;
// RFC 9162 §2.1.1: the hash of the empty tree is that of the empty string
export const EMPTY_ROOT = hash("sha256", "", "buffer");
/** RFC 9162 §2.1.1: 0x00 before a leaf, so that no leaf can stand for a node. */
export function leafHash(leaf) {
    const bytes = Buffer.allocUnsafe(leaf.length + 1);
    bytes[0] = 0;
    bytes.set(leaf, 1);
    return hash("sha256", bytes, "buffer");
}
// One at a time and never kept: hashing is synchronous
const pair = Buffer.alloc(1 + 2 * DIGEST, 1);
/** RFC 9162 §2.1.1: 0x01 before the two halves. */
export function nodeHash(left, right) {
    pair.set(left, 1);
    pair.set(right, 1 + DIGEST);
    return hash("sha256", pair, "buffer");
}
//# sourceMappingURL=hashing.js.map