import type { StoredEvent } from "@grantline/event-store";
import type { ProjectionWrite, ReadModel } from "./port.ts";

/** One event a projection could not fold, or that came after such a one in its stream (P11). */
export interface ParkedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly position: string;
  /** `fold-failed: …` or `unknown-event`; `BEHIND` for events that wait behind such a one. */
  readonly reason: string;
}

/** Reason of an event that could perhaps be folded, but whose stream is parked. */
export const BEHIND = "stream-parked";
const PAGE = 1_000;

/** The parked events of a projection stand beside its rows, in a table of their own, and go and come with them. */
export function parkedTable(table: string): string {
  return `parked.${table}`;
}

export function toParked(event: StoredEvent, reason: string): ParkedEvent {
  return { stream: event.stream, revision: event.revision, type: event.type, position: event.position, reason };
}

export function parkWrite(table: string, parked: ParkedEvent): ProjectionWrite {
  return {
    kind: "put",
    table: parkedTable(table),
    row: { key: parkedKey(parked), revision: 0, value: parked, columns: { stream: parked.stream } },
  };
}

export function unparkWrite(table: string, parked: ParkedEvent): ProjectionWrite {
  return { kind: "delete", table: parkedTable(table), key: parkedKey(parked), revision: 0 };
}

function parkedKey(event: Pick<ParkedEvent, "stream" | "revision">): string {
  return `${event.stream}/${String(event.revision).padStart(10, "0")}`;
}

/** All parked events of a projection, by stream and revision. */
export async function readParked(readModel: ReadModel, table: string): Promise<readonly ParkedEvent[]> {
  const parked: ParkedEvent[] = [];
  let cursor: string | undefined;
  do {
    const page = await readModel.list(parkedTable(table), { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    parked.push(...page.rows.map((row) => row.value as ParkedEvent));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return parked;
}
