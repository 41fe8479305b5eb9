import { comparePositions, START, type EventStore, type StreamChange } from "@grantline/event-store";
import { TILE_WIDTH, type TreeReader } from "../tree/tiles.ts";
import { pagesOf } from "../verify/online.ts";
import type { RecordedSegment } from "../verify/segment-roots.ts";
import { packGone, unpackGone } from "./gone.ts";
import { canBeOver, streamOver } from "./stream-over.ts";

export interface PlannedDay {
  readonly segment: RecordedSegment;
  /** All leaves of the day that may be missing then, those of earlier drops included. */
  readonly gone: string;
  readonly count: number;
  /** Of these, new ones. */
  readonly added: number;
}

export interface DropPlan {
  readonly streams: readonly StreamChange[];
  readonly days: readonly PlannedDay[];
}

export interface PlanParts {
  readonly store: EventStore;
  readonly reader: TreeReader;
  /** Days that may be dropped, of all `segments`. */
  readonly droppable: ReadonlySet<string>;
  readonly segments: readonly RecordedSegment[];
  readonly now: number;
}

/**
 * Which streams are over and lie wholly in days that may be dropped, and which leaves those are. A stream goes whole or stays whole, so what stays is folded,
 * projected and verified as ever, from its first event on. Keeps a few dozen bytes for each stream that is still there in those days.
 */
export async function planDrop(parts: PlanParts): Promise<DropPlan> {
  const { store, segments, now } = parts;
  const found = await streamsIn(parts);
  const streams: StreamChange[] = [];
  const touched = new Set<string>();
  const going = new Set<string>();
  for (const [stream, { events, days }] of found) {
    const over = await streamOver(store, stream, now);
    // Its other events lie in days that are kept, held or still open
    if (over === undefined || over.revision + 1 !== events) continue;
    streams.push(over);
    going.add(stream);
    for (const day of days) touched.add(day);
  }
  const days: PlannedDay[] = [];
  for (const segment of segments) if (touched.has(segment.day)) days.push(await plannedDay(parts.reader, segment, going));
  return { streams, days };
}

interface Found {
  events: number;
  /** Those that may be dropped. */
  readonly days: string[];
}

/** Streams that have events in days that may be dropped, with how many. What earlier drops took is not there any more. */
async function streamsIn({ store, segments, droppable }: PlanParts): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  const days = segments.toSorted((a, b) => a.first - b.first);
  const last = days.findLast(({ day }) => droppable.has(day));
  if (last === undefined) return found;
  let at = 0;
  for await (const page of pagesOf(store, START)) {
    for (const { stream, position } of page) {
      if (comparePositions(position, last.upTo) > 0) return found;
      while (comparePositions(position, (days[at] as RecordedSegment).upTo) > 0) at++;
      const { day } = days[at] as RecordedSegment;
      if (!droppable.has(day) || !canBeOver(stream)) continue;
      const known = found.get(stream) ?? { events: 0, days: [] };
      known.events++;
      if (known.days.at(-1) !== day) known.days.push(day);
      found.set(stream, known);
    }
  }
  return found;
}

async function plannedDay(reader: TreeReader, segment: RecordedSegment, going: ReadonlySet<string>): Promise<PlannedDay> {
  const { first, end, dropped } = segment;
  const before = unpackGone(dropped?.gone ?? "");
  const flags = new Uint8Array(end - first);
  for (let tile = Math.floor(first / TILE_WIDTH); tile * TILE_WIDTH < end; tile++) {
    for (const [at, leaf] of (await reader.leaves(tile)).entries()) {
      const offset = tile * TILE_WIDTH + at - first;
      if (offset < 0 || offset >= flags.length || leaf === undefined) continue;
      if (going.has(leaf.stream) || before.has(offset)) flags[offset] = 1;
    }
  }
  const count = flags.reduce((sum, flag) => sum + flag, 0);
  return { segment, gone: packGone(flags), count, added: count - before.count };
}
