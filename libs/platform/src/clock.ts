import { randomBytes, randomFillSync } from "node:crypto";
import type { Clock, Random } from "@grantline/oauth/context";

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };

/** Random bytes fetched at once: a call into OpenSSL for each secret costs more than the secret. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** Takes bytes from the pool and wipes them there, so none is ever given twice or left behind. */
function take(bytes: number, encoding: "base64url" | "hex"): string {
  if (bytes > pool.length) return randomBytes(bytes).toString(encoding);
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const from = used;
  used += bytes;
  const text = pool.toString(encoding, from, used);
  pool.fill(0, from, used);
  return text;
}

export const systemRandom: Random = {
  token: (bytes) => take(bytes, "base64url"),
  hex: (bytes) => take(bytes, "hex"),
};
