import type { OAuthContext } from "../context/index.ts";
import type { OAuthError } from "../errors/index.ts";
import { withParameters } from "../redirect-uri/index.ts";

export interface AnswerTarget {
  readonly redirectUri: string;
  readonly state?: string | undefined;
}

type Settings = Pick<OAuthContext["settings"], "issuer">;

/** Where a successful authorization sends the browser (RFC 6749 §4.1.2). */
export function authorizationSuccess(settings: Settings, target: AnswerTarget, code: string): string {
  // RFC 9207 §2: iss on every authorization response, byte for byte as published
  return withParameters(target.redirectUri, { code, state: target.state, iss: settings.issuer });
}

/** Where a failed one sends it (RFC 6749 §4.1.2.1). */
export function authorizationError(settings: Settings, target: AnswerTarget, error: Pick<OAuthError, "code" | "description">): string {
  // RFC 9207 §2: errors too
  return withParameters(target.redirectUri, {
    error: error.code,
    error_description: error.description,
    state: target.state,
    iss: settings.issuer,
  });
}
