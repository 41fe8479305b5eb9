import type { EphemeralStore } from "@grantline/read-model";
import { countOne, waitLeft, type Penalty, type PenaltyPolicy } from "./penalty.ts";

/** What all processes together know of their keys. Seconds. Fails when the store does. */
export interface SharedPenalties {
  /** How long a key still has to wait, 0 when not at all. */
  waitOf(name: string): Promise<number>;
  /** Counts one; with `refusing` not where the key has to wait: how long then, 0 when it was counted. */
  count(name: string, policy: PenaltyPolicy, refusing: boolean): Promise<number>;
}

interface Waiting {
  readonly refusing: boolean;
  readonly resolve: (wait: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Each failure of a swap is another process's success, so this many mean that something else is wrong. */
const MOST_SWAPS = 100;

/**
 * The very rules of `penalty.ts` on state that lies in the ephemeral store: read, counted here, and swapped in only where nobody was faster. What comes for a key
 * while its swap is under way goes into the next one, together, so a flood costs a round trip or two and not one for each.
 */
export function createSharedPenalties(ephemeral: EphemeralStore, clock: { now(): number }): SharedPenalties {
  const waiting = new Map<string, Waiting[]>();

  async function settle(name: string, policy: PenaltyPolicy, batch: readonly Waiting[]): Promise<void> {
    let before: string | undefined;
    for (let tries = 0; tries < MOST_SWAPS; tries++) {
      const { penalty, waits } = countAll(policy, parsed(before), batch, clock.now());
      // all of them have to wait, so there is nothing to write
      if (penalty === undefined) return tell(batch, waits);
      const forgottenAt = Math.max(penalty.lastAt, penalty.blockedUntil) + policy.memory;
      const answer = await ephemeral.swap(name, before, written(penalty), forgottenAt);
      if (answer.swapped) return tell(batch, waits);
      before = answer.found;
    }
    throw new Error("a limit could not be counted: it never was what it had just been");
  }

  async function work(name: string, policy: PenaltyPolicy, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0);
      await settle(name, policy, batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
    }
    waiting.delete(name);
  }

  return {
    waitOf: async (name) => waitLeft(parsed(await ephemeral.get(name)), clock.now()),
    count: (name, policy, refusing) =>
      new Promise((resolve, reject) => {
        const one = { refusing, resolve, reject };
        const queue = waiting.get(name);
        if (queue !== undefined) return void queue.push(one);
        const begun = [one];
        waiting.set(name, begun);
        void work(name, policy, begun);
      }),
  };
}

/** One after the other; no penalty when nobody was counted. */
function countAll(policy: PenaltyPolicy, known: Penalty | undefined, batch: readonly Waiting[], now: number) {
  let counted: Penalty | undefined;
  const waits = batch.map(({ refusing }) => {
    const wait = waitLeft(counted ?? known, now);
    if (refusing && wait > 0) return wait;
    counted = countOne(policy, counted ?? known, now);
    return 0;
  });
  return { penalty: counted, waits };
}

function tell(batch: readonly Waiting[], waits: readonly number[]): void {
  for (const [n, { resolve }] of batch.entries()) resolve(waits[n] as number);
}

function written({ count, startedAt, lastAt, waits, blockedUntil }: Penalty): string {
  return [count, startedAt, lastAt, waits, blockedUntil].join(" ");
}

function parsed(text: string | undefined): Penalty | undefined {
  if (text === undefined) return undefined;
  const [count, startedAt, lastAt, waits, blockedUntil] = text.split(" ").map(Number) as [number, number, number, number, number];
  return { count, startedAt, lastAt, waits, blockedUntil };
}
