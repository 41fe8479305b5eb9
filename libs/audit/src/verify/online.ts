import type { SegmentClosed, SegmentDropped } from "@grantline/domain/segments";
import { parseEvent, type EventStore, type Position, type StoredEvent, START } from "@grantline/event-store";
import type { NoteVerifier } from "../note/note.ts";
import type { TreeStore } from "../tree/port.ts";
import { createTreeReader } from "../tree/tiles.ts";
import type { RecordedSegment } from "./segment-roots.ts";
import type { AuditVerification } from "./types.ts";
import { verifyAudit } from "./verify-audit.ts";

export interface OnlineVerification {
  readonly store: EventStore;
  readonly treeStore?: TreeStore;
  readonly region: string;
  readonly verifier: NoteVerifier;
  /** Checkpoints that were taken off the box. */
  readonly exported?: readonly string[];
  /** The store numbers events without a gap (SQLite). */
  readonly contiguous?: boolean;
  readonly onEvent?: (events: number) => void;
}

const PAGE = 2_000;

/** Verifies the log of a store, which may go on growing meanwhile. */
export async function verifyStore({
  store,
  treeStore,
  region,
  verifier,
  exported = [],
  contiguous,
  onEvent,
}: OnlineVerification): Promise<AuditVerification> {
  // Before the events: what is signed now is in the store already
  const note = await treeStore?.checkpoint();
  const state = await treeStore?.state();
  return verifyAudit({
    pages: pagesOf(store),
    checkpoints: [...exported, ...(note === undefined ? [] : [note])],
    verifier,
    ...(treeStore === undefined || state === undefined ? {} : { tree: { reader: createTreeReader(treeStore), size: state.size } }),
    segments: await recordedSegments(store, region),
    ...(contiguous === undefined ? {} : { contiguous }),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}

/** The log in order of position. */
export async function* pagesOf(store: EventStore, after = START): AsyncGenerator<readonly StoredEvent[]> {
  for (let from = after; ;) {
    const page = await store.readAll(from, PAGE);
    yield page;
    const last = page.at(-1);
    if (last === undefined) return;
    from = last.position;
  }
}

/** Position of the last event of the newest day of which rows were dropped; START when none were. */
export async function droppedUpTo(store: Pick<EventStore, "readStream">, region: string): Promise<Position> {
  return (await recordedSegments(store, region)).findLast(({ dropped }) => dropped !== undefined)?.upTo ?? START;
}

/** The closed days, as the log tells them. */
export async function recordedSegments(store: Pick<EventStore, "readStream">, region: string): Promise<readonly RecordedSegment[]> {
  const closed = new Map<string, RecordedSegment>();
  for (let from = 0; ; from += PAGE) {
    const page = await store.readStream(`segments-${region}`, from, PAGE);
    for (const stored of page) {
      const { event } = parseEvent<SegmentClosed | SegmentDropped>(stored);
      if (event.type === "SegmentClosed") closed.set(event.data.day, event.data);
      if (event.type !== "SegmentDropped") continue;
      const { day, archive, gone, count, note } = event.data;
      const known = closed.get(day);
      if (known !== undefined) closed.set(day, { ...known, dropped: { archive, gone, count, note } });
    }
    if (page.length < PAGE) return [...closed.values()];
  }
}
