import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { TokenCommand, TokenEvent, TokenOutcome, TokenState } from "./types.ts";

/** RFC 7009 §2.1: revokes a token that has no grant; a second time changes nothing. Pure. */
export function decideToken(command: TokenCommand, state: TokenState): Decision<TokenEvent, TokenOutcome> {
  switch (command.kind) {
    case "revoke":
      if (state.status === "revoked") return ALREADY;
      return { events: [revoked(command)], outcome: { kind: "revoked", already: false } };
    default:
      return exhausted(command.kind, ALREADY);
  }
}

const ALREADY: Decision<TokenEvent, TokenOutcome> = { events: [], outcome: { kind: "revoked", already: true } };

function revoked({ jti, clientId, exp, reason }: TokenCommand): TokenEvent {
  return { type: "AccessTokenRevoked", data: { jti, clientId, exp, reason } };
}
