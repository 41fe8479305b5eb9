import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import { union } from "./scope-sets.ts";
import type { ConsentEvent, ConsentGranted, ConsentState } from "./types.ts";

/** The consent after one more event. Total: an event that does not fit the state changes nothing. */
export function evolveConsent(state: ConsentState, event: Recorded<ConsentEvent>): ConsentState {
  switch (event.type) {
    case "ConsentGranted":
      return granted(state, event.data, event.at);
    case "ConsentNarrowed":
      return state.status === "granted" ? { ...state, scopes: event.data.scopes } : state;
    case "ConsentWithdrawn":
      return state.status === "granted"
        ? { status: "withdrawn", subject: state.subject, clientId: state.clientId, generation: event.data.generation }
        : state;
    default:
      return exhausted(event, state);
  }
}

/** Remembered consent adds up. Consent for this once neither joins it nor ends it: it lives in its event, which the grant refers to. */
function granted(state: ConsentState, { subject, clientId, scopes, remember }: ConsentGranted["data"], at: number): ConsentState {
  const remembered = state.status === "granted" && state.remember ? state : undefined;
  if (remembered && !remember) return remembered;
  return {
    status: "granted",
    subject,
    clientId,
    scopes: remembered ? union(remembered.scopes, scopes) : scopes,
    remember,
    generation: state.generation,
    grantedAt: at,
  };
}
