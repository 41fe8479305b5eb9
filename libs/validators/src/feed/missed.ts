import { revocationTypes } from "@grantline/domain/revocations";
import { comparePositions, type EventStore, type Position, type StoredEvent } from "@grantline/event-store";
import type { Told } from "./entry.ts";
import { toldBy, type AudienceSources } from "./told.ts";

type MissedSources = AudienceSources & { readonly store: Pick<EventStore, "readStream" | "readAll" | "head"> };

/** What the feed asks the store for. */
export const FILTER = { types: revocationTypes };
/** Events read at once. */
export const PAGE = 500;

/** What was revoked after `after` and not after `until`; undefined when that is too much, or when `after` is not a place in this log. */
export async function missedSince(
  context: MissedSources,
  after: Position,
  { until, position, most }: { readonly until: Position; readonly position: Position; readonly most: number },
): Promise<readonly Told[] | undefined> {
  if (comparePositions(after, until) >= 0) {
    // another process may be ahead of this one, but nobody of the log itself: that is one from before a restored backup
    const ofThisLog = comparePositions(after, position) <= 0 || comparePositions(after, await context.store.head()) <= 0;
    return ofThisLog ? [] : undefined;
  }
  const missed: Told[] = [];
  for (let from = after; missed.length <= most;) {
    const events = await context.store.readAll(from, PAGE, FILTER);
    const wanted = events.filter(({ position }) => comparePositions(position, until) <= 0);
    missed.push(...(await Promise.all(wanted.map((event) => toldBy(context, event)))).flat());
    if (wanted.length < PAGE) return missed;
    from = (wanted.at(-1) as StoredEvent).position;
  }
  return undefined;
}
