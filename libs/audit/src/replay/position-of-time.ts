import { comparePositions, START, type EventStore, type Position } from "@grantline/event-store";
import { atOf } from "./audit-event.ts";
import type { ReplayQuery } from "./query.ts";

/**
 * Writers' clocks differ, so a time never says exactly where in the log to begin: a search by time leaves this much room on both sides, milliseconds.
 * An event whose writer's clock was wrong by more than half of it may be missed by a window of time, never by a window of positions.
 */
const CLOCK_ALLOWANCE_MS = 24 * 3_600_000;
/** Room for the exact search of one moment: no clock that serves is wrong by so much. */
const MOMENT_ALLOWANCE_MS = 15 * 60_000;
const PAGE = 1_000;

/** The part of the log in which events of the query's times can lie. */
export async function windowOf(
  store: EventStore,
  { since, until }: Pick<ReplayQuery, "since" | "until">,
  { after, head }: { readonly after: Position; readonly head: Position },
): Promise<{ readonly after: Position; readonly upTo: Position }> {
  const from = since === undefined ? START : await positionBefore(store, head, shifted(since, -CLOCK_ALLOWANCE_MS));
  const upTo = until === undefined ? head : await positionBefore(store, head, shifted(until, CLOCK_ALLOWANCE_MS));
  return { after: comparePositions(from, after) > 0 ? from : after, upTo };
}

/** The position of the last event that happened at or before a moment (`at`, ISO 8601), START when there is none. Clocks may differ by minutes. */
export async function positionAt(store: EventStore, head: Position, time: string): Promise<Position> {
  const to = await positionBefore(store, head, shifted(time, MOMENT_ALLOWANCE_MS));
  let found = await positionBefore(store, head, shifted(time, -MOMENT_ALLOWANCE_MS));
  for (let from = found; ;) {
    const page = await store.readAll(from, PAGE);
    for (const stored of page) {
      if (comparePositions(stored.position, to) > 0) return found;
      if (atOf(stored) <= time) found = stored.position;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return found;
    from = last.position;
  }
}

/** By halving: a position such that the event after it is the first at or after `time`, as far as clocks agree; `head` when none is. */
async function positionBefore(store: EventStore, head: Position, time: string): Promise<Position> {
  let low = 0n;
  let high = BigInt(head);
  while (low < high) {
    const middle = (low + high) / 2n;
    const [next] = await store.readAll(String(middle), 1);
    if (next === undefined || comparePositions(next.position, head) > 0 || atOf(next) >= time) high = middle;
    else low = BigInt(next.position);
  }
  return String(low);
}

function shifted(time: string, byMs: number): string {
  return new Date(Date.parse(time) + byMs).toISOString();
}
