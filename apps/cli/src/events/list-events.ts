import { comparePositions, START, type EventStore, type Position, type StoredEvent } from "@grantline/event-store";

export interface ListOptions {
  readonly stream?: string;
  readonly after?: Position;
  readonly type?: string;
  readonly limit?: number;
}

const PAGE = 500;

/** One line an event: position and hash, then the envelope exactly as it was hashed. */
export async function listEvents(
  store: EventStore,
  { stream, after = START, type, limit = Infinity }: ListOptions,
  out: (text: string) => void,
): Promise<void> {
  let written = 0;
  for await (const event of stream === undefined ? wholeLog(store, after) : oneStream(store, stream, after)) {
    if (written >= limit) return;
    if (type !== undefined && event.type !== type) continue;
    written += 1;
    out(`{"position":${JSON.stringify(event.position)},"hash":${JSON.stringify(event.hash)},${event.body.slice(1)}\n`);
  }
}

async function* wholeLog(store: EventStore, after: Position): AsyncGenerator<StoredEvent> {
  for (let from = after; ;) {
    const page = await store.readAll(from, PAGE);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    from = last.position;
  }
}

async function* oneStream(store: EventStore, stream: string, after: Position): AsyncGenerator<StoredEvent> {
  for (let from = 0; ; from += PAGE) {
    const page = await store.readStream(stream, from, PAGE);
    yield* page.filter((event) => comparePositions(event.position, after) > 0);
    if (page.length < PAGE) return;
  }
}
