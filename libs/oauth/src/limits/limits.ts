import { LRUCache } from "lru-cache";
import type { Clock, Limits } from "../context/index.ts";
import type { OAuthError } from "../errors/index.ts";
import { addressPrefix, limitKey } from "./address-prefix.ts";
import { createClientBudget } from "./client-budget.ts";
import { countOne, waitLeft, type Penalty, type PenaltyPolicy } from "./penalty.ts";
import { tooManyRequests } from "./rate-limit-headers.ts";

type Kind = Parameters<Limits["check"]>[0];

export interface LimitsOptions {
  readonly clock: Clock;
  /** Failed requests of an address in a minute before it has to wait: 30 s, then twice as long each time, up to 15 min. Default 60. */
  readonly failuresPerMinute?: number;
  /** Writes without authentication of an address in a minute. Default 60. */
  readonly anonymousWritesPerMinute?: number;
  /** Failed logins of a name before it has to wait: 1 s, then twice as long each time, up to 15 min; an address has four times as many. Default 5. */
  readonly freeLogins?: number;
  /** Authenticated requests per minute of a client without a limit of its own; 0 is unlimited, the default. */
  readonly clientPerMinute?: number;
  /** Keys remembered of each kind; the least recently used go first. Default 50,000. */
  readonly keys?: number;
}

const MINUTE = 60;
const QUARTER = 15 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KEYS = 50_000;
const NAMES_PER_ADDRESS = 4;
const DONE = Promise.resolve();

/**
 * Limits kept in this process. What is lost with it (a restart, an eviction) lets somebody try a few times more, never in.
 * `check` is one look into a map. Not built on rate-limiter-flexible's memory store: that one runs on the wall clock, sets a timer for each key
 * and grows without a bound.
 */
export function createLimits(options: LimitsOptions): Limits {
  const { clock } = options;
  const max = options.keys ?? KEYS;
  const policies = policiesOf(options);
  const penalties: Readonly<Record<Kind, LRUCache<string, Penalty>>> = {
    failure: new LRUCache({ max }),
    "anonymous-write": new LRUCache({ max }),
    login: new LRUCache({ max }),
  };

  function refusal(kind: Kind, key: string): OAuthError | undefined {
    const known = penalties[kind];
    // Most of the time nobody has failed at all.
    if (known.size === 0) return undefined;
    const wait = waitLeft(known.get(limitKey(key)), clock.now());
    return wait === 0 ? undefined : refusedFor(policies[kind](key), wait);
  }

  function count(kind: Kind, key: string): Promise<void> {
    const known = penalties[kind];
    const normal = limitKey(key);
    known.set(normal, countOne(policies[kind](key), known.get(normal), clock.now()));
    return DONE;
  }

  return {
    check(kind, key) {
      const refused = refusal(kind, key);
      return refused === undefined ? DONE : Promise.reject(refused);
    },
    consume: count,
    take(kind, key) {
      const refused = refusal(kind, key);
      return refused === undefined ? count(kind, key) : Promise.reject(refused);
    },
    client: createClientBudget(clock, options.clientPerMinute ?? 0),
  };
}

/** 429 for one who still has to wait so many seconds. */
export function refusedFor({ name, free, window }: PenaltyPolicy, wait: number): OAuthError {
  return tooManyRequests({ name, quota: free, window, remaining: 0, reset: wait });
}

/** What each kind of limit allows. */
export function policiesOf(options: Omit<LimitsOptions, "clock">): Readonly<Record<Kind, (key: string) => PenaltyPolicy>> {
  const growing = { kind: "growing", first: 30, longest: QUARTER } as const;
  const failure: PenaltyPolicy = { name: "failure", free: options.failuresPerMinute ?? 60, window: MINUTE, wait: growing, memory: HOUR };
  const write: PenaltyPolicy = {
    name: "anonymous-write",
    free: options.anonymousWritesPerMinute ?? 60,
    window: MINUTE,
    wait: { kind: "window" },
    memory: MINUTE,
  };
  // Guessing a password must not pay: every further failure of a day waits, unless it was quiet for a while.
  const login: PenaltyPolicy = {
    name: "login",
    free: options.freeLogins ?? 5,
    window: DAY,
    wait: { ...growing, first: 1 },
    memory: QUARTER,
  };
  const loginOfAddress: PenaltyPolicy = { ...login, free: login.free * NAMES_PER_ADDRESS };
  return {
    failure: () => failure,
    "anonymous-write": () => write,
    login: (key) => (addressPrefix(key) === undefined ? login : loginOfAddress),
  };
}
