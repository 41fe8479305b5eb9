import { checksum, checksumHolds } from "./checksum.ts";

/** What a value of ours may be. The prefix is part of the value, so none ever passes as another. */
export type ArtefactKind = "code" | "refresh" | "access" | "registration" | "device";

const PREFIX: Readonly<Record<ArtefactKind, string>> = {
  code: "gl_ac_",
  refresh: "gl_rt_",
  access: "gl_at_",
  registration: "gl_rat_",
  device: "gl_dc_",
};
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const SHAPE = /^\.[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/;
const LONGEST = 256;

/** Bytes of a secret: 256 bits, 43 characters base64url (OAuth 2.1 §7.5.3 asks for at least 128). */
export const SECRET_BYTES = 32;

/** `{prefix}{locator}.{secret}{checksum}`. `secret` is 43 characters base64url. */
export function seal(kind: ArtefactKind, locator: string, secret: string): string {
  const value = `${PREFIX[kind]}${locator}.${secret}`;
  return value + checksum(value);
}

/** Shape, prefix and checksum, before anything is looked up. Undefined: not one of ours, or not of this kind. */
export function unseal(kind: ArtefactKind, value: string): { readonly locator: string; readonly secret: string } | undefined {
  const prefix = PREFIX[kind];
  const dot = value.length - SECRET_LENGTH - CHECKSUM_LENGTH - 1;
  if (value.length > LONGEST || dot <= prefix.length || !value.startsWith(prefix)) return undefined;
  if (!SHAPE.test(value.slice(dot)) || !checksumHolds(value)) return undefined;
  return { locator: value.slice(prefix.length, dot), secret: value.slice(dot + 1, dot + 1 + SECRET_LENGTH) };
}

export function hasPrefix(kind: ArtefactKind, value: string): boolean {
  return value.startsWith(PREFIX[kind]);
}
