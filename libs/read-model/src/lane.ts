import { comparePositions, START, type EventStore, type Position, type StoredEvent } from "@grantline/event-store";
import { foldBatch, type Folded, type FoldingSources } from "./folding.ts";
import { BEHIND, parkWrite, readParked, unparkWrite, type ParkedEvent } from "./parking.ts";
import type { ReadModel } from "./port.ts";
import type { ProjectorLog } from "./projector.port.ts";
import { tableOf, type Batch, type Projection } from "./projection.ts";

const RETRY_PAGE = 500;

export interface LaneSources {
  readonly projection: Projection;
  /** Appended to table and checkpoint while a set is built beside the one in use. */
  readonly suffix?: string;
  readonly readModel: ReadModel;
  readonly store: EventStore;
  readonly log: ProjectorLog;
}

/** One projection on the feed: its table, checkpoint and parked streams. Not reentrant: the caller runs one call at a time. */
export interface Lane {
  readonly projection: Projection;
  readonly table: string;
  /** Everything up to here is in the rows (the persisted checkpoint may be a little older). */
  seen(): Position;
  /** The checkpoint as last read or written. */
  written(): Position;
  /** Number of events parked. */
  parked(): number;
  /** Takes checkpoint and parked streams from the read model, as after a start. */
  load(): Promise<void>;
  /** Folds the events of this lane in the batch and takes note that everything up to `upTo` has been seen. */
  apply(batch: Batch, upTo: Position): Promise<void>;
  /** Persists what has been seen. */
  flush(): Promise<void>;
  /** Folds parked streams again from the store; how many are free now. */
  retryParked(): Promise<number>;
}

export function createLane(sources: LaneSources): Lane {
  const { projection, readModel, store, log } = sources;
  const table = `${tableOf(projection)}${sources.suffix ?? ""}`;
  const folding: FoldingSources = { projection, table, readModel, store };
  let checkpoint: Position = START;
  let seen: Position = START;
  /** Revisions parked, by stream. */
  let parked = new Map<string, Set<number>>();

  function note(event: ParkedEvent): void {
    const revisions = parked.get(event.stream);
    if (revisions === undefined) parked.set(event.stream, new Set([event.revision]));
    else revisions.add(event.revision);
  }

  // What a row had taken in before its stream was parked may come again, and is only a repeat.
  function isParked(event: StoredEvent): boolean {
    const revisions = parked.get(event.stream);
    return revisions !== undefined && event.revision >= Math.min(...revisions);
  }

  async function load(): Promise<void> {
    checkpoint = (await readModel.checkpoint(table)) ?? START;
    seen = checkpoint;
    parked = new Map();
    for (const event of await readParked(readModel, table)) note(event);
  }

  async function write(folded: Folded, upTo: Position): Promise<void> {
    await readModel.write(table, [...folded.rows, ...folded.parked.map((event) => parkWrite(table, event))], upTo, checkpoint);
    checkpoint = upTo;
    seen = upTo;
    for (const event of folded.parked) {
      note(event);
      const { position: _position, ...fields } = event;
      if (event.reason !== BEHIND)
        log.error({ projection: projection.name, ...fields }, "event parked: the projection can't fold it, its stream waits");
    }
  }

  async function retry(stream: string, events: readonly ParkedEvent[]): Promise<boolean> {
    const folded = await foldBatch(folding, await dueEvents(folding, stream, events), () => false);
    if (folded.parked.length > 0) return false;
    await readModel.write(table, [...folded.rows, ...events.map((event) => unparkWrite(table, event))], checkpoint, checkpoint);
    parked.delete(stream);
    return true;
  }

  return {
    projection,
    table,
    seen: () => seen,
    written: () => checkpoint,
    parked: () => [...parked.values()].reduce((sum, revisions) => sum + revisions.size, 0),
    load,
    async apply(batch, upTo) {
      const own = projection.streams.flatMap((aggregate) => batch.get(aggregate) ?? []);
      // An event from before may come again or late: the revision of its row tells whether it is in, not its position.
      const reached = comparePositions(upTo, seen) > 0 ? upTo : seen;
      if (own.length === 0) seen = reached;
      else await write(await foldBatch(folding, own, isParked), reached);
    },
    async flush() {
      if (seen !== checkpoint) await write({ rows: [], parked: [] }, seen);
    },
    async retryParked() {
      const byStream = Map.groupBy(await readParked(readModel, table), (event) => event.stream);
      let freed = 0;
      for (const [stream, events] of byStream) if (await retry(stream, events)) freed += 1;
      return freed;
    },
  };
}

/** What a parked stream must be folded from: its last event (the gap to its row is filled), or each parked one where events are rows. */
async function dueEvents(
  { projection, store }: FoldingSources,
  stream: string,
  parked: readonly ParkedEvent[],
): Promise<readonly StoredEvent[]> {
  if (projection.rows === "stream") {
    const last = await store.readLast(stream);
    return last === undefined ? [] : [last];
  }
  const events: StoredEvent[] = [];
  for (let from = parked[0]?.revision ?? 0; ; from += RETRY_PAGE) {
    const page = await store.readStream(stream, from, RETRY_PAGE);
    events.push(...page);
    if (page.length < RETRY_PAGE) return events;
  }
}
