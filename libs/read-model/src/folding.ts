import { parseEvent, type EventStore, type StoredEvent } from "@grantline/event-store";
import { BEHIND, toParked, type ParkedEvent } from "./parking.ts";
import type { ProjectionWrite, ReadModel } from "./port.ts";
import { idOf, type Projection, type RowDraft } from "./projection.ts";

const GAP_PAGE = 500;
const REASON_LENGTH = 200;

export interface FoldingSources {
  readonly projection: Projection;
  readonly table: string;
  readonly readModel: ReadModel;
  readonly store: EventStore;
}

/** A row being folded. `revision` is that of the last event of the stream it has taken in, whether or not it changed anything. */
interface WorkingRow {
  revision: number;
  draft: RowDraft | undefined;
  touched: boolean;
}

export interface Folded {
  readonly rows: readonly ProjectionWrite[];
  readonly parked: readonly ParkedEvent[];
}

/**
 * Folds a batch into the last row of each key. Events a row has already taken in are skipped, and a gap is filled from the store, so
 * the rows end the same whatever was delivered twice, late or out of order. An event that can't be folded parks its stream (P11).
 */
export async function foldBatch(
  sources: FoldingSources,
  events: readonly StoredEvent[],
  isParked: (event: StoredEvent) => boolean,
): Promise<Folded> {
  const working = new Map<string, WorkingRow>();
  const single: ProjectionWrite[] = [];
  const parked: ParkedEvent[] = [];
  const poisoned = new Set<string>();

  for (const event of events) {
    if (isParked(event) || poisoned.has(event.stream)) {
      parked.push(toParked(event, BEHIND));
      continue;
    }
    const failure = sources.projection.rows === "event" ? foldSingle(sources, event, single) : await foldStream(sources, event, working);
    if (failure === undefined) continue;
    poisoned.add(event.stream);
    parked.push(toParked(failure.event, failure.reason));
    if (failure.event.revision !== event.revision) parked.push(toParked(event, BEHIND));
  }
  return { rows: [...single, ...rowsOf(sources.table, working)], parked };
}

interface Failure {
  readonly event: StoredEvent;
  readonly reason: string;
}

function foldSingle(sources: FoldingSources, event: StoredEvent, writes: ProjectionWrite[]): Failure | undefined {
  const result = foldOne(sources.projection, undefined, event);
  if ("reason" in result) return { event, reason: result.reason };
  if (result.draft === undefined) return undefined;
  // UUIDv7 ids begin with the time, so the rows of several writers come in order of time.
  writes.push({ kind: "put", table: sources.table, row: { key: event.id, revision: event.revision, ...result.draft } });
  return undefined;
}

async function foldStream(sources: FoldingSources, event: StoredEvent, working: Map<string, WorkingRow>): Promise<Failure | undefined> {
  const row = working.get(event.stream) ?? (await loadRow(sources, event));
  working.set(event.stream, row);
  if (event.revision <= row.revision) return undefined;
  const due = event.revision === row.revision + 1 ? [event] : await readGap(sources.store, event, row.revision);
  for (const each of due) {
    const result = foldOne(sources.projection, row.draft?.value, each);
    if ("reason" in result) return { event: each, reason: result.reason };
    row.draft = result.draft ?? row.draft;
    row.revision = each.revision;
    row.touched = true;
  }
  return undefined;
}

async function loadRow(sources: FoldingSources, event: StoredEvent): Promise<WorkingRow> {
  // The first event of a stream needs no row; should there be one, the revision guard keeps it.
  const stored = event.revision === 0 ? undefined : await sources.readModel.get(sources.table, idOf(event.stream));
  if (stored === undefined) return { revision: -1, draft: undefined, touched: false };
  const { value, columns, expiresAt, revision } = stored;
  return { revision, draft: { value, ...(columns && { columns }), ...(expiresAt !== undefined && { expiresAt }) }, touched: false };
}

async function readGap(store: EventStore, upTo: StoredEvent, revision: number): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let from = revision + 1; from <= upTo.revision;) {
    const page = await store.readStream(upTo.stream, from, Math.min(GAP_PAGE, upTo.revision - from + 1));
    if (page.length === 0) throw new Error(`${upTo.stream} has no revision ${from}, but the feed delivered ${upTo.revision}.`);
    events.push(...page);
    from += page.length;
  }
  return events;
}

/** Folds one event; what it can't fold comes back as a reason. */
function foldOne(
  projection: Projection,
  previous: unknown,
  event: StoredEvent,
): { readonly draft: RowDraft | undefined } | { readonly reason: string } {
  try {
    const read = parseEvent(event, projection.definitions);
    if (read.unknown !== true) return { draft: projection.fold(previous, read, idOf(event.stream)) };
    return read.ignorable === true ? { draft: undefined } : { reason: "unknown-event" };
  } catch (error) {
    return { reason: `fold-failed: ${String(error).slice(0, REASON_LENGTH)}` };
  }
}

function rowsOf(table: string, working: ReadonlyMap<string, WorkingRow>): ProjectionWrite[] {
  const writes: ProjectionWrite[] = [];
  for (const [stream, row] of working) {
    if (row.touched && row.draft !== undefined)
      writes.push({ kind: "put", table, row: { key: idOf(stream), revision: row.revision, ...row.draft } });
  }
  return writes;
}
