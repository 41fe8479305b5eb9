/** Numbers that look random and are the same for the same seed. */
export interface Seeded {
  /** From 0 up to, but not, 1. */
  fraction(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(all: readonly T[]): T | undefined;
  /** Of its own, so that several actors don't disturb one another. */
  fork(): Seeded;
}

/** mulberry32. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    fraction,
    between: (from, to) => from + Math.floor(fraction() * (to - from + 1)),
    pick: (all) => all[Math.floor(fraction() * all.length)],
    fork: () => seeded(Math.floor(fraction() * 4_294_967_296)),
  };
}
