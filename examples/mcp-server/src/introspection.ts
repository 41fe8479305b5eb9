import { OAuthError, OAuthErrorCode, type AuthInfo, type OAuthTokenVerifier } from "@modelcontextprotocol/server";

export interface IntrospectionOptions {
  readonly introspectionEndpoint: string;
  /** The resource's own client, as Grantline gave it when the resource was registered. */
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Asks Grantline about every token (RFC 7662): a revoked one is refused on the very next call. */
export function introspectingVerifier(options: IntrospectionOptions): OAuthTokenVerifier {
  const credentials = Buffer.from(`${encodeURIComponent(options.clientId)}:${encodeURIComponent(options.clientSecret)}`).toString("base64");
  return {
    async verifyAccessToken(token): Promise<AuthInfo> {
      const response = await fetch(options.introspectionEndpoint, {
        method: "POST",
        headers: { authorization: `Basic ${credentials}`, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ token }),
      });
      if (!response.ok) throw new OAuthError(OAuthErrorCode.ServerError, `introspection answered ${response.status}`);
      const answer = (await response.json()) as { active: boolean; client_id?: string; scope?: string; exp?: number; aud?: string; sub?: string };
      if (!answer.active || answer.aud === undefined || answer.exp === undefined) throw new OAuthError(OAuthErrorCode.InvalidToken, "the token is not active");
      return {
        token,
        clientId: answer.client_id ?? "",
        scopes: (answer.scope ?? "").split(" ").filter((scope) => scope !== ""),
        expiresAt: answer.exp,
        resource: new URL(answer.aud),
        extra: { sub: answer.sub },
      };
    },
  };
}
