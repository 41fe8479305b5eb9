import { exhausted, type Recorded } from "../kernel/index.ts";
import type { FindingEvent, FindingState } from "./types.ts";

/** The finding after one more event. Total. */
export function evolveFinding(state: FindingState, event: Recorded<FindingEvent>): FindingState {
  switch (event.type) {
    case "AnomalyDetected":
      return state.status === "none" ? { status: "open", finding: event.data, detectedAt: event.at } : state;
    case "ResponseTaken":
      return state.status === "open" ? { ...state, status: "answered", taken: event.data } : state;
    case "ResponseLifted":
      return state.status === "answered" ? { ...state, status: "lifted", reason: event.data.reason } : state;
    default:
      return exhausted(event, state);
  }
}
