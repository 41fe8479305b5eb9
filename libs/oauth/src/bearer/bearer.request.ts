import type { HttpRequest } from "../http/index.ts";

/** What the Authorization header holds. */
export type PresentedBearer =
  | { readonly kind: "absent" }
  | { readonly kind: "malformed" }
  | { readonly kind: "token"; readonly token: string };

// RFC 6750 §2.1: scheme, one space, b64token; the scheme in any case (RFC 9110 §11.1). No tab, no second space, no list (CVE 8)
const BEARER = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i;

/** Reads the one Authorization header. Tokens in query or body are not looked at (OAuth 2.1 §5.1). */
export function readBearer(headers: HttpRequest["headers"]): PresentedBearer {
  const header = headers["authorization"];
  if (header === undefined) return { kind: "absent" };
  const token = typeof header === "string" ? BEARER.exec(header)?.[1] : undefined;
  return token === undefined ? { kind: "malformed" } : { kind: "token", token };
}
