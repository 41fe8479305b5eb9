import type { HttpRequest } from "../http/index.ts";
import { OAuthError } from "../errors/index.ts";

/** The bearer value of a request; undefined when the header is absent or of another scheme (RFC 6750 §2.1). */
export function bearerValue(request: HttpRequest): string | undefined {
  const header = request.headers["authorization"];
  if (typeof header !== "string") return undefined;
  return /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(header)?.[1];
}

// RFC 6750 §3.1: a missing or wrong token is 401 with a challenge
export function bearerRefused(reason: "initial-access-token-missing" | "registration-token-wrong", description: string): OAuthError {
  return new OAuthError("invalid_token", reason, description, {
    headers: { "www-authenticate": `Bearer error="invalid_token", error_description="${description}"` },
  });
}
