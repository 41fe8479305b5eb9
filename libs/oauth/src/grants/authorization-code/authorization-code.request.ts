import { OAuthError } from "../../errors/index.ts";
import type { Parameters } from "../../http/index.ts";
import { verifierChallenge } from "../../pkce/index.ts";
import { parseResourceUris } from "../../resource/index.ts";
import { parseCode } from "../../tokens/index.ts";
import { grantRefused } from "../grant-refusals.ts";

export interface AuthorizationCodeRequest {
  readonly grantId: string;
  readonly codeHash: string;
  /** S256 of the verifier. */
  readonly verifierChallenge: string;
  readonly redirectUri?: string;
  readonly resource?: string;
}

/** Throws `invalid_request` for what is missing or malformed, `invalid_grant` for what is no code of ours, `invalid_target` for several resources. */
export function parseAuthorizationCodeRequest(params: Parameters): AuthorizationCodeRequest {
  const value = params.get("code");
  if (value === undefined) throw new OAuthError("invalid_request", "parameter-missing", "code is required.");
  // RFC 7636 §4.5: every code of ours was bound to a challenge, so the verifier is always due
  const verifier = params.get("code_verifier");
  if (verifier === undefined) throw new OAuthError("invalid_request", "pkce-missing", "code_verifier is required.");
  const challenge = verifierChallenge(verifier);
  const code = parseCode(value);
  if (code === undefined) throw grantRefused("code-unknown");
  const redirectUri = params.get("redirect_uri");
  const resources = parseResourceUris(params.all("resource"));
  // RFC 8707 §2.2: a token has one audience here, so one resource is named at most
  if (resources.length > 1) throw new OAuthError("invalid_target", "resource-repeated", "Name one resource in a token request.");
  const resource = resources[0];
  return {
    grantId: code.grantId,
    codeHash: code.hash,
    verifierChallenge: challenge,
    ...(redirectUri === undefined ? {} : { redirectUri }),
    ...(resource === undefined ? {} : { resource }),
  };
}
