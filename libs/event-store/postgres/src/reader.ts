import type { ChangesSince, EventFilter, EventLink, Position, StoredEvent } from "@grantline/event-store";
import type { Pool } from "pg";
import { isText } from "./batch.ts";
import { unavailable } from "./errors.ts";
import type { Gate } from "./silence.ts";

/** A stretch of the log. */
export interface Stretch<E = StoredEvent> {
  readonly events: readonly E[];
  /** Everything up to here that passes the filter is among the events, or came before. */
  readonly upTo: Position;
  readonly head: Position;
}

export interface Reader {
  stream(name: string, fromRevision: number, limit: number | undefined): Promise<readonly StoredEvent[]>;
  last(stream: string): Promise<StoredEvent | undefined>;
  /** Looks at no more than `window` positions after `after`, and ends earlier after `limit` events. */
  stretch(after: Position, window: number, limit: number, filter?: EventFilter): Promise<Stretch>;
  /** The same without bodies. */
  links(after: Position, window: number, limit: number): Promise<Stretch<EventLink>>;
  head(): Promise<Position>;
  changes(after: Position, except: string): Promise<ChangesSince>;
}

/** Events of one answer when a whole stream is asked for. */
const PAGE = 5_000;
/** A longer list of changes is not worth sending: dropping the caches is cheaper. */
const MANY = 5_000;
/** Nor is it worth looking for them among so many positions; the answer must come in time. */
const FAR = 100_000;
/** No stream begins with it. */
const NOWHERE = "\u0001";

const EVENT = "position, stream, revision, id, type, hash, body";
/** The day is cut out where the body lies. Stream and ids stand before it, and a quote in them is escaped. */
const LINK = `position, stream, revision, hash, substr(body, strpos(body, '"at":"') + 6, 10) AS day`;

export function createReader(pool: Pool, gate: Gate, schema: string): Reader {
  /** Prepared under its name; without one it is planned anew, with its values known. */
  const query = async <R extends object>(name: string | undefined, text: string, values: unknown[]): Promise<R[]> => {
    try {
      const config = { text, values, ...(name === undefined ? {} : { name }) };
      return (await gate.through(() => pool.query<R>(config))).rows;
    } catch (error) {
      throw unavailable("be read", error);
    }
  };
  const page = async (name: string, from: number, limit: number) =>
    isText(name) ? query<StoredEvent>("stream", `SELECT ${EVENT} FROM ${schema}.read_stream($1, $2, $3)`, [name, from, limit]) : [];
  const stretch = async <E extends StoredEvent | EventLink>(
    columns: string,
    after: Position,
    window: number,
    limit: number,
    filter?: EventFilter,
  ) => {
    const end = Number(after) + window;
    const { text, values } = stretchQuery({ schema, columns, after, end, limit, filter });
    // Planned with its positions known, it opens only the partitions they lie in.
    const rows = await query<StretchRow<E>>(undefined, text, values);
    const reached = rows[0]?.head ?? after;
    const events = rows.flatMap(eventOf<E>);
    const upTo =
      events.length === limit && limit > 0 ? events.at(-1)!.position : String(Math.min(end, Math.max(Number(reached), Number(after))));
    return { events, upTo, head: reached };
  };

  return {
    stream: async (name, fromRevision, limit = Infinity) => {
      const all: StoredEvent[] = [];
      for (;;) {
        const size = Math.min(PAGE, limit - all.length);
        const more = size > 0 ? await page(name, fromRevision + all.length, size) : [];
        for (const event of more) all.push(event);
        if (more.length < size || all.length >= limit) return all;
      }
    },
    last: async (stream) =>
      !isText(stream) ? undefined : (await query<StoredEvent>("last", `SELECT ${EVENT} FROM ${schema}.read_last($1)`, [stream]))[0],
    stretch: (after, window, limit, filter) => stretch<StoredEvent>(EVENT, after, window, limit, filter),
    links: (after, window, limit) => stretch<EventLink>(LINK, after, window, limit),
    head: async () => (await query<{ position: Position }>("head", `SELECT position FROM ${schema}.log`, []))[0]!.position,
    changes: async (after, except) => {
      const rows = await query<ChangeRow>(undefined, changesQuery(schema), [after, except === "" ? NOWHERE : except, MANY + 1]);
      const position = rows[0]!.head;
      if (rows.length > MANY || Number(position) - Number(after) > FAR) return { changes: "many", position };
      return { changes: rows.flatMap(({ stream, revision }) => (stream === null ? [] : [{ stream, revision }])), position };
    },
  };
}

type StretchRow<E> = { readonly head: Position } & ({ readonly position: null } | E);

function eventOf<E extends { readonly position: Position }>({ head: _head, ...event }: StretchRow<E>): E[] {
  return event.position === null ? [] : [event as unknown as E];
}

interface StretchWanted {
  readonly schema: string;
  readonly columns: string;
  readonly after: Position;
  readonly end: number;
  readonly limit: number;
  readonly filter: EventFilter | undefined;
}

/** The head and the events of one snapshot: what is up to the head and not among them does not exist. One row without an event when there is none. */
function stretchQuery({ schema, columns, after, end, limit, filter }: StretchWanted) {
  const values: unknown[] = [after, String(end), limit];
  const conditions = ["position > $1::bigint", "position <= $2::bigint"];
  if (filter?.types !== undefined) conditions.push(`type = ANY ($${values.push(filter.types)}::text[])`);
  if (filter?.except !== undefined) conditions.push(`NOT starts_with(stream, $${values.push(filter.except)})`);
  const text = `SELECT l.position AS head, e.* FROM (SELECT position FROM ${schema}.log LIMIT 1) l LEFT JOIN LATERAL
    (SELECT ${columns} FROM ${schema}.events WHERE ${conditions.join(" AND ")} ORDER BY position LIMIT $3) e ON true ORDER BY e.position`;
  return { text, values };
}

interface ChangeRow {
  readonly head: Position;
  readonly stream: string | null;
  readonly revision: number;
}

/** Names only, one snapshot, and nothing looked for when the way is too far. */
function changesQuery(schema: string): string {
  return `SELECT l.position AS head, e.stream, e.revision FROM (SELECT position FROM ${schema}.log LIMIT 1) l LEFT JOIN LATERAL
    (SELECT stream, revision FROM ${schema}.events WHERE position > $1::bigint AND l.position - $1::bigint <= ${FAR} AND NOT starts_with(stream, $2)
     ORDER BY position LIMIT $3) e ON true`;
}
