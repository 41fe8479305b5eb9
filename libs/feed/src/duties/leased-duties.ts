import { setTimeout as pause } from "node:timers/promises";
import { type Lease, LeaseLost, type Leases } from "../lease/index.ts";
import type { FeedLog } from "../log.port.ts";

/** Something that one process of all does now and then. `run` answers how much there was to do; work in many steps asks the lease before each. */
export interface LeasedDuty {
  /** Kebab case; the lease's stream is `lease-{name}`. */
  readonly name: string;
  readonly everySeconds: number;
  /** From taking the duty over to the first round; default 5. */
  readonly firstAfterSeconds?: number;
  run(lease: Lease): Promise<number>;
}

export interface LeasedDutiesOptions {
  readonly leases: Leases;
  readonly duties: readonly LeasedDuty[];
  readonly log: FeedLog;
}

export interface LeasedDuties {
  /** Names of the duties this process is at now. */
  working(): readonly string[];
  /** Waits for the rounds in hand and gives the leases back. */
  close(): Promise<void>;
}

const FIRST_AFTER_SECONDS = 5;

/** Stands for each duty by itself, so that they spread over the processes there are; one process works at each. */
export function startLeasedDuties({ leases, duties, log }: LeasedDutiesOptions): LeasedDuties {
  const held = duties.map((duty) => ({ name: duty.name, hold: leases.hold(duty.name, (lease) => rounds(duty, lease, log)) }));
  return {
    working: () => held.filter(({ hold }) => hold.working()).map(({ name }) => name),
    close: async () => {
      await Promise.all(held.map(({ hold }) => hold.close()));
    },
  };
}

/** Round after round until the lease ends. A round that fails is told, and the next one comes in its time. */
async function rounds(duty: LeasedDuty, lease: Lease, log: FeedLog): Promise<void> {
  const { everySeconds, firstAfterSeconds = FIRST_AFTER_SECONDS } = duty;
  for (let seconds = firstAfterSeconds; ; seconds = everySeconds) {
    await pause(seconds * 1_000, undefined, { signal: lease.signal, ref: false }).catch(() => undefined);
    if (lease.signal.aborted) return;
    await round(duty, lease, log);
  }
}

async function round({ name, run }: LeasedDuty, lease: Lease, log: FeedLog): Promise<void> {
  const startedMs = performance.now();
  try {
    await lease.assertHeld();
    const done = await run(lease);
    log.info({ duty: name, term: lease.term, done, ms: Math.round(performance.now() - startedMs) }, "duty done");
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    log.error({ duty: name, term: lease.term, err: error }, "a duty failed; it is tried again at its next turn");
  }
}
