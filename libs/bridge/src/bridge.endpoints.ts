import { OAuthError } from "@grantline/oauth/errors";
import type { Endpoint, HttpRequest, HttpResponse } from "@grantline/oauth/http";

export interface BridgeSettings {
  /** RFC 7591 endpoint that registrations go to. */
  readonly registryUrl: string;
}

const BODY_LIMIT = 32 * 1_024;
const PATIENCE_MS = 5_000;
/** What of the registry's answer is the client's: the rest is between the two servers. */
const PASSED_ON = ["content-type", "cache-control", "retry-after", "www-authenticate"];

/** Registration through the bridge: RFC 7591 on this side, the registry on the other. */
export function bridgeEndpoints(settings: BridgeSettings): readonly Endpoint[] {
  return [
    {
      id: "bridge-register",
      method: "POST",
      path: "/bridge/register",
      audience: "program",
      cors: true,
      accepts: "json",
      bodyLimit: BODY_LIMIT,
      handle: (request) => register(settings, request),
    },
  ];
}

async function register({ registryUrl }: BridgeSettings, request: HttpRequest): Promise<HttpResponse> {
  const { authorization } = request.headers;
  const response = await fetch(registryUrl, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-correlation-id": request.correlationId,
      // the registry's limits are the client's, not the bridge's
      "x-forwarded-for": request.ip,
      ...(typeof authorization === "string" ? { authorization } : {}),
      ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
    },
    body: request.body ?? "",
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch((error: unknown) => {
    throw unavailable(error);
  });
  // RFC 7591 §3.2: the answer, good or bad, is the registry's word for word
  return { status: response.status, headers: passedOn(response.headers), body: await response.text() };
}

function passedOn(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

function unavailable(cause: unknown): OAuthError {
  return new OAuthError("temporarily_unavailable", "registry-unreachable", "The client registry does not answer. Try again in a moment.", {
    cause,
    detail: String(cause),
    headers: { "retry-after": "5" },
  });
}

/** Can a client be registered now? Any answer will do: what matters is that there is a registry. */
export async function registryAnswers({ registryUrl }: BridgeSettings): Promise<boolean> {
  try {
    const response = await fetch(registryUrl, { method: "OPTIONS", redirect: "error", signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    return false; // unreachable is the answer
  }
}
