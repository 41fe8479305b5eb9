import type { LeaseState } from "@grantline/domain/lease";
import type { EphemeralStore } from "@grantline/read-model";
import type { LeaseTimings } from "./lease.port.ts";

/** Signs of life carry the term, so that one who wakes up with an old term does not speak for the new holder. */
export function beatKey(duty: string, term: number): string {
  return `lease:${duty}:${term}`;
}

/**
 * Tells whether a holder is dead, by looks and not by clocks: the number of looks in a row at which nothing new was seen. Clocks of two machines
 * need not agree, and one who was paused himself has not looked meanwhile, so he judges nobody dead for it.
 */
export function createWatch(ephemeral: Pick<EphemeralStore, "get">, { silentLooks, blindLooks }: LeaseTimings) {
  let seen = "";
  let silent = 0;
  let blind = 0;
  return {
    /** One look. True: the duty may be taken. */
    async mayTake(duty: string, state: LeaseState): Promise<boolean> {
      if (state.status === "free") return true;
      const sign = await ephemeral.get(beatKey(duty, state.term)).then(
        (beat) => `${state.term}:${beat ?? ""}`,
        () => undefined,
      );
      if (sign === undefined) {
        blind += 1;
        return blind >= blindLooks;
      }
      blind = 0;
      silent = sign === seen ? silent + 1 : 0;
      seen = sign;
      return silent >= silentLooks;
    },
  };
}
