import { comparePositions, START, type EventStore, type Position, type StoredEvent } from "@grantline/event-store";
import type { ReadModel } from "./port.ts";

const PROJECTION = "projector";
const TABLE = "projector.anchor";
const KEY = "last-event";

/** An event the read model was made from. When the store does not have it, the read model is another store's. */
interface Anchor {
  readonly stream: string;
  readonly revision: number;
  readonly hash: string;
}

export async function dropAnchor(readModel: ReadModel, event: StoredEvent): Promise<void> {
  const anchor: Anchor = { stream: event.stream, revision: event.revision, hash: event.hash };
  await readModel.write(PROJECTION, [{ kind: "put", table: TABLE, row: { key: KEY, revision: 0, value: anchor } }]);
}

export async function forgetAnchor(readModel: ReadModel): Promise<void> {
  await readModel.clear(PROJECTION);
}

/**
 * Why the read model can't be of this store: a checkpoint beyond its head, or an event the store does not have (a restored backup,
 * another data folder). Undefined when it fits.
 */
export async function findMismatch(store: EventStore, readModel: ReadModel, projections: readonly string[]): Promise<string | undefined> {
  let furthest: Position = START;
  for (const projection of projections) {
    const checkpoint = (await readModel.checkpoint(projection)) ?? START;
    if (comparePositions(checkpoint, furthest) > 0) furthest = checkpoint;
  }
  const head = await store.head();
  if (comparePositions(furthest, head) > 0) return `checkpoint ${furthest} is beyond the head ${head}`;
  const anchor = (await readModel.get(TABLE, KEY))?.value as Anchor | undefined;
  if (anchor === undefined) return undefined;
  const [event] = await store.readStream(anchor.stream, anchor.revision, 1);
  return event?.revision === anchor.revision && event.hash === anchor.hash
    ? undefined
    : `the store does not have ${anchor.stream} revision ${anchor.revision} as projected`;
}
