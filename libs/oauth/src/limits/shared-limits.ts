import type { EphemeralStore } from "@grantline/read-model";
import type { Limits } from "../context/index.ts";
import { limitKey } from "./address-prefix.ts";
import { createLimits, policiesOf, type LimitsOptions } from "./limits.ts";
import { waitOf, type PenaltyPolicy } from "./penalty.ts";
import { tooManyRequests } from "./rate-limit-headers.ts";

export interface SharedLimitsOptions extends LimitsOptions {
  readonly ephemeral: EphemeralStore;
  readonly onTrouble: (error: unknown) => void;
}

type Kind = Parameters<Limits["check"]>[0];

/**
 * The same limits counted by all processes together, in the ephemeral store: going from instance to instance gains nobody further tries. Each
 * process counts for itself as well, and goes by that alone while the store can't be reached: a limit lost lets somebody try a few times more,
 * never in. Budgets of authenticated clients stay per process: they protect a process from load, not a secret from guessing.
 */
export function createSharedLimits(options: SharedLimitsOptions): Limits {
  const { ephemeral, clock, onTrouble } = options;
  const own = createLimits(options);
  const policies = policiesOf(options);

  async function blockedUntil(kind: Kind, key: string): Promise<number> {
    try {
      return Number((await ephemeral.get(`limit:${kind}:${limitKey(key)}:until`)) ?? 0);
    } catch (error) {
      onTrouble(error);
      return 0;
    }
  }

  async function count(kind: Kind, key: string): Promise<void> {
    const policy = policies[kind](key);
    const name = `limit:${kind}:${limitKey(key)}`;
    const now = clock.now();
    // Windows begin at the same moments in every process, so their ends need no second look.
    const windowEnd = (Math.floor(now / policy.window) + 1) * policy.window;
    const counted = await ephemeral.increment(`${name}:${windowEnd}`, windowEnd);
    if (counted < policy.free || (await blockedUntil(kind, key)) > now) return;
    const until = await endOfWait(policy, name, now, windowEnd);
    await ephemeral.put(`${name}:until`, String(until), until);
  }

  async function endOfWait(policy: PenaltyPolicy, name: string, now: number, windowEnd: number): Promise<number> {
    if (policy.wait.kind === "window") return windowEnd;
    const waits = await ephemeral.increment(`${name}:waits`, now + policy.wait.longest + policy.memory);
    return now + waitOf(policy, waits - 1, 0, now);
  }

  return {
    async check(kind, key) {
      await own.check(kind, key);
      const wait = (await blockedUntil(kind, key)) - clock.now();
      if (wait <= 0) return;
      const { name, free, window } = policies[kind](key);
      throw tooManyRequests({ name, quota: free, window, remaining: 0, reset: wait });
    },
    async consume(kind, key) {
      await own.consume(kind, key);
      await count(kind, key).catch(onTrouble);
    },
    client: own.client,
  };
}
