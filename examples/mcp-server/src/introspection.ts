import { OAuthError, OAuthErrorCode, type AuthInfo, type OAuthTokenVerifier } from "@modelcontextprotocol/server";

export interface IntrospectionOptions {
  readonly introspectionEndpoint: string;
  /** The resource's own client, as Grantline gave it when the resource was registered. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** This server's resource identifier. A token for another server is refused (RFC 8707 §2). */
  readonly resource: URL;
}

/** RFC 7662 §2.2. Nothing but `active` is there when the token is not active. */
interface IntrospectionAnswer {
  readonly active: boolean;
  readonly client_id?: string;
  readonly scope?: string;
  readonly exp?: number;
  readonly aud?: string | readonly string[];
  readonly sub?: string;
  readonly entity?: string;
}

export interface Introspection extends OAuthTokenVerifier {
  /**
   * Tells Grantline which scopes a token is about to be refused for. With GRANTLINE_STEP_UP_NUDGE it helps a client of the 1.x SDK, which would
   * refresh, to ask its user instead; without it nothing comes of it.
   */
  tellNeeded(token: string, scopes: readonly string[]): Promise<void>;
}

/** Asks Grantline about every token, so a revoked one is refused on the very next call. */
export function introspection(options: IntrospectionOptions): Introspection {
  // RFC 6749 §2.3.1: both parts are form-encoded before they are joined
  const credentials = Buffer.from(`${encodeURIComponent(options.clientId)}:${encodeURIComponent(options.clientSecret)}`).toString("base64");
  const ask = async (parameters: Record<string, string>): Promise<IntrospectionAnswer> => {
    const response = await fetch(options.introspectionEndpoint, {
      method: "POST",
      headers: { authorization: `Basic ${credentials}`, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(parameters).toString(),
      signal: AbortSignal.timeout(5_000),
    });
    // Not the caller's fault: 500 here, never a 401 that would send the user to log in again.
    if (!response.ok) throw new OAuthError(OAuthErrorCode.ServerError, `introspection answered ${response.status}`);
    return (await response.json()) as IntrospectionAnswer;
  };
  return {
    verifyAccessToken: async (token): Promise<AuthInfo> => authInfo(token, await ask({ token }), options.resource),
    tellNeeded: async (token, scopes) => void (await ask({ token, required_scope: scopes.join(" ") })),
  };
}

function authInfo(token: string, answer: IntrospectionAnswer, resource: URL): AuthInfo {
  if (!answer.active || answer.exp === undefined) throw new OAuthError(OAuthErrorCode.InvalidToken, "The token is not active");
  const audience = [answer.aud ?? []].flat();
  if (!audience.includes(resource.href)) throw new OAuthError(OAuthErrorCode.InvalidToken, "The token is for another server");
  return {
    token,
    clientId: answer.client_id ?? "",
    scopes: (answer.scope ?? "").split(" ").filter((scope) => scope !== ""),
    expiresAt: answer.exp,
    resource,
    extra: { sub: answer.sub, entity: answer.entity },
  };
}
