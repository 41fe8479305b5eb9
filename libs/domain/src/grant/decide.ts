import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import { openByDevice } from "./open-by-device.ts";
import { redeemCode } from "./redeem-code.ts";
import { refuse } from "./refuse.ts";
import { expireGrant, revokeAccessToken, revokeGrant } from "./revoke.ts";
import { rotateRefresh } from "./rotate-refresh.ts";
import type { GrantCommand, GrantEvent, GrantOutcome, GrantState } from "./types.ts";

/** What a command leads to on a grant. Pure; every refusal says why (see `GrantRefusal`). */
export function decideGrant(command: GrantCommand, state: GrantState): Decision<GrantEvent, GrantOutcome> {
  switch (command.kind) {
    case "authorize":
      // P2: an interaction is consumed by creating its grant, which must not exist
      if (state.status !== "none") return refuse("grant-exists");
      return { events: [{ type: "GrantAuthorized", data: command.event }], outcome: { kind: "authorized" } };
    case "deny":
      return deny(command, state);
    case "open-by-device":
      return openByDevice(command, state);
    case "redeem-code":
      return redeemCode(command, state);
    case "rotate-refresh":
      return rotateRefresh(command, state);
    case "revoke":
      return revokeGrant(command, state);
    case "revoke-access-token":
      return revokeAccessToken(command, state);
    case "expire":
      return expireGrant(command, state);
    default:
      return exhausted(command, refuse("grant-unknown"));
  }
}

function deny(
  { clientId, subject, reason }: Extract<GrantCommand, { kind: "deny" }>,
  state: GrantState,
): Decision<GrantEvent, GrantOutcome> {
  // P2: a denial spends the interaction as an authorization does
  if (state.status !== "none") return refuse("grant-exists");
  return { events: [{ type: "GrantDenied", data: { clientId, subject, reason } }], outcome: { kind: "denied" } };
}
