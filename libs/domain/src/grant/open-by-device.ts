import type { Decision } from "../kernel/index.ts";
import { refuse } from "./refuse.ts";
import { standingLost } from "./standing-lost.ts";
import { beyondGrant } from "./token-bounds.ts";
import type { GrantCommand, GrantEvent, GrantOutcome, GrantState } from "./types.ts";

/**
 * Opens the grant of an approved device code and issues its first tokens in one append, once (P2): the code is consumed by creating this
 * stream. A code that comes back finds it there and is refused; nothing is revoked, for polling again is what devices do (RFC 8628 §3.4).
 */
export function openByDevice(
  command: Extract<GrantCommand, { kind: "open-by-device" }>,
  state: GrantState,
): Decision<GrantEvent, GrantOutcome> {
  const { event, access, standing, now } = command;
  if (state.status !== "none") return refuse("grant-exists");
  // RFC 8628 §3.5: a device code is short-lived
  if (event.codeExpiresAt <= now) return refuse("code-expired");
  if (standingLost(event, standing, now)) return refuse("standing-lost");
  const beyond = beyondGrant(event, access);
  if (beyond) return refuse(beyond);
  // A refresh token the approval does not allow is not recorded, so it never works
  const refresh = event.refreshable ? command.refresh : undefined;
  return {
    events: [
      { type: "GrantAuthorized", data: event },
      { type: "CodeRedeemed", data: { access, ...(refresh && { refresh }) } },
    ],
    outcome: { kind: "redeemed" },
  };
}
