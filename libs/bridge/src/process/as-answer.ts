import { OAuthError } from "@grantline/oauth/errors";
import { TargetRefused, TargetUnavailable } from "../target.port.ts";

/** What a client is told when the target will not or can't; anything else is passed through. */
export function asAnswer(error: unknown): unknown {
  if (error instanceof TargetUnavailable)
    return new OAuthError(
      "temporarily_unavailable",
      "bridge-target-unavailable",
      "The directory behind this bridge does not answer in time. Try again later.",
      { detail: error.message, headers: { "retry-after": String(error.retryAfterSeconds ?? 10) } },
    );
  return error instanceof TargetRefused ? targetRefused(error.message) : error;
}

export function targetRefused(detail: string): OAuthError {
  return new OAuthError(
    "server_error",
    "bridge-target-refused",
    "The directory behind this bridge refused. Its operator has to look at the log.",
    { detail, status: 502 },
  );
}
