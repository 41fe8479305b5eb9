import type { OAuthSettings } from "../context/index.ts";
import type { HttpRequest } from "../http/index.ts";
import { sameHash, sha256 } from "../tokens/index.ts";
import { bearerRefused, bearerValue } from "./bearer-value.ts";

/**
 * Did the operator vouch for this registration? True with a right initial access token, false where registration is open and none was needed.
 * Throws OAuthError `invalid_token` when the policy asks for one (RFC 7591 §3).
 */
export function vouchedFor(request: HttpRequest, settings: { readonly dcr: Pick<OAuthSettings["dcr"], "initialAccessTokens"> }): boolean {
  const accepted = settings.dcr.initialAccessTokens;
  if (accepted.length === 0) return false;
  const presented = sha256(bearerValue(request) ?? "");
  // Every token is compared, so that time does not tell which one was near.
  const matches = accepted.filter((token) => sameHash(sha256(token), presented));
  if (matches.length > 0) return true;
  throw bearerRefused("initial-access-token-missing", "Registration needs an initial access token from the operator.");
}
