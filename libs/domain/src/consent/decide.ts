import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import { covers, intersection } from "./scope-sets.ts";
import type { ConsentCommand, ConsentEvent, ConsentOutcome, ConsentState } from "./types.ts";

type Decided = Decision<ConsentEvent, ConsentOutcome>;

/** What a command leads to on a consent. Pure. */
export function decideConsent(command: ConsentCommand, state: ConsentState): Decided {
  switch (command.kind) {
    case "grant":
      return grant(command, state);
    case "narrow":
      return narrow(command, state);
    case "withdraw":
      return withdraw(state);
    default:
      return exhausted(command, UNKNOWN);
  }
}

const UNKNOWN: Decided = { events: [], outcome: { kind: "refused", reason: "consent-unknown" } };

function unchanged({ generation }: ConsentState): Decided {
  return { events: [], outcome: { kind: "unchanged", generation } };
}

function grant({ subject, clientId, scopes, remember }: Extract<ConsentCommand, { kind: "grant" }>, state: ConsentState): Decided {
  const standing = state.status === "granted" && state.remember && remember && covers(state.scopes, scopes);
  if (standing) return unchanged(state);
  return {
    events: [{ type: "ConsentGranted", data: { subject, clientId, scopes, remember } }],
    outcome: { kind: "done", generation: state.generation },
  };
}

function narrow({ scopes }: Extract<ConsentCommand, { kind: "narrow" }>, state: ConsentState): Decided {
  if (state.status !== "granted") return UNKNOWN;
  if (covers(scopes, state.scopes)) return unchanged(state);
  // Narrowing takes away; what was never allowed cannot come in this way
  return {
    events: [{ type: "ConsentNarrowed", data: { scopes: intersection(state.scopes, scopes) } }],
    outcome: { kind: "done", generation: state.generation },
  };
}

function withdraw(state: ConsentState): Decided {
  if (state.status === "none") return UNKNOWN;
  if (state.status === "withdrawn") return unchanged(state);
  const generation = state.generation + 1;
  return { events: [{ type: "ConsentWithdrawn", data: { generation } }], outcome: { kind: "done", generation } };
}
