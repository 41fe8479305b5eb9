import type { AppendResult, SealedEvent } from "@grantline/event-store";

export interface BatchedAppend {
  readonly stream: string;
  readonly expectedRevision: number;
  readonly events: readonly SealedEvent[];
}

/** What the database's `append` answers: one entry an append; position 0 is a conflict, its revision then the actual one. */
export interface BatchAnswer {
  readonly positions: readonly string[];
  readonly revisions: readonly number[];
}

/** The nine arrays of the database's `append`. */
export function batchOf(appends: readonly BatchedAppend[]): unknown[] {
  const places = new Map<string, number>();
  const streamOf: number[] = [];
  const [streams, ids, types, hashes, bodies] = [[], [], [], [], []] as [string[], string[], string[], string[], string[]];
  for (const { stream, events } of appends) {
    // Arrays begin at 1 there.
    let place = places.get(stream);
    if (place === undefined) places.set(stream, (place = places.size + 1));
    streamOf.push(place);
    for (const event of events) {
      streams.push(stream);
      ids.push(event.id);
      types.push(event.type);
      hashes.push(event.hash);
      bodies.push(event.body);
    }
  }
  const expected = appends.map(({ expectedRevision }) => expectedRevision);
  const counts = appends.map(({ events }) => events.length);
  return [[...places.keys()], streamOf, expected, counts, streams, ids, types, hashes, bodies];
}

export function batchResults(answer: BatchAnswer | undefined, appends: number): readonly AppendResult[] {
  if (answer?.positions.length !== appends || answer.revisions.length !== appends) throw new Error("the answer does not fit the batch");
  return answer.positions.map((position, i) => {
    const revision = answer.revisions[i]!;
    return position === "0" ? { kind: "conflict", actual: revision } : { kind: "appended", position, revision };
  });
}

/** What stands in the way of storing these events after that revision, if anything. */
export function wrongWith(stream: string, expectedRevision: number, events: readonly SealedEvent[]): string | undefined {
  if (events.length === 0 || events.some((event, i) => event.revision !== expectedRevision + 1 + i || event.stream !== stream))
    return `events for ${stream} must follow revision ${expectedRevision} without a gap`;
  if (stream.length > LONGEST_STREAM) return `the name of a stream has at most ${LONGEST_STREAM} characters`;
  for (const { id, type, hash, body } of events)
    for (const text of [stream, id, type, hash, body])
      if (!isText(text)) return `events for ${stream} must be well-formed text without NUL`;
  return undefined;
}

/** JSON text has neither NUL nor half a surrogate pair: both are escaped in it. PostgreSQL's text can't hold them byte for byte, and refuses one that is asked for. */
export function isText(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** Fits an index entry, whatever the characters are. */
const LONGEST_STREAM = 500;
