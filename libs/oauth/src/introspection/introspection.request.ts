import { OAuthError } from "../errors/index.ts";
import type { HttpRequest, Parameters } from "../http/index.ts";
import { parseOptionalScope } from "../scope/index.ts";

export interface IntrospectionRequest {
  readonly token: string;
  /** RFC 7662 §2.1 allows context of one's own: the scopes the caller needs. */
  readonly required?: readonly string[];
  /** RFC 9701 §4: the caller wants a signed answer. */
  readonly signed: boolean;
}

export const SIGNED_TYPE = "application/token-introspection+jwt";

/** `token_type_hint` is not needed: what a token is shows in its prefix. */
export function parseIntrospectionRequest(request: Pick<HttpRequest, "headers">, params: Parameters): IntrospectionRequest {
  const token = params.get("token");
  // RFC 7662 §2.1: token is required
  if (token === undefined) throw new OAuthError("invalid_request", "parameter-missing", "token is required.");
  const required = parseOptionalScope(params.get("required_scope"));
  return { token, signed: accepts(request.headers["accept"]), ...(required === undefined ? {} : { required }) };
}

function accepts(header: string | string[] | undefined): boolean {
  if (typeof header !== "string" || !header.includes(SIGNED_TYPE)) return false;
  const range = header.split(",").find((each) => each.trim().startsWith(SIGNED_TYPE));
  // RFC 9110 §12.4.2: a weight of 0 means not acceptable
  return range !== undefined && !/;\s*q=0(?:\.0*)?\s*(?:;|$)/.test(range);
}
