import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { LeaseEvent, LeaseState } from "./types.ts";

/** The lease after one more event. Total. */
export function evolveLease(state: LeaseState, event: Recorded<LeaseEvent>): LeaseState {
  switch (event.type) {
    case "LeaseTaken":
      return { status: "held", holder: event.data.holder, term: event.data.term, since: event.at };
    case "LeaseReleased":
      return state.status === "held" && state.term === event.data.term ? { status: "free", term: state.term } : state;
    default:
      return exhausted(event, state);
  }
}
