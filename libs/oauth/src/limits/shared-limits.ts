import type { EphemeralStore } from "@grantline/read-model";
import type { Limits } from "../context/index.ts";
import { limitKey } from "./address-prefix.ts";
import { createLimits, policiesOf, refusedFor, type LimitsOptions } from "./limits.ts";
import { createSharedClientBudget } from "./shared-client-budget.ts";
import { createSharedPenalties } from "./shared-penalties.ts";

export interface SharedLimitsOptions extends LimitsOptions {
  readonly ephemeral: EphemeralStore;
  readonly onTrouble: (error: unknown) => void;
}

type Kind = Parameters<Limits["check"]>[0];

/**
 * The same limits counted by all processes together, in the ephemeral store: going from instance to instance gains nobody further tries. Each
 * process counts for itself as well, and goes by that alone while the store can't be reached: a limit lost lets somebody try a few times more,
 * never in. Budgets of authenticated clients are told to one another once a second, so that no request waits for it.
 */
export function createSharedLimits(options: SharedLimitsOptions): Limits {
  const { ephemeral, clock, onTrouble } = options;
  const own = createLimits(options);
  const policies = policiesOf(options);
  const penalties = createSharedPenalties(ephemeral, clock);
  const nameOf = (kind: Kind, key: string): string => `limit:${kind}:${limitKey(key)}`;
  /** Undefined when nobody can tell. */
  const known = (asked: Promise<number>): Promise<number | undefined> =>
    asked.catch((error: unknown) => {
      onTrouble(error);
      return undefined;
    });

  return {
    async check(kind, key) {
      await own.check(kind, key);
      const wait = (await known(penalties.waitOf(nameOf(kind, key)))) ?? 0;
      if (wait > 0) throw refusedFor(policies[kind](key), wait);
    },
    async consume(kind, key) {
      await own.consume(kind, key);
      await known(penalties.count(nameOf(kind, key), policies[kind](key), false));
    },
    async take(kind, key) {
      await own.check(kind, key);
      const wait = await known(penalties.count(nameOf(kind, key), policies[kind](key), true));
      if (wait === undefined) return own.take(kind, key);
      if (wait > 0) throw refusedFor(policies[kind](key), wait);
      // what was refused is not counted, here as there
      await own.consume(kind, key);
    },
    client: createSharedClientBudget({ ephemeral, clock, byDefault: options.clientPerMinute ?? 0, onTrouble }),
  };
}
