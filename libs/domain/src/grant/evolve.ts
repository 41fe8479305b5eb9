import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import { NONE_SUPERSEDED, supersede } from "./superseded.ts";
import type { ActiveGrant, CodeRedeemed, EarlierRotation, GrantAuthorized, GrantEvent, GrantState, RefreshTokenRotated } from "./types.ts";

/** Live access tokens a family may hold; a client that refreshes faster than they expire loses the oldest. */
export const MOST_LIVE_TOKENS = 32;
/** P4: no retry window is longer, seconds. */
export const LONGEST_RETRY_WINDOW = 300;
/** A client that rotates faster than this inside one window is not retrying lost answers. */
const EARLIER_ROTATIONS = 16;

/** The grant after one more event. Total: an event that does not fit the state changes nothing. */
export function evolveGrant(state: GrantState, event: Recorded<GrantEvent>): GrantState {
  switch (event.type) {
    case "GrantAuthorized":
      return state.status === "none" ? authorized(event.data) : state;
    case "GrantDenied":
      return state.status === "none" ? { status: "denied", clientId: event.data.clientId, subject: event.data.subject } : state;
    case "CodeRedeemed":
      return state.status === "authorized" ? redeemed(state, event.data, event.at) : state;
    case "RefreshTokenRotated":
      return state.status === "active" ? rotated(state, event.data, event.at) : state;
    case "RefreshRetried":
      return state.status === "active" ? retried(state, event.data.generation) : state;
    case "AccessTokenRevoked":
      return state.status === "active"
        ? { ...state, tokens: state.tokens.filter((token) => token.jti !== event.data.jti && token.exp >= event.at) }
        : state;
    case "GrantRevoked":
    case "GrantExpired":
      return ended(state, event.data.reason, event.at);
    case "CodeReplayDetected":
    case "RefreshReuseDetected":
      return state;
    default:
      return exhausted(event, state);
  }
}

function authorized(data: GrantAuthorized["data"]): GrantState {
  const { codeHash, codeExpiresAt, codeChallenge, redirectUri, redirectUriGiven, consent: _consent, ...basis } = data;
  return {
    status: "authorized",
    basis,
    code: {
      hash: codeHash,
      expiresAt: codeExpiresAt,
      ...(codeChallenge !== undefined && { challenge: codeChallenge }),
      ...(redirectUri !== undefined && { redirectUri }),
      redirectUriGiven,
    },
  };
}

function redeemed(state: Extract<GrantState, { status: "authorized" }>, data: CodeRedeemed["data"], at: number): ActiveGrant {
  return {
    status: "active",
    basis: state.basis,
    code: { ...state.code, redeemedAt: at },
    tokens: [data.access],
    ...(data.refresh && { refresh: data.refresh }),
    history: NONE_SUPERSEDED,
  };
}

function rotated(state: ActiveGrant, data: RefreshTokenRotated["data"], at: number): ActiveGrant {
  const used = state.refresh;
  if (!used || data.refresh.generation !== used.generation + 1) return state;
  const { access, refresh, ...requested } = data;
  const live = state.tokens.some((token) => token.exp < at) ? state.tokens.filter((token) => token.exp >= at) : state.tokens;
  return {
    status: "active",
    basis: state.basis,
    code: state.code,
    tokens: [...(live.length < MOST_LIVE_TOKENS ? live : live.slice(1 - MOST_LIVE_TOKENS)), access],
    refresh,
    rotation: { rotatedAt: at, retried: false, access, ...requested },
    earlierRotations: earlier(state, used, at),
    history: supersede(state.history, used.generation, used.hash),
  };
}

/** The rotations a retry may still ask for, oldest first. */
function earlier(state: ActiveGrant, successor: EarlierRotation["refresh"], at: number): readonly EarlierRotation[] {
  const open = (rotation: { readonly rotatedAt: number }): boolean => at - rotation.rotatedAt <= LONGEST_RETRY_WINDOW;
  const before = (state.earlierRotations ?? []).filter(open);
  if (state.rotation && open(state.rotation)) before.push({ ...state.rotation, refresh: successor });
  return before.length > EARLIER_ROTATIONS ? before.slice(-EARLIER_ROTATIONS) : before;
}

/** Marks the rotation that used `generation` as retried, so that the log gets one RefreshRetried a generation. */
function retried(state: ActiveGrant, generation: number): ActiveGrant {
  if (state.rotation && state.refresh?.generation === generation + 1) return { ...state, rotation: { ...state.rotation, retried: true } };
  const earlierRotations = (state.earlierRotations ?? []).map((rotation) =>
    rotation.refresh.generation === generation + 1 ? { ...rotation, retried: true } : rotation,
  );
  return { ...state, earlierRotations };
}

function ended(state: GrantState, reason: Extract<GrantState, { status: "revoked" }>["reason"], at: number): GrantState {
  if (state.status !== "authorized" && state.status !== "active") return state;
  const { basis, code } = state;
  if (state.status === "authorized") return { status: "revoked", basis, reason, at, code, history: NONE_SUPERSEDED };
  const history = state.refresh ? supersede(state.history, state.refresh.generation, state.refresh.hash) : state.history;
  return { status: "revoked", basis, reason, at, code, history };
}
