import { createSecretKey, type KeyObject, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { KeyStoreError } from "./key-store-error.ts";
import { unwrap, wrap } from "./wrap.ts";

/** The key-encryption key as given: 32 raw bytes, or a passphrase it is derived from. */
export interface KekSource {
  readonly key?: Buffer;
  readonly passphrase?: string;
}

const deriveKey = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);
const CHECK_AAD = "grantline kek check";
/** What the wrapped login-hash key is bound to. */
export const LOGIN_HASH_AAD = "grantline login hash";

/**
 * The key of a source. `salt` is asked for only where a passphrase needs one.
 * @throws KeyStoreError when the source holds no key, or one that is none.
 */
export async function kekOf(source: KekSource, salt: () => Uint8Array | Promise<Uint8Array>): Promise<KeyObject> {
  const bytes = source.key ?? (source.passphrase === undefined ? undefined : await fromPassphrase(source.passphrase, await salt()));
  if (bytes === undefined) throw new KeyStoreError("no key-encryption key: neither 32 bytes nor a passphrase given");
  if (bytes.length !== 32) throw new KeyStoreError(`the key-encryption key must have 32 bytes, found ${bytes.length}`);
  return createSecretKey(bytes);
}

export function newKekSalt(): Buffer {
  return randomBytes(16);
}

/** Kept beside what is wrapped, so that another key-encryption key is noticed at once. */
export function newKekCheck(kek: KeyObject): Buffer {
  return wrap(kek, CHECK_AAD, Buffer.from("ok"));
}

/** Was the check made with this key? */
export function fitsKekCheck(kek: KeyObject, check: Uint8Array): boolean {
  return unwrap(kek, CHECK_AAD, check) !== undefined;
}

/** A new key for the login hash, wrapped. One for good: were it replaced, nobody's login stream would be found again. */
export function newLoginHashKey(kek: KeyObject): Buffer {
  return wrap(kek, LOGIN_HASH_AAD, randomBytes(32));
}

/** Undefined when it was altered or wrapped under another key. */
export function openLoginHashKey(kek: KeyObject, wrapped: Uint8Array): KeyObject | undefined {
  const key = unwrap(kek, LOGIN_HASH_AAD, wrapped);
  return key && createSecretKey(key);
}

/** 32 MB and about 0.2 s, once at start: dear for who guesses, bearable for us. */
function fromPassphrase(passphrase: string, salt: Uint8Array): Promise<Buffer> {
  return deriveKey(passphrase.normalize("NFC"), Buffer.from(salt), 32, { N: 32_768, r: 8, p: 3, maxmem: 64 * 1024 * 1024 });
}
