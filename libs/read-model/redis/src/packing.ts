import { deflateRawSync, inflateRawSync } from "node:zlib";
import { DICTIONARY } from "./dictionary.ts";

/**
 * Makes JSON text small without losing a byte of it. Half of what is kept is digests and random ids, which deflate can't shorten; they go in as the bytes they
 * stand for, each once, and leave a control character behind, which JSON text never holds. The words around them are known to the dictionary.
 */
export function pack(text: string): Buffer {
  const places = new Map<string, number>();
  const raw: Buffer[] = [];
  const shorten = (found: string): string => {
    const place = places.get(found);
    if (place !== undefined) return AGAIN + String.fromCharCode(FIRST_PLACE + place);
    const form = FORMS.find(({ reads }) => reads.test(found)) as Form;
    const bytes = form.encode(found);
    if (places.size === MOST_PLACES || form.decode(bytes) !== found) return found;
    places.set(found, places.size);
    raw.push(bytes);
    return form.mark + (form.sized ? String.fromCharCode(FIRST_PLACE + bytes.length) : "");
  };
  // Runs of characters first, and only then what they are: one pass over the text, where looking for each form at each place would take many.
  const words =
    text.length > LONG
      ? text
      : text.replace(RUN, (run) => (WHOLE.has(run.length) && RANDOM.test(run) ? shorten(run) : run.replace(HEX, shorten)));
  const bytes = Buffer.concat(raw);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(bytes.length);
  return Buffer.concat([length, bytes, deflateRawSync(words, DEFLATE)]);
}

export function unpack(packed: Buffer): string {
  const end = 2 + packed.readUInt16LE(0);
  let at = 2;
  const known: string[] = [];
  return inflateRawSync(packed.subarray(end), { dictionary: DICTIONARY })
    .toString()
    .replace(MARKED, (marked) => {
      const number = marked.charCodeAt(1) - FIRST_PLACE;
      if (marked.startsWith(AGAIN)) return known[number] as string;
      const form = FORMS.find(({ mark }) => marked.startsWith(mark)) as Form;
      const bytes = packed.subarray(at, at + (form.sized ? number : form.length));
      at += bytes.length;
      const text = form.decode(bytes);
      known.push(text);
      return text;
    });
}

interface Form {
  readonly mark: string;
  readonly reads: RegExp;
  /** Bytes; of a sized one it stands behind the mark. */
  readonly length: number;
  readonly sized: boolean;
  encode(text: string): Buffer;
  decode(bytes: Buffer): string;
}

/** Texts and dictionary are a few kilobytes: a window for more would only take time to make. */
const DEFLATE = { dictionary: DICTIONARY, level: 6, windowBits: 13, memLevel: 8 } as const;
const AGAIN = "\u0005";
const FIRST_PLACE = 0x20;
/** Of what one character can name. */
const MOST_PLACES = 90;
const MOST_HEX = 128;

const base64url = (mark: string, length: number, characters: number): Form => ({
  mark,
  length,
  sized: false,
  reads: new RegExp(`^[A-Za-z0-9_-]{${characters}}$`),
  encode: (text) => Buffer.from(text, "base64url"),
  decode: (bytes) => bytes.toString("base64url"),
});

const FORMS: readonly Form[] = [
  {
    mark: "\u0001",
    length: 16,
    sized: false,
    reads: /^[0-9a-f]{8}-/,
    encode: (text) => Buffer.from(text.replaceAll("-", ""), "hex"),
    decode: (bytes) => bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
  },
  {
    mark: "\u0002",
    length: 0,
    sized: true,
    reads: /^[0-9a-f]+$/,
    encode: (text) => Buffer.from(text, "hex"),
    decode: (bytes) => bytes.toString("hex"),
  },
  base64url("\u0003", 32, 43),
  base64url("\u0004", 16, 22),
];

/** Longer is a family of many live tokens, which share what is kept: deflate alone is enough for them, at a fifth of the time. Characters. */
const LONG = 4_096;
/** What an identifier, a digest or a random value is made of; shorter ones are not worth a mark. */
const RUN = /[\w-]{16,}/g;
/** UUIDs, and digests and 128-bit values as base64url. */
const RANDOM = /^(?:[\w-]{43}|[\w-]{22}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;
const WHOLE: ReadonlySet<number> = new Set([22, 36, 43]);
/** Whatever is long in hexadecimal, an even number of digits of it, also within a longer name. */
const HEX = new RegExp(`(?:[0-9a-f]{2}){8,${MOST_HEX / 2}}`, "g");
// oxlint-disable-next-line no-control-regex -- the marks are control characters, since JSON text holds none
const MARKED = new RegExp("[\u0001\u0003\u0004]|[\u0002\u0005][^]", "g");
