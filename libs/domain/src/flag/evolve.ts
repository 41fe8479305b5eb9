import { exhausted, type Recorded } from "../kernel/index.ts";
import type { FlagEvent, FlagState } from "./types.ts";

/** The flag after one more event. Total. */
export function evolveFlag(state: FlagState, event: Recorded<FlagEvent>): FlagState {
  switch (event.type) {
    case "FlagDefined":
      return { status: "set", name: event.data.name, ...changed(event), changes: 1 };
    case "FlagChanged":
      return state.status === "set" ? { ...state, ...changed(event), changes: state.changes + 1 } : state;
    default:
      return exhausted(event, state);
  }
}

function changed({ data: { enabled, rollout, providers, clients, reason }, at }: Recorded<FlagEvent>) {
  return { setting: { enabled, rollout, providers, clients }, reason, changedAt: at };
}
