import { OAuthError } from "../errors/index.ts";
import type { Parameters } from "../http/index.ts";

/** RFC 7009 §2.1: token is required. Any hint, known or not, is fine. */
export function parseRevocationRequest(params: Parameters): { readonly token: string } {
  const token = params.get("token");
  if (token === undefined) throw new OAuthError("invalid_request", "parameter-missing", "token is required.");
  return { token };
}
