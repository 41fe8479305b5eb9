import { hash } from "node:crypto";
import type { Random } from "../context/index.ts";

// RFC 8628 §6.1: consonants without those that are read as another letter; no vowel, so no word by chance. 20^8 codes, 34.5 bits
const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";
const LENGTH = 8;
const SHAPE = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);
/** The highest multiple of 20 a byte can stand for: what is above would make some letters likelier. */
const FAIR = 240;

/** A new user code, eight letters. */
export function makeUserCode(random: Random): string {
  let code = "";
  while (code.length < LENGTH) {
    for (const byte of Buffer.from(random.hex(16), "hex")) {
      if (byte < FAIR && code.length < LENGTH) code += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return code;
}

/** What a person typed as a user code; undefined when it can't be one. RFC 8628 §6.1: case and punctuation don't count. */
export function readUserCode(typed: string | undefined): string | undefined {
  if (typed === undefined || typed.length > 32) return undefined;
  const code = typed.toUpperCase().replace(/[^A-Z0-9]/g, "");
  return SHAPE.test(code) ? code : undefined;
}

/** As people read it: WDJB-MJHT. */
export function showUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** Name of a user code in a store. */
export function userCodeKey(code: string): string {
  return `device-user-code:${hash("sha256", code, "base64url")}`;
}
