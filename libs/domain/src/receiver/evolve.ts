import { exhausted, type Recorded } from "../kernel/index.ts";
import type { ReceiverEvent, ReceiverState } from "./types.ts";

/** The receiver's stream after one more event. Total. */
export function evolveReceiver(state: ReceiverState, event: Recorded<ReceiverEvent>): ReceiverState {
  switch (event.type) {
    case "SignalStreamCreated":
      return { kind: "active", ...event.data, status: "enabled", verifiedAt: 0 };
    case "SignalStreamUpdated": {
      if (state.kind === "none") return state;
      const { streamId, clientId, status, reason, verifiedAt } = state;
      return { kind: "active", streamId, clientId, status, verifiedAt, ...(reason === undefined ? {} : { reason }), ...event.data };
    }
    case "SignalStreamStatusChanged": {
      if (state.kind === "none") return state;
      const { reason: _former, ...rest } = state;
      return { ...rest, ...event.data };
    }
    case "SignalVerificationRequested":
      return state.kind === "none" ? state : { ...state, verifiedAt: event.at };
    case "SignalStreamDeleted":
      return { kind: "none" };
    default:
      return exhausted(event, state);
  }
}
