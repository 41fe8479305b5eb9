import { LRUCache } from "lru-cache";
import { limitKey } from "./address-prefix.ts";
import { rateLimitHeaders, tooManyRequests } from "./rate-limit-headers.ts";

const WINDOW = 60;
const CLIENTS = 20_000;

interface Used {
  startedAt: number;
  count: number;
}

/** Requests per client and minute; `requests` come together, one by default, and pass together or not at all. Returns the headers to send along, throws OAuthError `too_many_requests` when over. */
export type ClientBudget = (clientId: string, perMinute: number | undefined, requests?: number) => Readonly<Record<string, string>>;

const UNLIMITED: Readonly<Record<string, string>> = {};

/** Windows of a minute, each beginning with a client's first request. `byDefault` holds where a client has no limit of its own; 0 is none. */
export function createClientBudget(clock: { now(): number }, byDefault: number): ClientBudget {
  const used = new LRUCache<string, Used>({ max: CLIENTS });
  return (clientId, perMinute = byDefault, requests = 1) => {
    if (perMinute <= 0) return UNLIMITED;
    const now = clock.now();
    const key = limitKey(clientId);
    const known = used.get(key);
    const current = known !== undefined && now - known.startedAt < WINDOW ? known : { startedAt: now, count: 0 };
    if (current !== known) used.set(key, current);
    const reset = current.startedAt + WINDOW - now;
    const quota = { name: "client", quota: perMinute, window: WINDOW, reset };
    if (current.count + requests > perMinute) throw tooManyRequests({ ...quota, remaining: Math.max(0, perMinute - current.count) });
    current.count += requests;
    return rateLimitHeaders({ ...quota, remaining: perMinute - current.count });
  };
}
