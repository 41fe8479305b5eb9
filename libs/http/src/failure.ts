import { EventStoreUnavailable } from "@grantline/event-store";
import { OAuthError } from "@grantline/oauth/errors";
import type { Endpoint, HttpRequest, HttpResponse } from "@grantline/oauth/http";
import type { Limits, SecurityLog } from "@grantline/oauth/context";
import { json } from "@grantline/oauth/http";

/** What a failure becomes for a person (a page) or an admin program (problem+json). Given by the app, which knows the slices. */
export interface FailureViews {
  page(error: OAuthError, request: HttpRequest): HttpResponse;
  problem(error: Error, request: HttpRequest): HttpResponse | undefined;
}

export interface FailureSinks {
  readonly security: SecurityLog;
  readonly limits: Limits;
  readonly refused: (endpoint: Endpoint, error: OAuthError, request: HttpRequest) => void;
  readonly unexpected: (endpoint: Endpoint, error: unknown, request: HttpRequest) => void;
}

/** Turns whatever a handler threw into one answer, counts it, and slows an address down that keeps failing. */
export async function failureResponse(
  endpoint: Endpoint,
  request: HttpRequest,
  thrown: unknown,
  views: FailureViews,
  sinks: FailureSinks,
): Promise<HttpResponse> {
  const error = known(thrown);
  if (error === undefined) {
    const problem = endpoint.audience === "admin" && thrown instanceof Error ? views.problem(thrown, request) : undefined;
    if (problem !== undefined) return problem;
    sinks.unexpected(endpoint, thrown, request);
    return render(
      endpoint,
      new OAuthError("server_error", "unexpected", "Something went wrong on our side. Quote the correlation id when you ask."),
      request,
      views,
    );
  }
  count(endpoint, error, request, sinks.security);
  sinks.refused(endpoint, error, request);
  const limited = countsAsGuess(error) ? await slowedDown(request, sinks.limits) : undefined;
  return render(endpoint, limited ?? error, request, views);
}

function known(thrown: unknown): OAuthError | undefined {
  if (thrown instanceof OAuthError) return thrown;
  if (thrown instanceof EventStoreUnavailable || (thrown instanceof Error && thrown.name === "ProjectionsBehind")) {
    // P7: the store gone means no writes, said as such and never as success
    return new OAuthError(
      "temporarily_unavailable",
      "store-unavailable",
      "The service can't record changes right now. Try again shortly.",
      {
        headers: { "retry-after": "2" },
        cause: thrown,
      },
    );
  }
  return undefined;
}

/** Wrong secrets, tokens and codes: what a guesser produces (RFC 6749 §10.10, OAuth 2.1 §2.4.1). */
function countsAsGuess(error: OAuthError): boolean {
  return (
    error.code === "invalid_client" ||
    error.code === "invalid_token" ||
    error.code === "invalid_grant" ||
    error.code === "invalid_request_uri"
  );
}

async function slowedDown(request: HttpRequest, limits: Limits): Promise<OAuthError | undefined> {
  try {
    await limits.take("failure", request.ip);
    return undefined;
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

function count(endpoint: Endpoint, error: OAuthError, request: HttpRequest, security: SecurityLog): void {
  // RFC 8628 §3.5: a device is told to ask again; nothing was refused
  if (error.code === "authorization_pending") return;
  const type =
    error.code === "invalid_client"
      ? "ClientAuthenticationFailed"
      : error.reason === "login-failed"
        ? "LoginFailed"
        : error.code === "too_many_requests"
          ? "RateLimited"
          : "RequestRefused";
  security.count({ type, reason: error.reason, ip: request.ip, endpoint: endpoint.id });
}

function render(endpoint: Endpoint, error: OAuthError, request: HttpRequest, views: FailureViews): HttpResponse {
  if (endpoint.audience === "person") return views.page(error, request);
  if (endpoint.audience === "admin") {
    const problem = views.problem(error, request);
    if (problem !== undefined) return problem;
  }
  // RFC 6749 §5.2: error and error_description; the correlation id is an extra member
  const body = { error: error.code, error_description: error.description, correlation_id: request.correlationId };
  return json(error.status, body, { pragma: "no-cache", ...error.headers });
}
