import { OAuthError } from "../errors/index.ts";

export interface Quota {
  readonly name: string;
  readonly quota: number;
  /** Seconds. */
  readonly window: number;
  readonly remaining: number;
  /** Seconds until there is more. */
  readonly reset: number;
}

/** draft-ietf-httpapi-ratelimit-headers: the policy and what is left of it, as structured fields. */
export function rateLimitHeaders({ name, quota, window, remaining, reset }: Quota): Readonly<Record<string, string>> {
  return { "ratelimit-policy": `"${name}";q=${quota};w=${window}`, ratelimit: `"${name}";r=${remaining};t=${reset}` };
}

/** RFC 6585 §4: 429 may say how long to wait. */
export function tooManyRequests(quota: Quota): OAuthError {
  return new OAuthError("too_many_requests", "rate-limited", "Too many requests. Wait as long as Retry-After says, then try again.", {
    headers: { ...rateLimitHeaders(quota), "retry-after": String(quota.reset) },
  });
}
