import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import { decideClaim, decideRefreshed, decideRefreshFailed } from "./refresh.ts";
import type { UpstreamCommand, UpstreamEvent, UpstreamOutcome, UpstreamState } from "./types.ts";

type Decided = Decision<UpstreamEvent, UpstreamOutcome>;
type Of<K extends UpstreamCommand["kind"]> = Extract<UpstreamCommand, { kind: K }>;

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };
const USED: Decided = { events: [], outcome: { kind: "refused", reason: "attempt-used" } };

/** What a command leads to on a connection. Pure. */
export function decideUpstream(command: UpstreamCommand, state: UpstreamState): Decided {
  switch (command.kind) {
    case "receive-code":
      return receiveCode(command, state);
    case "fail-authorization":
      return failAuthorization(command, state);
    case "authorize":
      return authorize(command, state);
    case "claim-refresh":
      return decideClaim(command, state);
    case "refreshed":
      return decideRefreshed(command, state);
    case "refresh-failed":
      return decideRefreshFailed(command, state);
    case "revoke":
      return revoke(command, state);
    default:
      return exhausted(command, UNCHANGED);
  }
}

/** P2: of any number of callbacks with one attempt's state one gets to redeem its code. */
function receiveCode({ attempt }: Of<"receive-code">, state: UpstreamState): Decided {
  if (Object.hasOwn(state.attempts, attempt)) return USED;
  const record = state.issued + 1;
  return { events: [{ type: "UpstreamCodeReceived", data: { attempt, record } }], outcome: { kind: "received", record } };
}

function failAuthorization({ attempt, reason }: Of<"fail-authorization">, state: UpstreamState): Decided {
  const known = Object.hasOwn(state.attempts, attempt) ? state.attempts[attempt] : undefined;
  if (known !== undefined && known.status !== "received") return USED;
  return {
    events: [{ type: "UpstreamAuthorizationFailed", data: { attempt, reason } }],
    outcome: { kind: "done", generation: state.issued },
  };
}

/** A later one takes the place of an earlier one; one that was overtaken by a later one changes nothing. */
function authorize({ attempt, secretName, origin, tokens }: Of<"authorize">, state: UpstreamState): Decided {
  const known = Object.hasOwn(state.attempts, attempt) ? state.attempts[attempt] : undefined;
  if (known?.status !== "received") return USED;
  const { record } = known;
  if (state.status !== "none" && state.connection.begun > record) return { events: [], outcome: { kind: "refused", reason: "superseded" } };
  // not the record's number: a refresh of the former tokens may have been given a higher one meanwhile
  const generation = state.issued + 1;
  return {
    events: [{ type: "UpstreamAuthorized", data: { attempt, ...origin, secretName, record, generation, ...tokens } }],
    outcome: { kind: "done", generation },
  };
}

function revoke({ reason }: Of<"revoke">, state: UpstreamState): Decided {
  if (state.status === "none" || state.status === "revoked") return UNCHANGED;
  const { generation } = state.connection;
  return { events: [{ type: "UpstreamRevoked", data: { generation, reason } }], outcome: { kind: "done", generation } };
}
