import { createSecretKey, type KeyObject, randomBytes, scrypt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { KeyFolderError } from "./key-folder-error.ts";
import { unwrap, wrap } from "./wrap.ts";

/** The key-encryption key as given: 32 raw bytes, or a passphrase it is derived from. */
export interface KekSource {
  readonly key?: Buffer;
  readonly passphrase?: string;
}

export const META_SCHEMA = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT";

const deriveKey = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);
const CHECK_AAD = "grantline kek check";

/**
 * The 32 bytes that wrap everything in `database`, after making sure they are the ones it was made with.
 * @throws KeyFolderError when they are not.
 */
export async function openKek(database: DatabaseSync, source: KekSource, file: string): Promise<KeyObject> {
  const bytes = source.key ?? (await fromPassphrase(database, source.passphrase));
  if (bytes === undefined) throw new KeyFolderError("no key-encryption key: neither 32 bytes nor a passphrase given");
  if (bytes.length !== 32) throw new KeyFolderError(`the key-encryption key must have 32 bytes, found ${bytes.length}`);
  return checkedKek(database, createSecretKey(bytes), file);
}

/** Makes sure that `database` is wrapped under this key. @throws KeyFolderError when it is not. */
export function checkedKek(database: DatabaseSync, kek: KeyObject, file: string): KeyObject {
  const check = keepFirst(database, "kek-check", () => wrap(kek, CHECK_AAD, Buffer.from("ok")));
  if (unwrap(kek, CHECK_AAD, check) === undefined) {
    throw new KeyFolderError(`${file}: the key-encryption key is not the one this file was made with (GRANTLINE_KEK)`);
  }
  return kek;
}

async function fromPassphrase(database: DatabaseSync, passphrase: string | undefined): Promise<Buffer | undefined> {
  if (passphrase === undefined) return undefined;
  const salt = keepFirst(database, "kek-salt", () => randomBytes(16));
  // 32 MB and about 0.2 s, once at start: dear for who guesses, bearable for us.
  return deriveKey(passphrase.normalize("NFC"), Buffer.from(salt), 32, { N: 32_768, r: 8, p: 3, maxmem: 64 * 1024 * 1024 });
}

/** The value stored under a name; when several processes make one at once, the first one's stays. */
export function keepFirst(database: DatabaseSync, name: string, make: () => Buffer): Uint8Array {
  const find = database.prepare("SELECT value FROM meta WHERE name = ?");
  const found = find.get(name) as { value: Uint8Array } | undefined;
  if (found) return found.value;
  database.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)").run(name, make());
  return (find.get(name) as { value: Uint8Array }).value;
}
