import type { HttpResponse } from "../http/index.ts";

/** RFC 7009 §2.2: 200, and the body is ignored. */
export function revocationResponse(headers: Readonly<Record<string, string>>): HttpResponse {
  return { status: 200, headers: { "cache-control": "no-store", ...headers } };
}
