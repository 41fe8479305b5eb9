import { crc32 } from "node:zlib";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH = 6;

/** Six base62 characters of the CRC-32 of `text`: lets scanners and people tell a real token from a mistyped one. No security rests on it. */
export function checksum(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (let place = 0; place < LENGTH; place++) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Does `value` end in the checksum of all before it? */
export function checksumHolds(value: string): boolean {
  const cut = value.length - LENGTH;
  return checksum(value.slice(0, cut)) === value.slice(cut);
}
