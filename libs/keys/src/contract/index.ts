import { describe } from "vitest";
import { describeDailyKeys } from "./daily-keys.contract.ts";
import type { OpenKeysPlace } from "./place.ts";
import { describeSubjectKeys } from "./subject-keys.contract.ts";
import { describeVault } from "./vault.contract.ts";

export { clockAt, DAY, HOUR, MIDNIGHT } from "./place.ts";
export type { KeysPlace, OpenKeysPlace, OpenOptions, SettableClock } from "./place.ts";

/** The whole contract of the key ports. Every adapter runs it in a spec of its own; `openPlace` gives a new, empty place each time. */
export function runKeysContract(name: string, openPlace: OpenKeysPlace): void {
  describe(`keys contract: ${name}`, () => {
    describeVault(openPlace);
    describeDailyKeys(openPlace);
    describeSubjectKeys(openPlace);
  });
}
