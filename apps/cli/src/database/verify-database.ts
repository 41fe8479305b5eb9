import { droppedUpTo } from "@grantline/audit";
import { createLogVerifier, type Position } from "@grantline/event-store";
import { openPostgresEventLog, openPostgresEventStore } from "@grantline/event-store-postgres";
import { everySecond } from "../every-second.ts";
import { tellVerification, withGap } from "../events/verify-events.ts";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";

/** Says that the log in the database is intact, or throws CommandFailed with the first bad position. */
export async function verifyDatabase(
  url: string,
  region: string,
  terminal: Pick<Terminal, "out" | "error">,
  asJson: boolean,
): Promise<void> {
  const log = await openPostgresEventLog({ url });
  try {
    const startedMs = performance.now();
    const rate = (events: number): number => Math.round(events / Math.max(0.001, (performance.now() - startedMs) / 1_000));
    const progress = everySecond((events: number) => terminal.error(`${events} events, ${rate(events)} events/s\n`));
    const floor = await floorOf(url, region);
    const verifier = createLogVerifier();
    let taken = 0;
    for await (const entry of log.inStreamOrder()) {
      verifier.take(entry);
      progress(++taken);
    }
    const found = withGap(verifier.result(), await log.firstGap(floor));
    const torn = found.kind === "broken" ? undefined : await log.firstTornStream();
    if (torn !== undefined) throw new CommandFailed(`the log is torn: the head of ${torn} says something else than its events`, 1);
    tellVerification(found, { floor, eventsPerSecond: rate(found.events), asJson }, terminal);
  } finally {
    await log.close();
  }
}

async function floorOf(url: string, region: string): Promise<Position> {
  const store = await openPostgresEventStore({ url, poolSize: 1 });
  try {
    return await droppedUpTo(store, region);
  } finally {
    await store.close();
  }
}
