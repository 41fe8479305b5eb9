import { sweepEndedGrants, sweepUnusedClients, type AdminParts } from "@grantline/admin";
import type { Logger } from "@grantline/telemetry";

/** Something one process does now and then. `run` answers how much there was to do. */
export interface Duty {
  readonly name: string;
  readonly everySeconds: number;
  run(): Promise<number>;
}

const HOUR = 3_600;
/** The first round comes soon after a start, so that a server that is restarted every day does them too. */
const FIRST_AFTER_MS = 60_000;

/** What must be tidied up. Rows and keys that expire are swept by their own stores as they are written to. */
export function dutiesOf(context: AdminParts): readonly Duty[] {
  return [
    { name: "expire-unused-clients", everySeconds: HOUR, run: () => sweepUnusedClients(context) },
    { name: "expire-ended-grants", everySeconds: HOUR, run: () => sweepEndedGrants(context) },
  ];
}

/**
 * Runs each duty by the clock, one run of it at a time, until closed. A failure is told and tried again at the next turn. With a `lease` each run
 * begins by asking whether this process still has it; to stand for a lease per duty see `startLeasedDuties` of @grantline/feed, which takes the same duties.
 */
export function startDuties(
  duties: readonly Duty[],
  log: Pick<Logger, "info" | "error">,
  firstAfterMs = FIRST_AFTER_MS,
  lease?: { assertHeld(): Promise<void> },
): { close(): Promise<void> } {
  const rounds = duties.map((duty) => startRounds(lease === undefined ? duty : underLease(duty, lease), log, firstAfterMs));
  return {
    close: async () => {
      await Promise.all(rounds.map((round) => round.close()));
    },
  };
}

function underLease(duty: Duty, lease: { assertHeld(): Promise<void> }): Duty {
  return {
    ...duty,
    async run() {
      await lease.assertHeld();
      return duty.run();
    },
  };
}

function startRounds(duty: Duty, log: Pick<Logger, "info" | "error">, firstAfterMs: number): { close(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let closed = false;
  let timer = setTimeout(turn, firstAfterMs).unref();

  function turn(): void {
    running = runOnce(duty, log);
    void running.finally(again);
  }

  function again(): void {
    if (!closed) timer = setTimeout(turn, duty.everySeconds * 1_000).unref();
  }

  return {
    close: () => {
      closed = true;
      clearTimeout(timer);
      return running;
    },
  };
}

async function runOnce({ name, run }: Duty, log: Pick<Logger, "info" | "error">): Promise<void> {
  const startedMs = performance.now();
  try {
    const done = await run();
    log.info({ duty: name, done, ms: Math.round(performance.now() - startedMs) }, "duty done");
  } catch (error) {
    log.error({ duty: name, err: error }, "a duty failed; it is tried again at its next turn");
  }
}
