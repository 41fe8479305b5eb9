import { setTimeout as pause } from "node:timers/promises";
import type { CommandMeta } from "@grantline/event-store";
import { type Holding, keepLease } from "./held.ts";
import { LeaseLost, type HeldDuty, type Lease, type Leases, type LeasesOptions, type LeaseTimings } from "./lease.port.ts";
import { createWatch } from "./watch.ts";

/** A holder that dies is followed after 5 to 7 seconds, well within the ten that were promised. */
const TIMINGS: LeaseTimings = { beatMs: 1_500, lookMs: 1_000, silentLooks: 5, blindLooks: 30, pauseMs: 1_000 };
const LONGEST_PAUSE_MS = 60_000;

type Work = (lease: Lease) => Promise<void>;

/** Leases over streams `lease-{duty}`: who works is decided by the expected revision of an append, never by a lock or a key (P2). */
export function createLeases(options: LeasesOptions): Leases {
  const timings = { ...TIMINGS, ...options.timings };
  return { hold: (duty, work) => holdDuty(options, timings, duty, work) };
}

function holdDuty(options: LeasesOptions, timings: LeaseTimings, duty: string, work: Work): HeldDuty {
  const { log } = options;
  const closing = new AbortController();
  let holding: Holding | undefined;
  let pauseMs = timings.pauseMs;
  const rest = (ms: number) => pause(ms, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);

  /** Works in one term. */
  const workIn = async (term: number): Promise<void> => {
    holding = keepLease(options, timings, duty, term);
    if (closing.signal.aborted) holding.stop();
    log.info({ duty, term }, "took a duty over");
    try {
      await work(holding.lease);
      pauseMs = timings.pauseMs;
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      pauseMs = timings.pauseMs;
      log.info({ duty, term, why: error.message }, "stopped working at a duty");
    } finally {
      await giveBack(options, holding.lease);
      holding.end();
      holding = undefined;
    }
  };

  const run = async (): Promise<void> => {
    let watch = createWatch(options.ephemeral, timings);
    while (!closing.signal.aborted) {
      try {
        const term = await tryTake(options, duty, watch);
        if (term === undefined) await rest(timings.lookMs);
        else {
          await workIn(term);
          await rest(pauseMs);
          watch = createWatch(options.ephemeral, timings);
        }
      } catch (error) {
        log.error({ duty, err: error }, "working at a duty failed; standing for it again after a pause");
        await rest(pauseMs);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  };
  const running = run();
  return {
    working: () => holding !== undefined,
    async close() {
      closing.abort();
      holding?.stop();
      await running;
    },
  };
}

/** The term it is ours in, undefined when somebody else seems to be at it or was faster. */
async function tryTake(
  { leases, holder, clock }: LeasesOptions,
  duty: string,
  watch: ReturnType<typeof createWatch>,
): Promise<number | undefined> {
  const { state } = await leases.load(duty, { fresh: true });
  // Our own name there while we are not at work: the answer to taking it got lost. A new term, as nobody can know what was done in that one.
  const own = state.status === "held" && state.holder === holder;
  if (!own && !(await watch.mayTake(duty, state))) return undefined;
  const { outcome } = await leases.execute(duty, { kind: "take", now: clock.now(), holder, afterTerm: state.term }, meta(holder, duty));
  return outcome.kind === "taken" ? outcome.term : undefined;
}

/** So that the next one need not wait for silence. Where it fails, silence does. */
async function giveBack({ leases, holder, clock, log }: LeasesOptions, { duty, term, signal }: Lease): Promise<void> {
  try {
    await leases.execute(duty, { kind: "release", now: clock.now(), holder, term }, meta(holder, duty));
  } catch (error) {
    if (!signal.aborted) log.warn({ duty, term, err: error }, "a lease could not be given back; the next holder waits for silence");
  }
}

function meta(holder: string, duty: string): CommandMeta {
  return { correlationId: `lease-${duty}`, actor: { kind: "system", id: holder } };
}
