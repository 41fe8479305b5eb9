import type { Definitions, EventFilter, ReadEvent, StoredEvent } from "@grantline/event-store";
import type { ReadModelRow } from "./port.ts";

/** What a fold makes of an event; the projector adds key and revision. */
export interface RowDraft {
  readonly value: unknown;
  readonly columns?: NonNullable<ReadModelRow["columns"]>;
  /** Epoch seconds. */
  readonly expiresAt?: number;
}

/**
 * A pure fold of events into rows; the same events always give the same bytes (P6). A change of the shape of its rows or of what it
 * follows raises `version`: the new one builds beside the old and takes over when caught up.
 */
export interface Projection {
  readonly name: string;
  readonly version: number;
  /** Aggregate words of the streams it follows: `grant` for `grant-{id}`. */
  readonly streams: readonly string[];
  readonly definitions: Definitions;
  /** `stream`: one row a stream, keyed by its id, holding all of it. `event`: each event is a row of its own, keyed in order of time. */
  readonly rows: "stream" | "event";
  /**
   * The row after `event`. `previous` is the value of the row before it, undefined for the first event (and always for `rows: "event"`).
   * Undefined: nothing changes. A throw parks the stream (P11).
   */
  fold(previous: unknown, event: ReadEvent, id: string): RowDraft | undefined;
}

/** The table (and checkpoint) of a projection: `{name}.v{version}`. */
export function tableOf(projection: Pick<Projection, "name" | "version">): string {
  return `${projection.name}.v${projection.version}`;
}

const ISSUANCE = "issuance";

/** What the projections need of the log: issuance streams, most of it, are left in the store unless one of them follows those. */
export function filterFor(projections: readonly Pick<Projection, "streams">[]): EventFilter {
  return projections.some(({ streams }) => streams.includes(ISSUANCE)) ? {} : { except: `${ISSUANCE}-` };
}

/** `grant` of `grant-{id}`. */
function aggregateOf(stream: string): string {
  const dash = stream.indexOf("-");
  return dash < 0 ? stream : stream.slice(0, dash);
}

/** A batch by aggregate word, sorted out once for all projections, without a look into any body. */
export type Batch = ReadonlyMap<string, readonly StoredEvent[]>;

export function toBatch(events: readonly StoredEvent[]): Batch {
  return Map.groupBy(events, (event) => aggregateOf(event.stream));
}

/** What stands behind the aggregate word. */
export function idOf(stream: string): string {
  return stream.slice(stream.indexOf("-") + 1);
}
