import { comparePositions, type Position } from "@grantline/event-store";
import type { Told } from "./entry.ts";

const MOST = 5_000;

/** The latest revocations in memory, so that those who come back after a moment do not each ask the store. */
export interface Recent {
  add(told: readonly Told[], upTo: Position): void;
  /** Everything told after `position`, which is not before `since()`, or all there is. */
  after(position: Position): readonly Told[];
  /** Where the memory begins: what is after it is here. */
  since(): Position;
  /** Everything up to here has been taken in. */
  position(): Position;
}

export function createRecent(from: Position, most = MOST): Recent {
  let kept: Told[] = [];
  let since = from;
  let position = from;
  return {
    add(told, upTo) {
      kept.push(...told);
      if (comparePositions(upTo, position) > 0) position = upTo;
      if (kept.length <= most) return;
      // half at once, so that not every addition moves the whole
      const dropped = kept.slice(0, kept.length - most / 2);
      kept = kept.slice(dropped.length);
      since = dropped.at(-1)?.entry.position ?? since;
    },
    after: (after) => kept.filter(({ entry }) => comparePositions(entry.position, after) > 0),
    since: () => since,
    position: () => position,
  };
}
