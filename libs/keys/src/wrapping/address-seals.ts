import { LRUCache } from "lru-cache";
import type { DailyKeys } from "./daily-key.ts";
import { unwrap, wrap } from "./wrap.ts";

export interface AddressSeals {
  /** Seals an address or user agent under its day's key. */
  seal(value: string, now: number): string;
  /** Undefined once the day's key has been destroyed, or when it is no seal of ours. */
  open(sealed: string, now: number): string | undefined;
}

/** The same value gets the same seal for a day: one encryption per caller and day instead of one per request. */
export function createAddressSeals(daily: DailyKeys): AddressSeals {
  const sealed = new LRUCache<string, string>({ max: 10_000 });
  return {
    seal(value, now) {
      const { id, key } = daily.at(now);
      const cacheKey = `${id} ${value}`;
      const kept = sealed.get(cacheKey);
      if (kept !== undefined) return kept;
      const fresh = `${id}.${wrap(key, aad(id), Buffer.from(value)).toString("base64url")}`;
      sealed.set(cacheKey, fresh);
      return fresh;
    },
    open(text, now) {
      const [id = "", body = ""] = text.split(".");
      const key = daily.find(id, now);
      return key && unwrap(key, aad(id), Buffer.from(body, "base64url"))?.toString();
    },
  };
}

function aad(id: string): string {
  return `grantline address ${id}`;
}
