import type { KeySpace } from "./key-space.ts";

/** Records of neighbours share a hash: a key of its own with its own end would cost each some 80 bytes more. */
const IN_ONE_BUCKET = 64;

/** Where the record of a token without a grant lies. */
export interface RecordPlace {
  /** Hash tag of the bucket, and of whatever else is of these tokens. */
  readonly tag: string;
  readonly bucket: string;
  readonly field: string;
}

/** By `{writer}-{hour}.{revision}`, as the token carries it (issuance.ts). */
export function recordPlace({ key }: KeySpace, slot: string, revision: number): RecordPlace {
  const tag = `${slot}.${Math.floor(revision / IN_ONE_BUCKET)}`;
  return { tag, bucket: key(tag, "i"), field: String(revision % IN_ONE_BUCKET) };
}

const TOKEN = /^token-(.+)\.(\d{1,15})$/;
const ISSUANCE = "issuance-";

/** Of the stream that revokes such a token; undefined for other streams. */
export function recordOfToken(keySpace: KeySpace, stream: string): RecordPlace | undefined {
  const [, slot, revision] = TOKEN.exec(stream) ?? [];
  return slot === undefined ? undefined : recordPlace(keySpace, slot, Number(revision));
}

/** Of the event that issued it. */
export function recordOfEvent(keySpace: KeySpace, stream: string, revision: number): RecordPlace {
  return recordPlace(keySpace, stream.startsWith(ISSUANCE) ? stream.slice(ISSUANCE.length) : stream, revision);
}
