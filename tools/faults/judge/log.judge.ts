import { createLogVerifier, type StoredEvent } from "@grantline/event-store";
import { openPostgresEventLog } from "@grantline/event-store-postgres";
import type { History } from "../history.ts";

/** The log as it is after a fault, and what is wrong with it. */
export interface LogVerdict {
  readonly events: number;
  readonly wrong: readonly string[];
  /** Takes of leases, in order of time. */
  readonly takes: readonly LeaseTake[];
}

export interface LeaseTake {
  readonly duty: string;
  readonly holder: string;
  readonly atMs: number;
}

/** I1, I2, I3, I9: chains whole, no gap, nothing twice, everything acknowledged there. */
export async function judgeLog(url: string, history: History): Promise<LogVerdict> {
  const log = await openPostgresEventLog({ url });
  const wrong: string[] = [];
  const verifier = createLogVerifier();
  const seen = createTally();
  let events = 0;
  try {
    for await (const entry of log.inStreamOrder()) {
      events++;
      verifier.take(entry);
      seen.take(entry.event);
    }
    const [gap, torn] = [await log.firstGap(), await log.firstTornStream()];
    if (gap !== undefined) wrong.push(`no event has position ${gap}`);
    if (torn !== undefined) wrong.push(`the head of ${torn} does not fit its events`);
  } finally {
    await log.close();
  }
  const chains = verifier.result();
  if (chains.kind === "broken") wrong.push(`the log is broken at ${chains.position}: ${chains.why}`);
  for (const { uri } of history.clients) {
    const stream = `client-${uri.slice(uri.lastIndexOf("/") + 1)}`;
    if (!seen.streams.has(stream)) wrong.push(`an acknowledged registration is not in the log: ${stream}`);
  }
  return { events, wrong: [...wrong, ...seen.wrong], takes: seen.takes.toSorted((a, b) => a.atMs - b.atMs) };
}

interface Tally {
  take(event: StoredEvent): void;
  readonly streams: ReadonlySet<string>;
  readonly wrong: readonly string[];
  readonly takes: readonly LeaseTake[];
}

/** Counts what may happen once only. */
function createTally(): Tally {
  const streams = new Set<string>();
  const ids = new Set<string>();
  const once = new Set<string>();
  const wrong: string[] = [];
  const takes: LeaseTake[] = [];
  const single = (what: string): void => {
    if (once.has(what)) wrong.push(`happened twice: ${what}`);
    once.add(what);
  };
  return {
    streams,
    wrong,
    takes,
    take({ id, stream, type, body }) {
      streams.add(stream);
      if (ids.has(id)) wrong.push(`an event id stands twice: ${id}`);
      ids.add(id);
      if (type === "CodeRedeemed") single(`redemption of the code of ${stream}`);
      if (type === "RefreshTokenRotated") single(`making of refresh token ${hashOfRefresh(body)} of ${stream}`);
      if (type === "LeaseTaken") {
        const { at, data } = JSON.parse(body) as { readonly at: string; readonly data: { readonly holder: string; readonly term: number } };
        single(`term ${data.term} of ${stream}`);
        takes.push({ duty: stream.slice(stream.indexOf("-") + 1), holder: data.holder, atMs: Date.parse(at) });
      }
    },
  };
}

function hashOfRefresh(body: string): string {
  const { data } = JSON.parse(body) as { readonly data: { readonly refresh: { readonly hash: string } } };
  return data.refresh.hash;
}
