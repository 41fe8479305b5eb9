import { hash } from "node:crypto";

/** Bytes of a SHA-256 digest. */
export const DIGEST = 32;

// RFC 9162 §2.1.1: the hash of the empty tree is that of the empty string
export const EMPTY_ROOT: Buffer = hash("sha256", "", "buffer");

/** RFC 9162 §2.1.1: 0x00 before a leaf, so that no leaf can stand for a node. */
export function leafHash(leaf: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(leaf.length + 1);
  bytes[0] = 0;
  bytes.set(leaf, 1);
  return sha256(bytes);
}

/** By way of a string: node makes a buffer of the digest at three times the cost. */
export function sha256(data: string | Uint8Array): Buffer {
  return Buffer.from(hash("sha256", data, "binary"), "latin1");
}

// One at a time and never kept: hashing is synchronous
const pair = Buffer.alloc(1 + 2 * DIGEST, 1);

/** RFC 9162 §2.1.1: 0x01 before the two halves. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 1 + DIGEST);
  return sha256(pair);
}
