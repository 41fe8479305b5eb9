import type { Decider } from "../kernel/index.ts";
import { decideSegments } from "./decide.ts";
import { segmentsEvents } from "./events.ts";
import { evolveSegments } from "./evolve.ts";
import type { SegmentsCommand, SegmentsEvent, SegmentsOutcome, SegmentsState } from "./types.ts";

export type * from "./types.ts";
export { segmentsEvents } from "./events.ts";

export const segmentsDecider: Decider<SegmentsState, SegmentsCommand, SegmentsEvent, SegmentsOutcome> = {
  stream: "segments",
  events: segmentsEvents,
  initial: { segments: [], holds: [] },
  decide: decideSegments,
  evolve: evolveSegments,
};
