import type { KeyObject } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { fitsKekCheck, kekOf, type KekSource, newKekCheck, newKekSalt } from "../wrapping/kek.ts";
import { KeyFolderError } from "./key-folder-error.ts";

export const META_SCHEMA = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT";

/**
 * The 32 bytes that wrap everything in `database`, after making sure they are the ones it was made with.
 * @throws KeyFolderError when they are not.
 */
export async function openKek(database: DatabaseSync, source: KekSource, file: string): Promise<KeyObject> {
  return checkedKek(database, await kekOf(source, () => keepFirst(database, "kek-salt", newKekSalt)), file);
}

/** Makes sure that `database` is wrapped under this key. @throws KeyFolderError when it is not. */
export function checkedKek(database: DatabaseSync, kek: KeyObject, file: string): KeyObject {
  const check = keepFirst(database, "kek-check", () => newKekCheck(kek));
  if (!fitsKekCheck(kek, check)) {
    throw new KeyFolderError(`${file}: the key-encryption key is not the one this file was made with (GRANTLINE_KEK)`);
  }
  return kek;
}

/** The value stored under a name; when several processes make one at once, the first one's stays. */
export function keepFirst(database: DatabaseSync, name: string, make: () => Buffer): Uint8Array {
  const find = database.prepare("SELECT value FROM meta WHERE name = ?");
  const found = find.get(name) as { value: Uint8Array } | undefined;
  if (found) return found.value;
  database.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)").run(name, make());
  return (find.get(name) as { value: Uint8Array }).value;
}
