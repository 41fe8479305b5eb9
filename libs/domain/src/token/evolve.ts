import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { TokenEvent, TokenState } from "./types.ts";

/** The token after one more event. Total. */
export function evolveToken(state: TokenState, event: Recorded<TokenEvent>): TokenState {
  switch (event.type) {
    case "AccessTokenRevoked":
      return { status: "revoked", jti: event.data.jti, exp: event.data.exp };
    default:
      return exhausted(event.type, state);
  }
}
