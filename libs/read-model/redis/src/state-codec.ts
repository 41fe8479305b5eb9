import type { SharedState, StoredEvent } from "@grantline/event-store";
import { pack, unpack } from "./packing.ts";

/** What stands before the body of an entry, in clear, for the scripts: "epoch revision position ". */
export interface EntryHead {
  readonly epoch: string;
  readonly revision: number;
  readonly position: string;
}

const EPOCH_LENGTH = 6;
const SPACE = 0x20;

export function encodeHead({ epoch, revision, position }: EntryHead): Buffer {
  return Buffer.from(`${epoch}${revision} ${position} `, "latin1");
}

/** Undefined for what is no entry. */
export function decodeEntry(entry: Buffer): { readonly head: EntryHead; readonly body: Buffer } | undefined {
  const first = entry.indexOf(SPACE, EPOCH_LENGTH);
  const second = first < 0 ? -1 : entry.indexOf(SPACE, first + 1);
  if (second < 0) return undefined;
  const epoch = entry.toString("latin1", 0, EPOCH_LENGTH);
  const revision = Number(entry.toString("latin1", EPOCH_LENGTH, first));
  return { head: { epoch, revision, position: entry.toString("latin1", first + 1, second) }, body: entry.subarray(second + 1) };
}

export function encodeState({ fold, state, hash }: SharedState): Buffer {
  return pack(JSON.stringify([fold, hash, state]));
}

export function decodeState(body: Buffer, { revision, position }: EntryHead): SharedState {
  const [fold, hash, state] = JSON.parse(unpack(body)) as [string, string, unknown];
  return { fold, hash, state, revision, asOf: position };
}

/** Stream, revision, id and type stand in the event's own text. */
export function encodeEvent({ position, hash, body }: StoredEvent): Buffer {
  return pack(`${position} ${hash} ${body}`);
}

export function decodeEvent(packed: Buffer): StoredEvent {
  const text = unpack(packed);
  const first = text.indexOf(" ");
  const second = text.indexOf(" ", first + 1);
  const body = text.slice(second + 1);
  const { id, stream, revision, type } = JSON.parse(body) as Pick<StoredEvent, "id" | "stream" | "revision" | "type">;
  return { id, stream, revision, type, body, hash: text.slice(first + 1, second), position: text.slice(0, first) };
}
