import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM under a fresh random 96-bit IV: iv ‖ ciphertext ‖ tag. `aad` says what it is, so that one secret can't stand in for another.
 * Keys are KeyObjects, not bytes: a key given as bytes is imported at each use, which costs five times the encryption.
 */
export function wrap(key: KeyObject, aad: string, plain: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(aad));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when it was not made with this key and this `aad`, or was altered. */
export function unwrap(key: KeyObject, aad: string, wrapped: Uint8Array): Buffer | undefined {
  if (wrapped.length < IV_BYTES + TAG_BYTES) return undefined;
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.length);
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES }).setAAD(Buffer.from(aad));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    // GCM's only way to say no: the tag does not fit. That is an answer, not a fault.
    return undefined;
  }
}

/** The same secret wrapped under another key. Undefined when it can't be unwrapped. */
export function rewrap(from: KeyObject, to: KeyObject, aad: string, wrapped: Uint8Array): Buffer | undefined {
  const plain = unwrap(from, aad, wrapped);
  if (!plain) return undefined;
  const again = wrap(to, aad, plain);
  plain.fill(0);
  return again;
}
