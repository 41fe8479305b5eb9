/** How many failures or writes are free, and how long one who goes on has to wait. Times in seconds. */
export interface PenaltyPolicy {
  readonly name: string;
  /** So many are free in a window; the last of them begins the wait. */
  readonly free: number;
  readonly window: number;
  /** `growing`: each wait is twice the one before, up to `longest`. `window`: until the window is over. */
  readonly wait: { readonly kind: "growing"; readonly first: number; readonly longest: number } | { readonly kind: "window" };
  /** So long after the last of them, and after the wait it led to, everything is forgotten. */
  readonly memory: number;
}

/** What is remembered of one key. Times are epoch seconds. */
export interface Penalty {
  readonly count: number;
  readonly startedAt: number;
  readonly lastAt: number;
  readonly waits: number;
  readonly blockedUntil: number;
}

/** Counts one more. While it waits a key collects no further waits, so requests already on their way don't make it worse. */
export function countOne(policy: PenaltyPolicy, before: Penalty | undefined, now: number): Penalty {
  const known =
    before !== undefined && now - Math.max(before.lastAt, before.blockedUntil) < policy.memory
      ? before
      : { count: 0, startedAt: now, waits: 0, blockedUntil: 0 };
  const sameWindow = now - known.startedAt < policy.window;
  const count = (sameWindow ? known.count : 0) + 1;
  const startedAt = sameWindow ? known.startedAt : now;
  const { waits, blockedUntil } = known;
  if (count < policy.free || blockedUntil > now) return { count, startedAt, lastAt: now, waits, blockedUntil };
  return { count, startedAt, lastAt: now, waits: waits + 1, blockedUntil: now + waitOf(policy, waits, startedAt, now) };
}

/** Seconds the next wait takes, after so many before it. */
function waitOf(policy: PenaltyPolicy, waits: number, startedAt: number, now: number): number {
  if (policy.wait.kind === "window") return startedAt + policy.window - now;
  return Math.min(policy.wait.longest, policy.wait.first * 2 ** waits);
}

/** Seconds still to wait, 0 when none. */
export function waitLeft(penalty: Penalty | undefined, now: number): number {
  return penalty === undefined ? 0 : Math.max(0, penalty.blockedUntil - now);
}
