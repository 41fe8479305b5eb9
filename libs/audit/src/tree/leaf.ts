import type { SealedEvent } from "@grantline/event-store";
import { sha256 } from "./hashing.ts";

/** What the tree says of one event: its place in its stream, and its link in the stream's chain. */
export interface Leaf {
  readonly stream: string;
  readonly revision: number;
  readonly hash: string;
}

/**
 * The bytes of a leaf: `["stream",revision,"hash"]`, JSON without white space. `hash` covers the body and everything before it in the stream, so
 * the leaf needs no more; the position is not in it (P10), because a copy of the log in another store has others. The order is the tree's own.
 */
export function leafBytes({ stream, revision, hash }: Pick<SealedEvent, "stream" | "revision" | "hash">): Buffer {
  return Buffer.from(leafText(stream, revision, hash));
}

/** The leaf as text. A hash of ours is base64url and a stream rarely needs escaping: writing it by hand is four times as fast. */
export function leafText(stream: string, revision: number, hash: string): string {
  return PLAIN.test(stream) && PLAIN.test(hash) ? `["${stream}",${revision},"${hash}"]` : JSON.stringify([stream, revision, hash]);
}

const PLAIN = /^[\w.:-]*$/;

/** RFC 9162 §2.1.1, of the leaf of an event. Without making its bytes first: this runs for every event there is. */
export function eventLeafHash({ stream, revision, hash }: Pick<SealedEvent, "stream" | "revision" | "hash">): Buffer {
  return textLeafHash(leafText(stream, revision, hash));
}

export function textLeafHash(text: string): Buffer {
  return sha256(`\0${text}`);
}

/** Undefined for bytes that are no leaf of ours. */
export function parseLeaf(bytes: Uint8Array): Leaf | undefined {
  try {
    const [stream, revision, hash] = JSON.parse(Buffer.from(bytes).toString()) as unknown[];
    return typeof stream === "string" && typeof revision === "number" && typeof hash === "string" ? { stream, revision, hash } : undefined;
  } catch {
    return undefined; // the question was whether it is one
  }
}
