import { LRUCache } from "lru-cache";
import type { EphemeralStore } from "@grantline/read-model";
import { limitKey } from "./address-prefix.ts";
import type { ClientBudget } from "./client-budget.ts";
import { rateLimitHeaders, tooManyRequests } from "./rate-limit-headers.ts";

const WINDOW = 60;
const CLIENTS = 20_000;

/** One client's minute, by the clock so that all processes mean the same one. */
interface Minute {
  readonly startedAt: number;
  /** What all processes had counted when they were last asked, this one's included. */
  known: number;
  /** Counted here and not told yet. */
  untold: number;
  /** Epoch seconds of the last telling. */
  toldAt: number;
}

export interface SharedBudgetOptions {
  readonly ephemeral: Pick<EphemeralStore, "increment">;
  readonly clock: { now(): number };
  /** Holds where a client has no limit of its own; 0 is none. */
  readonly byDefault: number;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * The budget of a client over all processes: each counts for itself and adds that to the common count once a second, beside the request that does it and
 * never before it. So of a burst each process may let through what comes to it within a second, and over a minute they keep the limit together.
 * While the store can't be reached each goes by what it knows.
 */
export function createSharedClientBudget({ ephemeral, clock, byDefault, onTrouble }: SharedBudgetOptions): ClientBudget {
  const minutes = new LRUCache<string, Minute>({ max: CLIENTS });

  function minuteOf(key: string, now: number): Minute {
    const startedAt = now - (now % WINDOW);
    const known = minutes.get(key);
    if (known?.startedAt === startedAt) return known;
    const begun = { startedAt, known: 0, untold: 0, toldAt: 0 };
    minutes.set(key, begun);
    return begun;
  }

  async function tell(key: string, minute: Minute): Promise<void> {
    const told = minute.untold;
    minute.untold = 0;
    // what is under way counts here meanwhile
    minute.known += told;
    try {
      const end = minute.startedAt + 2 * WINDOW;
      minute.known = Math.max(minute.known, await ephemeral.increment(`budget:${minute.startedAt}:${key}`, end, told));
    } catch (error) {
      onTrouble(error);
    }
  }

  return (clientId, perMinute = byDefault, requests = 1) => {
    if (perMinute <= 0) return {};
    const now = clock.now();
    const key = limitKey(clientId);
    const minute = minuteOf(key, now);
    const quota = { name: "client", quota: perMinute, window: WINDOW, reset: minute.startedAt + WINDOW - now };
    const count = minute.known + minute.untold;
    if (count + requests > perMinute) throw tooManyRequests({ ...quota, remaining: Math.max(0, perMinute - count) });
    minute.untold += requests;
    if (now > minute.toldAt) {
      minute.toldAt = now;
      void tell(key, minute);
    }
    return rateLimitHeaders({ ...quota, remaining: perMinute - count - requests });
  };
}
