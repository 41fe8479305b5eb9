import { comparePositions, START, verifyLog, type LogVerification, type Position } from "@grantline/event-store";
import type { SqliteEventLog } from "@grantline/event-store-sqlite";
import { everySecond } from "../every-second.ts";
import { CommandFailed } from "../failure.ts";
import { json } from "../show.ts";
import type { Terminal } from "../terminal.ts";

type Broken = Extract<LogVerification, { kind: "broken" }>;

const MEANING: Readonly<Record<Broken["why"], string>> = {
  "revision-gap": "the event before it in its stream is missing, or it stands in the place of another",
  "hash-mismatch": "it, or an event before it in its stream, is not what was written",
  "body-mismatch": "what is stored beside its body says something else than the body",
  "not-findable": "its stream is not found by its name",
  "position-order": "it stands before an older event of its stream",
  "position-gap": "its place is empty: an event was removed",
};

/**
 * Says that the log is intact, or throws CommandFailed with the first bad position. `floor`: up to here days were dropped, and what may be missing of them only
 * the signed tree can tell.
 */
export function verifyEvents(log: SqliteEventLog, floor: Position, terminal: Pick<Terminal, "out" | "error">, asJson: boolean): void {
  const total = log.count();
  const startedMs = performance.now();
  const rate = (events: number): number => Math.round(events / Math.max(0.001, (performance.now() - startedMs) / 1_000));
  const progress = everySecond((events: number) => terminal.error(`${events} of ${total} events, ${rate(events)} events/s\n`));
  const verification = withGap(verifyLog(log.inStreamOrder(), progress), log.firstGap(floor));
  tellVerification(verification, { floor, eventsPerSecond: rate(verification.events), asJson }, terminal);
}

/** The answer, in a line or as JSON. Throws CommandFailed when the log is broken. */
export function tellVerification(
  found: LogVerification,
  of: { readonly floor: Position; readonly eventsPerSecond: number; readonly asJson: boolean },
  { out }: Pick<Terminal, "out">,
): void {
  if (of.asJson) {
    const { kind, ...rest } = found;
    const dropped = of.floor === START ? {} : { dropped_up_to: of.floor };
    out(json({ intact: kind === "intact", ...rest, events_per_second: of.eventsPerSecond, ...dropped }));
  }
  if (found.kind === "broken") throw new CommandFailed(sentence(found), 1);
  if (of.asJson) return;
  out(`intact: ${found.events} events in ${found.streams} streams, ${of.eventsPerSecond} events/s\n`);
  out(aboutDropped(of.floor));
}

function aboutDropped(floor: Position): string {
  if (floor === START) return "";
  return `Days up to position ${floor} were dropped: \`grantline audit verify\` tells whether anything else is missing there.\n`;
}

/** A position that is missing may lie before what else is wrong. */
export function withGap(verification: LogVerification, gap: string | undefined): LogVerification {
  if (gap === undefined) return verification;
  if (verification.kind === "broken" && comparePositions(verification.position, gap) < 0) return verification;
  const { events, streams } = verification;
  return { kind: "broken", position: gap, why: "position-gap", events, streams };
}

/** What is broken and where, for a person. */
function sentence({ position, why, stream, revision }: Broken): string {
  const place = stream === undefined ? "" : ` (${stream}, revision ${revision})`;
  return `the log is broken at position ${position}${place}: ${why}, ${MEANING[why]}`;
}
