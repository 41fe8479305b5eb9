import type { Exchanged } from "@grantline/oauth/outbound";
import { ProviderTrouble } from "./trouble.ts";

/** Error codes of GitHub's own that mean invalid_grant (RFC 6749 §5.2). */
const GRANT_IS_OVER = new Set(["bad_refresh_token", "bad_verification_code", "expired_token", "interaction_required", "consent_required"]);

/**
 * A token endpoint's answer as RFC 6749 §5 wants it, whatever was sent: form encoding becomes JSON, an error with status 200 gets 400, nulls leave,
 * numbers in quotes lose them. The ID token leaves too: who the person is at the provider is none of our business. Throws ProviderTrouble for what says
 * nothing of the request (429, 5xx, a web page).
 */
export function tokenAnswer(exchanged: Exchanged): Response {
  const { status, headers, text } = exchanged;
  if (status === 429 || status >= 500)
    throw new ProviderTrouble("transient", status === 429 ? "rate-limited" : "server-error", retryAfter(headers));
  const members = membersOf(headers["content-type"] ?? "", text);
  if (members === undefined) throw new ProviderTrouble("transient", "answer-unreadable");
  const { id_token: _idToken, error, ...rest } = members;
  const failed = typeof error === "string";
  const body = {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== "")),
    ...(failed ? { error: GRANT_IS_OVER.has(error) ? "invalid_grant" : error } : {}),
    ...(typeof rest["expires_in"] === "string" && rest["expires_in"] !== "" ? { expires_in: Number(rest["expires_in"]) } : {}),
  };
  return new Response(JSON.stringify(body), {
    status: failed && status === 200 ? 400 : status,
    headers: { "content-type": "application/json" },
  });
}

/** RFC 9110 §10.2.3: seconds, or a date. */
export function retryAfter(headers: Readonly<Record<string, string>>, nowMs = Date.now()): number | undefined {
  const text = headers["retry-after"];
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const at = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - nowMs) / 1_000));
}

function membersOf(contentType: string, text: string): Record<string, unknown> | undefined {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/x-www-form-urlencoded" || type === "text/plain") return Object.fromEntries(new URLSearchParams(text));
  if (type !== "application/json" && !/^application\/[a-z0-9.-]+\+json$/.test(type)) return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
