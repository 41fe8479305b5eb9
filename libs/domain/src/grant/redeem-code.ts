import type { Decision } from "../kernel/index.ts";
import { refuse } from "./refuse.ts";
import { standingLost } from "./standing-lost.ts";
import { beyondGrant } from "./token-bounds.ts";
import type { CodeState, GrantCommand, GrantEvent, GrantOutcome, GrantRefusal, GrantState } from "./types.ts";

type RedeemCode = Extract<GrantCommand, { kind: "redeem-code" }>;
type Judged = Exclude<GrantState, { status: "none" | "denied" }>;

/** Exchanges the code for tokens, once (P2); a used code that comes back with everything right revokes the family (P3). */
export function redeemCode(command: RedeemCode, state: GrantState): Decision<GrantEvent, GrantOutcome> {
  if (state.status === "none" || state.status === "denied") return refuse("grant-unknown");
  // RFC 6749 §4.1.3: a code is bound to its client; asked first, so that another client can do no harm with it
  if (state.basis.clientId !== command.clientId) return refuse("client-mismatch");
  const stranger = strangersAttempt(command, state.code);
  if (stranger) return refuse(stranger);
  if (state.status === "authorized") return redeemOnce(command, state);
  return replayed(command, state);
}

/** P3: without the code, its redirect_uri and its verifier it is not theft of this code, so nothing is revoked or consumed. */
function strangersAttempt(command: RedeemCode, code: CodeState): GrantRefusal | undefined {
  if (command.codeHash !== code.hash) return "code-unknown";
  // RFC 6749 §4.1.3, OAuth 2.1 §10.2: a redirect_uri presented must be the one of the request; 2.1 clients leave it out
  if (command.redirectUri !== undefined && command.redirectUri !== code.redirectUri) return "redirect-uri-mismatch";
  // RFC 7636 §4.6: S256 of the verifier must be the challenge
  if (command.verifierChallenge !== code.challenge) return "pkce-mismatch";
  return undefined;
}

function redeemOnce(command: RedeemCode, { basis, code }: Extract<Judged, { status: "authorized" }>): Decision<GrantEvent, GrantOutcome> {
  // RFC 6749 §4.1.2: codes are short-lived
  if (code.expiresAt <= command.now) return refuse("code-expired");
  if (standingLost(basis, command.standing, command.now)) return refuse("standing-lost");
  const beyond = beyondGrant(basis, command.access);
  if (beyond) return refuse(beyond);
  // A refresh token the authorization does not allow is not recorded, so it never works
  const refresh = basis.refreshable ? command.refresh : undefined;
  return {
    events: [{ type: "CodeRedeemed", data: { access: command.access, ...(refresh && { refresh }) } }],
    outcome: { kind: "redeemed" },
  };
}

function replayed(command: RedeemCode, state: Exclude<Judged, { status: "authorized" }>): Decision<GrantEvent, GrantOutcome> {
  if (state.status === "active") {
    // RFC 6749 §4.1.2: a code used twice is refused and what it gave is revoked
    return refuse(
      "code-replayed",
      { type: "CodeReplayDetected", data: { clientId: command.clientId } },
      { type: "GrantRevoked", data: { reason: "code-replay" } },
    );
  }
  if (state.code.redeemedAt !== undefined) return refuse("code-replayed");
  return refuse(state.reason === "code" ? "code-expired" : "grant-revoked");
}
