import { comparePositions, START, type EventStore, type Position } from "@grantline/event-store";
import { atOf } from "../replay/audit-event.ts";
import { positionAt } from "../replay/position-of-time.ts";
import { timeOf } from "../replay/query.ts";

/** A place in the log, and the time by which what has an end is judged there. */
export interface Moment {
  /** Events up to and with this one count. */
  readonly position: Position;
  /** ISO 8601 UTC with milliseconds. */
  readonly time: string;
}

/**
 * The moment a person means by a position or a time (a day means its beginning). A time stands for the last event that had happened by then; a position
 * for the time of its event. Throws BadAuditQuery for what is neither, RangeError for a position with no event.
 */
export async function momentOf(store: EventStore, at: string): Promise<Moment> {
  const head = await store.head();
  if (!/^\d{1,20}$/.test(at)) {
    const time = timeOf("at", at) as string;
    return { position: await positionAt(store, head, time), time };
  }
  const position = String(BigInt(at));
  if (position === START) return { position, time: new Date(0).toISOString() };
  if (comparePositions(position, head) > 0) throw new RangeError(`The log ends at position ${head}.`);
  const [event] = await store.readAll(String(BigInt(position) - 1n), 1);
  if (event?.position !== position) throw new RangeError(`There is no event at position ${position}.`);
  return { position, time: atOf(event) };
}

/** The newest moment: everything in the log, judged at `now`. */
export async function momentNow(store: EventStore, now: number): Promise<Moment> {
  return { position: await store.head(), time: new Date(now * 1_000).toISOString() };
}
