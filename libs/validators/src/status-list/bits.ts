import { deflateSync } from "node:zlib";

/** One bit a token: draft-ietf-oauth-status-list §7.1, 0 is valid and 1 is invalid. */
export interface StatusBits {
  invalidate(idx: number): void;
  /** §4.1: the bytes, compressed with DEFLATE in the ZLIB form (RFC 1950, RFC 1951), base64url. */
  encoded(): string;
}

export function createStatusBits(places: number): StatusBits {
  const bytes = new Uint8Array(places / 8);
  return {
    invalidate(idx) {
      const byte = idx >> 3;
      // §4.1: the first token of a byte is its least significant bit
      bytes[byte] = (bytes[byte] ?? 0) | (1 << (idx & 7));
    },
    // §4.1: the highest level of compression is recommended
    encoded: () => deflateSync(bytes, { level: 9 }).toString("base64url"),
  };
}
