import { createHmac } from "node:crypto";
import type { RetryKeys } from "../port.ts";
import type { DailyKeys } from "./daily-key.ts";

/** P4: a generation's values can be made again from its nonce for as long as the day's key lives, an hour past the day at most. */
export function createRetryKeys(daily: DailyKeys, clock: { now(): number }): RetryKeys {
  return {
    current: () => ({ keyId: daily.at(clock.now()).id }),
    derive(keyId, label, nonce) {
      const key = daily.find(keyId, clock.now());
      // The label's length goes in front, so that no other label and nonce make the same input.
      return key && createHmac("sha256", key).update(`${label.length}:${label}${nonce}`).digest("base64url");
    },
  };
}
