import { setTimeout as pause } from "node:timers/promises";
import { type Lease, LeaseLost, type LeasesOptions, type LeaseTimings } from "./lease.port.ts";
import { beatKey } from "./watch.ts";

/** Only tidies up: how long a sign of life may lie about once nobody renews it, seconds. Whether it is fresh is judged by its change. */
const BEAT_KEPT = 120;
/** An answer that took longer to arrive says nothing of now: the process may have been paused. Well under the shortest silence. */
const FRESH_MS = 2_000;

export interface Holding {
  readonly lease: Lease;
  /** Ends the work. */
  stop(): void;
  /** No more signs of life. */
  end(): void;
}

/** Keeps a lease that was taken: signs of life, and a look at the stream with each, so that a loss is noticed by an idle holder too. */
export function keepLease(options: LeasesOptions, timings: LeaseTimings, duty: string, term: number): Holding {
  const { leases, ephemeral, holder, clock, log } = options;
  const lost = new AbortController();
  const ended = new AbortController();

  const assertHeld = async (): Promise<void> => {
    for (;;) {
      const askedMs = performance.now();
      lost.signal.throwIfAborted();
      const { state } = await leases.load(duty, { fresh: true });
      if (state.status !== "held" || state.term !== term || state.holder !== holder)
        lost.abort(new LeaseLost(`the duty ${duty} is another's: it is in term ${state.term}, ours was ${term}`));
      lost.signal.throwIfAborted();
      if (performance.now() - askedMs < FRESH_MS) return;
    }
  };

  const beat = async (): Promise<void> => {
    let heard = true;
    for (let count = 0; !ended.signal.aborted; count += 1) {
      try {
        await ephemeral.put(beatKey(duty, term), String(count), clock.now() + BEAT_KEPT);
        heard = true;
      } catch (error) {
        if (heard) log.warn({ duty, err: error }, "signs of life of a lease can't be left; the event store goes on to say whose it is");
        heard = false;
      }
      // What it says is in the signal; a store that is away is the next assertHeld's to tell.
      await assertHeld().catch(() => undefined);
      await pause(timings.beatMs, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
    }
  };
  void beat();

  return {
    lease: { duty, term, signal: lost.signal, assertHeld },
    stop: () => lost.abort(new LeaseLost(`the process stops working at the duty ${duty}`)),
    end: () => ended.abort(),
  };
}
