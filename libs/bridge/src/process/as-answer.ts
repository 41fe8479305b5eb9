import { OAuthError, type OAuthErrorCode } from "@grantline/oauth/errors";
import { TargetRefused, TargetUnavailable } from "../target.port.ts";

const CLIENTS_FAULT: Readonly<Record<string, OAuthErrorCode>> = {
  "target-redirect-uri-refused": "invalid_redirect_uri",
  "target-metadata-refused": "invalid_client_metadata",
};

/** What a client is told when the target will not or can't; anything else is passed through. */
export function asAnswer(error: unknown): unknown {
  if (error instanceof TargetUnavailable)
    return new OAuthError(
      "temporarily_unavailable",
      "bridge-target-unavailable",
      "The directory behind this bridge does not answer in time. Try again later.",
      { detail: error.message, headers: { "retry-after": String(error.retryAfterSeconds ?? 10) } },
    );
  return error instanceof TargetRefused ? refusedFor(error.reason, error.message) : error;
}

/** What the target refused for the client's sake the client is told in the words of RFC 7591 §3.2.2. */
export function refusedFor(reason: string, detail = reason): OAuthError {
  const code = CLIENTS_FAULT[reason];
  if (code === undefined) return targetRefused(detail);
  return new OAuthError(code, "bridge-target-refused", "The directory behind this bridge does not take such a client.", { detail });
}

export function targetRefused(detail: string): OAuthError {
  return new OAuthError(
    "server_error",
    "bridge-target-refused",
    "The directory behind this bridge refused. Its operator has to look at the log.",
    { detail, status: 502 },
  );
}
