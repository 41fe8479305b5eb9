import { OAuthError } from "../../errors/index.ts";
import type { Parameters } from "../../http/index.ts";
import { parseResourceUris } from "../../resource/index.ts";
import { parseOptionalScope } from "../../scope/index.ts";
import { parseRefreshToken } from "../../tokens/index.ts";
import { grantRefused } from "../grant-refusals.ts";

export interface RefreshRequest {
  readonly grantId: string;
  readonly generation: number;
  readonly presentedHash: string;
  readonly scope?: readonly string[];
  readonly resource?: string;
}

/** Throws `invalid_request`, `invalid_scope`, `invalid_target` for what is malformed, `invalid_grant` for what is no refresh token of ours. */
export function parseRefreshRequest(params: Parameters): RefreshRequest {
  const value = params.get("refresh_token");
  if (value === undefined) throw new OAuthError("invalid_request", "parameter-missing", "refresh_token is required.");
  const scope = parseOptionalScope(params.get("scope"));
  const resources = parseResourceUris(params.all("resource"));
  // RFC 8707 §2.2: a token has one audience here, so one resource is named at most
  if (resources.length > 1) throw new OAuthError("invalid_target", "resource-repeated", "Name one resource in a token request.");
  const token = parseRefreshToken(value);
  if (token === undefined) throw grantRefused("refresh-unknown");
  const resource = resources[0];
  return {
    grantId: token.grantId,
    generation: token.generation,
    presentedHash: token.hash,
    ...(scope === undefined ? {} : { scope }),
    ...(resource === undefined ? {} : { resource }),
  };
}
