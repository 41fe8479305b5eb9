import { START, type Position, type StoredEvent } from "@grantline/event-store";
import type { AdminParts } from "../context.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";

export interface EventsQuery {
  readonly limit: number;
  readonly after?: Position | undefined;
  readonly stream?: string | undefined;
  readonly from_revision?: number | undefined;
  readonly stream_prefix?: string | undefined;
  readonly type?: string | undefined;
}

/** Events looked at for one answer at most: a rare filter over a long log answers with less, and where to go on. */
const MOST_SCANNED = 10_000;
const SCAN = 1_000;

/** GET /events: one stream in order of revision, or all of them in order of position. Reads the store itself, so it is never behind. */
export async function readEvents(context: AdminParts, call: AdminCall<EventsQuery, undefined>): Promise<AdminAnswer> {
  const { stream } = call.query;
  return { status: 200, body: stream === undefined ? await readAll(context, call.query) : await readOne(context, stream, call.query) };
}

async function readOne(context: AdminParts, stream: string, query: EventsQuery) {
  const from = query.from_revision ?? 0;
  const events = await context.store.readStream(stream, from, query.limit);
  const last = events.at(-1);
  const more = last !== undefined && events.length === query.limit;
  return { items: events.filter(matches(query)).map(showEvent), ...(more ? { next_revision: last.revision + 1 } : {}) };
}

async function readAll(context: AdminParts, query: EventsQuery) {
  const items: StoredEvent[] = [];
  let after = query.after ?? START;
  for (let scanned = 0; scanned < MOST_SCANNED;) {
    const batch = await context.store.readAll(after, SCAN);
    const room = query.limit - items.length;
    const found = batch.filter(matches(query));
    if (found.length >= room) {
      items.push(...found.slice(0, room));
      return { items: items.map(showEvent), next_position: items.at(-1)?.position ?? after };
    }
    items.push(...found);
    after = batch.at(-1)?.position ?? after;
    if (batch.length < SCAN) break;
    scanned += batch.length;
  }
  return { items: items.map(showEvent), next_position: after };
}

function matches({ type, stream_prefix: prefix }: EventsQuery): (event: StoredEvent) => boolean {
  return (event) => (type === undefined || event.type === type) && (prefix === undefined || event.stream.startsWith(prefix));
}

/** The envelope as stored, with its place and hash; `body` in its exact bytes is what the hash covers. */
function showEvent(event: StoredEvent): Readonly<Record<string, unknown>> {
  return { position: event.position, hash: event.hash, ...(JSON.parse(event.body) as object) };
}
