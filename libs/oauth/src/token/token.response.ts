import type { TokenAnswer } from "../grants/index.ts";
import { type HttpResponse, json } from "../http/index.ts";

/** RFC 6749 §5.1: JSON with no-store, and no-cache for old caches. */
export function tokenResponse(answer: TokenAnswer, headers: Readonly<Record<string, string>>): HttpResponse {
  return json(200, answer, { pragma: "no-cache", ...headers });
}
