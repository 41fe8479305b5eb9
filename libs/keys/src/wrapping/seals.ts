import type { Seals } from "../port.ts";
import type { DailyKeys } from "./daily-key.ts";
import { unwrap, wrap } from "./wrap.ts";

/** `{key id}.{base64url}`, the day's key, purpose and key id as associated data. */
export function createSeals(daily: DailyKeys, clock: { now(): number }): Seals {
  return {
    seal(purpose, value) {
      const { id, key } = daily.at(clock.now());
      return `${id}.${wrap(key, aad(purpose, id), Buffer.from(JSON.stringify(value))).toString("base64url")}`;
    },
    open<T>(purpose: string, sealed: string): T | undefined {
      const [id = "", text = "", ...more] = sealed.split(".");
      const key = more.length === 0 ? daily.find(id, clock.now()) : undefined;
      const bytes = Buffer.from(text, "base64url");
      // One sealed value, one spelling: what decodes alike but is written differently is refused.
      if (!key || bytes.toString("base64url") !== text) return undefined;
      const plain = unwrap(key, aad(purpose, id), bytes);
      return plain && (JSON.parse(plain.toString()) as T);
    },
  };
}

function aad(purpose: string, id: string): string {
  return `grantline seal ${purpose}\n${id}`;
}
