import { START } from "@grantline/event-store";
import type { LogEntry, Position, StoredEvent } from "@grantline/event-store";
import { connectionsTo } from "./connection.ts";
import { GOING } from "./drop-streams.ts";
import { connectionFailure, placeOf, unavailable } from "./errors.ts";
import { checkFitness } from "./fitness.ts";
import { checkedSchema } from "./schema-name.ts";

/** The log as a tool goes through it, beside running servers. For reading in order of position open the store. */
export interface PostgresEventLog {
  /** Every event, stream after stream and by revision in each, in pages. What is appended meanwhile may be among them or not. */
  inStreamOrder(): AsyncGenerator<LogEntry>;
  /** The lowest position after `after` without an event, though there are later ones: `append` leaves none out. */
  firstGap(after?: Position): Promise<Position | undefined>;
  /** A stream whose head says something else than its events do, if there is one: a restore that tore the tables apart. */
  firstTornStream(): Promise<string | undefined>;
  /** How many events there are. */
  count(): Promise<number>;
  close(): Promise<void>;
}

const PAGE = 2_000;

/** Throws as `openPostgresEventStore`. */
export async function openPostgresEventLog(options: { readonly url: string; readonly schema?: string }): Promise<PostgresEventLog> {
  const schema = checkedSchema(options.schema);
  const connections = connectionsTo(options.url, () => undefined, { patient: true }); // a tool hears of a broken connection at its next query
  const pool = connections.pool(1);
  await checkFitness(pool, schema, placeOf(options.url)).catch(async (error: unknown) => {
    await connections.close();
    throw connectionFailure(options.url, error);
  });
  const query = async <R extends object>(text: string, values: unknown[] = []): Promise<R[]> => {
    try {
      return (await pool.query<R>(text, values)).rows;
    } catch (error) {
      throw unavailable("be read", error);
    }
  };
  const page = `SELECT start, EXISTS (SELECT 1 FROM ${schema}.streams s WHERE s.name IN (e.stream, '${GOING}' || e.start || ' ' || e.stream) AND s.start = e.start) AS findable,
      position, revision, stream, id, type, hash, body
    FROM ${schema}.events e WHERE (start, revision) > ($1, $2) ORDER BY start, revision LIMIT ${PAGE}`;

  async function* inStreamOrder(): AsyncGenerator<LogEntry> {
    for (let after: [start: string, revision: number] = [START, -1]; ;) {
      const rows = await query<StoredEvent & { readonly start: string; readonly findable: boolean }>(page, after);
      for (const { start: _start, findable, ...event } of rows) yield { event, findable };
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = [last.start, last.revision];
    }
  }

  return {
    inStreamOrder,
    count: async () => Number((await query<{ events: string }>(`SELECT count(*) AS events FROM ${schema}.events`))[0]?.events),
    firstGap: async (after = START) => {
      const rows = await query<{ missing: Position }>(
        `SELECT previous + 1 AS missing FROM
           (SELECT position, lag(position, 1, $1::bigint) OVER (ORDER BY position) AS previous
              FROM (SELECT position FROM ${schema}.events WHERE position > $1 UNION ALL SELECT position + 1 FROM ${schema}.log) every) pairs
         WHERE position > previous + 1 ORDER BY position LIMIT 1`,
        [after],
      );
      return rows[0]?.missing;
    },
    firstTornStream: async () => {
      const rows = await query<{ name: string }>(
        `SELECT name FROM ${schema}.streams s FULL JOIN
           (SELECT stream, max(revision) AS revision, max(position) AS last FROM ${schema}.events GROUP BY stream) e ON e.stream = s.name
         WHERE (s.revision, s.last_position) IS DISTINCT FROM (e.revision, e.last) LIMIT 1`,
      );
      return rows[0]?.name;
    },
    close: () => connections.close(),
  };
}
