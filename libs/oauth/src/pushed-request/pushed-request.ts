import type { WireParameters } from "../authorization-request/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { grantIdOf } from "../interaction/index.ts";

/** RFC 9126 §2.2: the form of a pushed request's URI. */
export const REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:";

/** A pushed authorization request: sealed into its own request_uri, so nothing is kept until it is used. */
export interface PushedRequest {
  /** Random. The grant id derives from it: the request is used at most once, whatever the path (P2). */
  readonly id: string;
  readonly clientId: string;
  readonly exp: number;
  readonly parameters: WireParameters;
}

export function sealPushedRequest(context: Pick<OAuthContext, "seals">, pushed: PushedRequest): string {
  return REQUEST_URI_PREFIX + context.seals.seal("par", pushed);
}

/** Opens a request_uri for the client that presents it. Throws `invalid_request_uri` page errors: unknown, another client's, expired, used. */
export async function openPushedRequest(
  context: Pick<OAuthContext, "seals" | "clock" | "grants" | "settings">,
  requestUri: string,
  clientId: string | undefined,
): Promise<PushedRequest> {
  const pushed = context.seals.open<PushedRequest>("par", requestUri.slice(REQUEST_URI_PREFIX.length));
  // RFC 9126 §4: only the client that pushed it may use it
  if (pushed === undefined || pushed.clientId !== clientId) {
    throw new OAuthError(
      "invalid_request_uri",
      "request-uri-unknown",
      "The request_uri is not known. Go back to the application and start again.",
    );
  }
  if (pushed.exp <= context.clock.now()) {
    throw new OAuthError(
      "invalid_request_uri",
      "request-uri-expired",
      "The request_uri has expired. Go back to the application and start again.",
    );
  }
  const { state } = await context.grants.load(grantIdOf(context.settings, pushed.id), { fresh: true });
  // RFC 9126 §7.3: single use
  if (state.status !== "none") {
    throw new OAuthError(
      "invalid_request_uri",
      "request-uri-used",
      "The request_uri was already used. Go back to the application and start again.",
    );
  }
  return pushed;
}
