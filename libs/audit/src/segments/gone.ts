import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Which leaves of a day the store may have forgotten; offsets from the day's first leaf. */
export interface Gone {
  has(offset: number): boolean;
  readonly count: number;
}

/** A day of a thousand million leaves of which every other one stayed; more is no list of ours. */
const MOST_BYTES = 1 << 30;
const NOTHING: Gone = { has: () => false, count: 0 };

/** Packs the flags of a day's leaves: lengths of the runs kept, gone, kept, … as LEB128, deflated, base64url. Same flags, same text. */
export function packGone(flags: Uint8Array): string {
  const bytes: number[] = [];
  for (let at = 0, wanted = 0; at < flags.length; wanted = 1 - wanted) {
    let length = 0;
    while (at < flags.length && flags[at] === wanted) [at, length] = [at + 1, length + 1];
    for (; length > 127; length = Math.floor(length / 128)) bytes.push((length % 128) + 128);
    bytes.push(length);
  }
  return deflateRawSync(Uint8Array.from(bytes)).toString("base64url");
}

/** Throws when the text is none of ours. */
export function unpackGone(text: string): Gone {
  if (text === "") return NOTHING;
  const bytes = inflateRawSync(Buffer.from(text, "base64url"), { maxOutputLength: MOST_BYTES });
  const ends: number[] = [];
  let [at, length, factor, count] = [0, 0, 1, 0];
  for (const byte of bytes) {
    length += (byte % 128) * factor;
    factor *= 128;
    if (byte > 127) continue;
    at += length;
    if (ends.length % 2 === 1) count += length;
    ends.push(at);
    [length, factor] = [0, 1];
  }
  return { has: (offset) => runOf(ends, offset) % 2 === 1, count };
}

/** Which run an offset lies in; of `ends.length` when behind all, which is told apart by being asked for no such offset. */
function runOf(ends: readonly number[], offset: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) > offset) high = middle;
    else low = middle + 1;
  }
  return low < ends.length ? low : 0;
}
