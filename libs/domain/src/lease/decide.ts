import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { LeaseCommand, LeaseEvent, LeaseOutcome, LeaseState } from "./types.ts";

type Decided = Decision<LeaseEvent, LeaseOutcome>;

/** What a command leads to on a lease. Of any number of takers in one term one is the first; the others are refused. Pure. */
export function decideLease(command: LeaseCommand, state: LeaseState): Decided {
  switch (command.kind) {
    case "take":
      return take(command, state);
    case "release":
      return release(command, state);
    default:
      return exhausted(command, UNCHANGED);
  }
}

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

function take({ holder, afterTerm }: Extract<LeaseCommand, { kind: "take" }>, state: LeaseState): Decided {
  if (state.term !== afterTerm) return { events: [], outcome: { kind: "refused", reason: "lease-moved", term: state.term } };
  const term = state.term + 1;
  return { events: [{ type: "LeaseTaken", data: { holder, term } }], outcome: { kind: "taken", term } };
}

/** Only the present holder gives a lease back; one that lost it has nothing to give. */
function release({ holder, term }: Extract<LeaseCommand, { kind: "release" }>, state: LeaseState): Decided {
  if (state.status !== "held" || state.holder !== holder || state.term !== term) return UNCHANGED;
  return { events: [{ type: "LeaseReleased", data: { holder, term } }], outcome: { kind: "released" } };
}
