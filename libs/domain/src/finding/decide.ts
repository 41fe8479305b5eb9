import { exhausted, type Decision } from "../kernel/index.ts";
import type { FindingCommand, FindingEvent, FindingOutcome, FindingState } from "./types.ts";

type Decided = Decision<FindingEvent, FindingOutcome>;

/** What a command leads to on a finding. Pure. Found twice it is one finding, answered twice it has one response, and what was lifted is not answered again. */
export function decideFinding(command: FindingCommand, state: FindingState): Decided {
  switch (command.kind) {
    case "detect":
      return state.status === "none" ? done({ type: "AnomalyDetected", data: command.finding }) : UNCHANGED;
    case "answer":
      if (state.status === "none") return refused("finding-unknown");
      return state.status === "open" ? done({ type: "ResponseTaken", data: command.taken }) : UNCHANGED;
    case "lift":
      return lift(command, state);
    default:
      return exhausted(command, UNCHANGED);
  }
}

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

function done(event: FindingEvent): Decided {
  return { events: [event], outcome: { kind: "done" } };
}

function refused(reason: "finding-unknown" | "nothing-to-lift"): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}

function lift({ reason, undone }: Extract<FindingCommand, { kind: "lift" }>, state: FindingState): Decided {
  if (state.status === "none") return refused("finding-unknown");
  if (state.status === "lifted") return UNCHANGED;
  return state.status === "answered" ? done({ type: "ResponseLifted", data: { reason, undone } }) : refused("nothing-to-lift");
}
