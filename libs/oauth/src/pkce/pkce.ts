import { hash } from "node:crypto";
import { OAuthError } from "../errors/index.ts";

// RFC 7636 §4.2: the S256 challenge is base64url of 32 bytes without padding
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
// RFC 7636 §4.1: 43 to 128 unreserved characters
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;

/**
 * The code challenge of an authorization request. Demanded from every client, confidential ones too.
 * Throws `invalid_request`: pkce-missing, pkce-method-unsupported or pkce-malformed.
 */
export function requireChallenge(challenge: string | undefined, method: string | undefined): string {
  // OAuth 2.1 §4.1.2.1: a request without a challenge is refused
  if (challenge === undefined) throw new OAuthError("invalid_request", "pkce-missing", "code_challenge is required (PKCE with S256).");
  // RFC 7636 §4.3: an absent method means plain, which is no protection; RFC 9700 §2.1.1
  if (method !== "S256") throw new OAuthError("invalid_request", "pkce-method-unsupported", "code_challenge_method must be S256.");
  if (!CHALLENGE.test(challenge)) throw new OAuthError("invalid_request", "pkce-malformed", "code_challenge is not an S256 challenge.");
  return challenge;
}

/** S256 of a presented verifier, to be compared with the recorded challenge. Throws `invalid_request` (pkce-malformed) outside the grammar. */
export function verifierChallenge(verifier: string): string {
  if (!VERIFIER.test(verifier))
    throw new OAuthError("invalid_request", "pkce-malformed", "code_verifier must have 43 to 128 unreserved characters.");
  return hash("sha256", verifier, "base64url");
}
