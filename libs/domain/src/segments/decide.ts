import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { SegmentsCommand, SegmentsEvent, SegmentsOutcome, SegmentsState } from "./types.ts";

type Of<K extends SegmentsCommand["kind"]> = Extract<SegmentsCommand, { kind: K }>;
type Decided = Decision<SegmentsEvent, SegmentsOutcome>;

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

/** What a command leads to on the days of the log (P13). Pure. */
export function decideSegments(command: SegmentsCommand, state: SegmentsState): Decided {
  switch (command.kind) {
    case "create-key":
      // One key for good: another would part the checkpoints before it from those after it
      return state.key === undefined
        ? done({ type: "CheckpointKeyCreated", data: { kid: command.kid, vkey: command.vkey } })
        : refuse("key-exists");
    case "close":
      return close(command, state);
    case "drop":
      return drop(command, state);
    case "place-hold":
      return place(command, state);
    case "lift-hold":
      return state.holds.some(({ hold }) => hold === command.hold)
        ? done({ type: "LegalHoldLifted", data: { hold: command.hold, reason: command.reason } })
        : refuse("hold-unknown");
    default:
      return exhausted(command, UNCHANGED);
  }
}

function refuse(reason: Extract<SegmentsOutcome, { kind: "refused" }>["reason"]): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}

function done(event: SegmentsEvent): Decided {
  return { events: [event], outcome: { kind: "done" } };
}

function close({ segment, note }: Of<"close">, { segments }: SegmentsState): Decided {
  const last = segments.at(-1);
  const known = segments.find(({ day }) => day === segment.day);
  // Closed by another instance just now: the same tree gives the same segment
  if (known !== undefined) return known.first === segment.first && known.end === segment.end ? UNCHANGED : refuse("segment-gap");
  // Segments lie end to end: no leaf may belong to none
  const follows = segment.first === (last?.end ?? 0) && segment.end > segment.first && segment.day > (last?.day ?? "");
  return follows ? done({ type: "SegmentClosed", data: { ...segment, note } }) : refuse("segment-gap");
}

/** What is gone stays gone, so the next event about a day names more than the last one. */
function drop({ day, archive, now, keptUntil, before, gone, count, note }: Of<"drop">, { segments, holds }: SegmentsState): Decided {
  const found = segments.find((segment) => segment.day === day);
  if (found === undefined) return refuse("segment-unknown");
  if (holds.some(({ fromDay, untilDay }) => fromDay <= day && day <= untilDay)) return refuse("segment-held");
  if (now < keptUntil) return refuse("segment-retained");
  // Another drop was faster, and this list does not name what it took
  if ((found.gone ?? 0) !== before) return refuse("segment-moved");
  if (found.archive !== undefined && count <= before) return UNCHANGED;
  const { first, end, upTo, root } = found;
  return done({ type: "SegmentDropped", data: { day, first, end, upTo, root, archive: found.archive ?? archive, gone, count, note } });
}

function place({ hold, fromDay, untilDay, reason }: Of<"place-hold">, { holds }: SegmentsState): Decided {
  if (holds.some((standing) => standing.hold === hold)) return refuse("hold-exists");
  if (untilDay < fromDay) return refuse("hold-backwards");
  return done({ type: "LegalHoldPlaced", data: { hold, fromDay, untilDay, reason } });
}
