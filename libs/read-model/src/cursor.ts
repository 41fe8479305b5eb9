import { hash, timingSafeEqual } from "node:crypto";
import { BadCursor, type ListQuery } from "./port.ts";

const CHECKSUM_LENGTH = 16;
const MAX_LENGTH = 2_048;

/**
 * A cursor is the last key of the page and a checksum that binds it to the listing it came from. It is no secret and gives no
 * right (the key only ever becomes a bound parameter); the checksum turns accidents and foreign cursors into a clear refusal.
 */
export function encodeCursor(table: string, query: ListQuery, lastKey: string): string {
  return `${checksum(table, query, lastKey)}${Buffer.from(lastKey).toString("base64url")}`;
}

/** The key to go on after. Throws `BadCursor` for anything that `encodeCursor` did not make for the same listing. */
export function decodeCursor(table: string, query: ListQuery, cursor: string): string {
  if (cursor.length <= CHECKSUM_LENGTH || cursor.length > MAX_LENGTH || !/^[A-Za-z0-9_-]+$/.test(cursor))
    throw new BadCursor("The cursor is malformed.");
  const lastKey = Buffer.from(cursor.slice(CHECKSUM_LENGTH), "base64url").toString();
  const expected = Buffer.from(encodeCursor(table, query, lastKey));
  const presented = Buffer.from(cursor);
  if (expected.length !== presented.length || !timingSafeEqual(expected, presented))
    throw new BadCursor("The cursor is not of this listing.");
  return lastKey;
}

function checksum(table: string, query: ListQuery, lastKey: string): string {
  const where = Object.entries(query.where ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const bound = JSON.stringify([table, where, query.descending === true, lastKey]);
  return hash("sha256", bound, "base64url").slice(0, CHECKSUM_LENGTH);
}
