import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { Attempt, Connection, UpstreamEvent, UpstreamState } from "./types.ts";

/** Seconds an attempt is remembered; its sealed state ends long before. */
const ATTEMPT_MEMORY = 3_600;

/** Connected, and nothing wrong. */
const CALM = { status: "connected", failures: 0 } as const;

/** The connection after one more event. Total: an event that does not fit the state changes nothing. */
export function evolveUpstream(state: UpstreamState, event: Recorded<UpstreamEvent>): UpstreamState {
  switch (event.type) {
    case "UpstreamCodeReceived": {
      const { attempt, record } = event.data;
      return { ...state, issued: record, attempts: withAttempt(state, attempt, { status: "received", record, at: event.at }) };
    }
    case "UpstreamAuthorizationFailed": {
      const { attempt } = event.data;
      const record = state.attempts[attempt]?.record ?? 0;
      return { ...state, attempts: withAttempt(state, attempt, { status: "failed", record, at: event.at }) };
    }
    case "UpstreamAuthorized":
      return authorized(state, event);
    case "UpstreamRefreshClaimed":
    case "UpstreamRefreshed":
    case "UpstreamRefreshFailed":
    case "UpstreamRevoked":
      return evolveConnection(state, event);
    default:
      return exhausted(event, state);
  }
}

type OfConnection = Exclude<UpstreamEvent["type"], "UpstreamCodeReceived" | "UpstreamAuthorizationFailed" | "UpstreamAuthorized">;

function evolveConnection(state: UpstreamState, event: Recorded<Extract<UpstreamEvent, { type: OfConnection }>>): UpstreamState {
  if (state.status === "none") return state;
  const { issued, attempts, connection } = state;
  switch (event.type) {
    case "UpstreamRefreshClaimed": {
      const { claim: id, generation, until, unasked } = event.data;
      if (state.status !== "connected") return state;
      return { ...state, issued: generation, claim: { id, generation, until }, unasked: unasked === true ? state.unasked + 1 : 0 };
    }
    case "UpstreamRefreshed":
      return {
        ...CALM,
        issued,
        attempts,
        connection: refreshed(connection, event),
        unasked: state.status === "connected" ? state.unasked : 0,
      };
    case "UpstreamRefreshFailed":
      return refreshFailed(state, event);
    case "UpstreamRevoked":
      return { status: "revoked", issued, attempts, connection, at: event.at };
    default:
      return exhausted(event, state);
  }
}

function refreshFailed(
  state: Exclude<UpstreamState, { status: "none" }>,
  { at, data: { reason, terminal, retryAt } }: Recorded<Extract<UpstreamEvent, { type: "UpstreamRefreshFailed" }>>,
): UpstreamState {
  if (state.status !== "connected") return state;
  const { issued, attempts, connection, failures, unasked } = state;
  if (terminal) return { status: "refused", issued, attempts, connection, reason, at };
  const resting = retryAt === undefined ? {} : { retryAt };
  return { status: "connected", issued, attempts, connection, failures: failures + 1, unasked, lastError: reason, ...resting };
}

function refreshed(connection: Connection, { at, data }: Recorded<Extract<UpstreamEvent, { type: "UpstreamRefreshed" }>>): Connection {
  const { expiresAt: _former, ...kept } = connection;
  const { claim: _claim, ...tokens } = data;
  return { ...kept, ...tokens, record: tokens.generation, refreshedAt: at };
}

function authorized(state: UpstreamState, { at, data }: Recorded<Extract<UpstreamEvent, { type: "UpstreamAuthorized" }>>): UpstreamState {
  const { attempt, ...connection } = data;
  return {
    ...CALM,
    issued: Math.max(state.issued, data.generation),
    attempts: withAttempt(state, attempt, { status: "done", record: data.record, at }),
    connection: { ...connection, begun: data.record, authorizedAt: at, refreshedAt: at },
    unasked: 0,
  };
}

function withAttempt({ attempts }: UpstreamState, id: string, attempt: Attempt): UpstreamState["attempts"] {
  const lately = Object.entries(attempts).filter(([, { at }]) => at > attempt.at - ATTEMPT_MEMORY);
  return { ...Object.fromEntries(lately), [id]: attempt };
}
