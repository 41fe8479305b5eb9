import { hash, timingSafeEqual } from "node:crypto";

/** base64url SHA-256, the one way tokens and secrets are kept (P9). */
export function sha256(value: string): string {
  return hash("sha256", value, "base64url");
}

/** Compares two hashes in constant time. */
export function sameHash(one: string, other: string): boolean {
  const left = Buffer.from(one);
  const right = Buffer.from(other);
  return left.length === right.length && timingSafeEqual(left, right);
}
