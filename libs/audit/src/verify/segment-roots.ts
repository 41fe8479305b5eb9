import type { SegmentRange } from "@grantline/domain/segments";
import type { NoteVerifier } from "../note/note.ts";
import { signsSegment } from "../segments/close-segments.ts";
import { type DroppedRows, signsDropped } from "../segments/dropped-rows.ts";
import { type Gone, unpackGone } from "../segments/gone.ts";
import { CompactRange } from "../tree/range.ts";
import type { Broken } from "./types.ts";

/** A closed day as the log tells it; `dropped` when some of its rows may be gone. */
export interface RecordedSegment extends SegmentRange {
  readonly note: string;
  readonly dropped?: DroppedRows;
}

/** Holds the leaves against the roots that were signed for the closed days. */
export interface SegmentRoots {
  /** May the event of this leaf be missing from the store? */
  dropped(leaf: number): boolean;
  /** The next leaf, in order. The fault of the segment that ends with it. */
  append(leaf: number, hash: Buffer): Broken | undefined;
}

export function createSegmentRoots(recorded: readonly RecordedSegment[], verifier: NoteVerifier): SegmentRoots {
  const segments = recorded.toSorted((a, b) => a.first - b.first);
  let at = 0;
  let range = new CompactRange();
  let gone: Gone | undefined;
  const current = (leaf: number): RecordedSegment | undefined => {
    for (; (segments[at]?.end ?? Infinity) <= leaf; at++) [range, gone] = [new CompactRange(), undefined];
    const segment = segments[at];
    return segment !== undefined && segment.first <= leaf ? segment : undefined;
  };
  return {
    dropped: (leaf) => {
      const segment = current(leaf);
      if (segment?.dropped === undefined) return false;
      gone ??= unpackGone(signsDropped(segment, segment.dropped, verifier) ? segment.dropped.gone : "");
      return gone.has(leaf - segment.first);
    },
    append: (leaf, hash) => {
      const segment = current(leaf);
      if (segment === undefined) return undefined;
      range.append(hash);
      if (leaf + 1 < segment.end || range.size < segment.end - segment.first) return undefined;
      const right = range.root().toString("base64url") === segment.root && signsSegment(segment.note, segment, verifier);
      return right ? undefined : { kind: "broken", why: "segment-mismatch", leaf: segment.first, position: segment.upTo, events: 0 };
    },
  };
}
