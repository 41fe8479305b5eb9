import type { HttpResponse } from "@grantline/oauth/http";

/** What browser clients may read of a cross-origin answer. No credentials: nothing here looks at cookies. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Correlation-Id, Mcp-Session-Id",
};

/** The answer to a preflight of an endpoint that allows CORS. */
export function preflight(methods: readonly string[]): HttpResponse {
  return {
    status: 204,
    headers: {
      ...CORS_HEADERS,
      "access-control-allow-methods": methods.join(", "),
      "access-control-allow-headers":
        "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID, DPoP, X-Correlation-Id",
      "access-control-max-age": "600",
    },
  };
}
