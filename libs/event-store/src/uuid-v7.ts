import { randomUUID } from "node:crypto";

let lastMs = -1;
let prefix = "";

/**
 * A UUIDv7: 48 bits of milliseconds, then random. `nowMs` is the real time unless given.
 * The random part comes from node's pooled `randomUUID`, whose variant bits stand where v7 wants them.
 */
export function uuidV7(nowMs: number = Date.now()): string {
  if (nowMs !== lastMs) {
    const hex = nowMs.toString(16).padStart(12, "0");
    prefix = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
    lastMs = nowMs;
  }
  return prefix + randomUUID().slice(15);
}
