import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { SegmentsEvent, SegmentsState } from "./types.ts";

/** The segments after one more event. Total: what names a day or hold that is not there changes nothing. */
export function evolveSegments(state: SegmentsState, event: Recorded<SegmentsEvent>): SegmentsState {
  switch (event.type) {
    case "CheckpointKeyCreated":
      return { ...state, key: { kid: event.data.kid, vkey: event.data.vkey } };
    case "SegmentClosed": {
      const { note: _signed, ...range } = event.data;
      return { ...state, segments: [...state.segments, { ...range, closedAt: event.at }] };
    }
    case "SegmentDropped": {
      const { day, archive, count: gone } = event.data;
      return { ...state, segments: state.segments.map((segment) => (segment.day === day ? { ...segment, archive, gone } : segment)) };
    }
    case "LegalHoldPlaced":
      return { ...state, holds: [...state.holds, { ...event.data, placedAt: event.at }] };
    case "LegalHoldLifted":
      return { ...state, holds: state.holds.filter(({ hold }) => hold !== event.data.hold) };
    default:
      return exhausted(event, state);
  }
}
