import { OAuthError, type OAuthErrorCode } from "@grantline/oauth/errors";
import type { BridgeContext } from "../context.ts";
import { targetRefused } from "../process/as-answer.ts";

const PATIENCE_MS = 10_000;
/** What the client did wrong, in the codes of RFC 6749 §5.2 and the extensions a person has to act on. */
const CLIENTS_FAULT: Readonly<Record<string, OAuthErrorCode>> = {
  invalid_request: "invalid_request",
  invalid_grant: "invalid_grant",
  invalid_scope: "invalid_scope",
  invalid_target: "invalid_target",
  unsupported_grant_type: "unsupported_grant_type",
  // a person has to log in or consent again, which a program learns by `invalid_grant`
  interaction_required: "invalid_grant",
  consent_required: "invalid_grant",
  login_required: "invalid_grant",
};

/** Sends a form to the target's token endpoint. Nothing is sent twice: a code is gone after its first use. */
export async function askTarget(
  { fetchTarget }: Pick<BridgeContext, "fetchTarget">,
  endpoint: string,
  form: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, unknown>>> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) if (value !== undefined) body.set(name, value);
  const response = await fetchTarget(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: body.toString(),
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch((error: unknown) => {
    throw unavailable(error instanceof Error ? error.name : "no answer");
  });
  const answer = objectOf(await response.text());
  const { error } = answer;
  // some servers tell an error with 200
  if (response.ok && error === undefined) return answer;
  throw refusal(response, answer);
}

function refusal(response: Response, { error, error_description: description }: Readonly<Record<string, unknown>>): OAuthError {
  const code = typeof error === "string" ? CLIENTS_FAULT[error] : undefined;
  const aadsts = /^AADSTS\d{4,8}/.exec(String(description))?.[0] ?? "";
  const detail = `${response.status} ${typeof error === "string" ? error.slice(0, 64) : ""} ${aadsts}`;
  if (response.status === 429 || response.status >= 500) return unavailable(detail, response.headers.get("retry-after"));
  // invalid_client and unauthorized_client are about the application and its secret, which are ours
  if (code === undefined) return targetRefused(detail);
  // the target's own words hold traces, times and what was sent; the number is what a person can look up
  return new OAuthError(code, "bridge-token-refused", `The directory behind this bridge refused${aadsts === "" ? "" : ` (${aadsts})`}.`, {
    detail,
  });
}

function unavailable(detail: string, retryAfter: string | null = null): OAuthError {
  return new OAuthError(
    "temporarily_unavailable",
    "bridge-target-unavailable",
    "The directory behind this bridge does not answer. Try again later.",
    {
      detail,
      headers: { "retry-after": retryAfter !== null && /^\d{1,5}$/.test(retryAfter) ? retryAfter : "5" },
    },
  );
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // HTML of something between us: refused by what it lacks
  }
}
