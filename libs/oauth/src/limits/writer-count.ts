import type { EphemeralStore } from "@grantline/read-model";

const MINUTE = 60;

/**
 * How many processes record what strangers cause: what is allowed to all of them together is divided by it. Asked once a minute by each, it counts who
 * asked in this minute or the one before; who asks first in the very first minute hears of nobody else yet. Fails when the store does.
 */
export function createWriterCount(ephemeral: Pick<EphemeralStore, "increment">, clock: { now(): number }): () => Promise<number> {
  let counted = -1;
  const add = (minute: number, by: number): Promise<number> => ephemeral.increment(`security-writers:${minute}`, minute + 3 * MINUTE, by);
  return async () => {
    const minute = clock.now() - (clock.now() % MINUTE);
    const fresh = counted !== minute;
    counted = minute;
    const [now, before] = await Promise.all([add(minute, fresh ? 1 : 0), add(minute - MINUTE, 0)]);
    return Math.max(1, now, before);
  };
}
