import type { GrantRefusal } from "@grantline/domain/grant";
import { OAuthError, type OAuthErrorCode } from "../errors/index.ts";

type Told = readonly [code: OAuthErrorCode, description: string];

const CODE_DEAD: Told = ["invalid_grant", "The authorization code is unknown, expired or used. Start again at the authorization endpoint."];
const REFRESH_DEAD: Told = ["invalid_grant", "The refresh token is unknown, expired or used. Start again at the authorization endpoint."];
const GRANT_DEAD: Told = ["invalid_grant", "The authorization has ended. Start again at the authorization endpoint."];

/** RFC 6749 §5.2 code and public words of each refusal. A new refusal does not compile until it is told here. */
const TOLD: Readonly<Record<GrantRefusal, Told>> = {
  "grant-exists": ["invalid_grant", "The authorization was used already."],
  "grant-unknown": GRANT_DEAD,
  "grant-revoked": GRANT_DEAD,
  "standing-lost": GRANT_DEAD,
  "expiry-not-due": GRANT_DEAD,
  "code-unknown": CODE_DEAD,
  "code-expired": CODE_DEAD,
  "code-replayed": CODE_DEAD,
  "client-mismatch": ["invalid_grant", "It was issued to another client."],
  "redirect-uri-mismatch": ["invalid_grant", "redirect_uri is not the one of the authorization request."],
  "pkce-mismatch": ["invalid_grant", "code_verifier does not match the code_challenge of the authorization request."],
  "refresh-unknown": REFRESH_DEAD,
  "refresh-expired": REFRESH_DEAD,
  "refresh-reused": REFRESH_DEAD,
  "refresh-retry-differs": ["invalid_grant", "The refresh token was used already, with another scope or resource."],
  "scope-widened": ["invalid_scope", "The scope asked for goes beyond what was granted."],
  "resource-not-granted": ["invalid_target", "The resource asked for is not part of what was granted."],
  "token-unknown": ["invalid_grant", "The token is unknown."],
};

export function grantRefused(reason: GrantRefusal): OAuthError {
  const [code, description] = TOLD[reason];
  return new OAuthError(code, reason, description);
}
