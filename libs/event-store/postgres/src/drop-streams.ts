import type { StreamChange } from "@grantline/event-store";
import type { Pool, PoolClient } from "pg";
import { connectionsTo } from "./connection.ts";
import { connectionFailure } from "./errors.ts";

/** What a stream is called while its rows go: nobody finds it by its name any more, and whoever comes after a crash finds what is left to do. No stream begins with it. */
export const GOING = "\u0001dropped ";
/** Rows of one transaction. */
const ROWS = 10_000;

interface Hidden {
  readonly name: string;
  readonly start: string;
  readonly last_position: string;
}

/**
 * Forgets whole streams, beside running services. Only the change of their names waits for the lock of the appends, and takes a moment; then their rows go, and at
 * last partitions that have become empty. Takes the rights of the schema's owner.
 * @throws PostgresRefused, EventStoreUnavailable
 */
export async function dropStreams(url: string, schema: string, streams: readonly StreamChange[]): Promise<number> {
  const connections = connectionsTo(url, () => undefined, { patient: true }); // a broken connection shows in the query that waits
  try {
    const pool = connections.pool(1);
    await hide(pool, schema, streams);
    const gone = await forgetHidden(pool, schema);
    await dropEmptyPartitions(pool, schema);
    return gone;
  } catch (error) {
    throw connectionFailure(url, error);
  } finally {
    await connections.close();
  }
}

async function hide(pool: Pool, schema: string, streams: readonly StreamChange[]): Promise<void> {
  await inTransaction(pool, async (client) => {
    // The lock of `append`: a head must not be read by one and renamed by the other
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`grantline ${schema}`]);
    await client.query(
      `UPDATE ${schema}.streams s SET name = $3 || s.start || ' ' || s.name
         FROM unnest($1::text[], $2::integer[]) AS w(name, revision)
        WHERE s.name = w.name AND s.revision = w.revision AND s.last_position < (SELECT position FROM ${schema}.log)`,
      [streams.map(({ stream }) => stream), streams.map(({ revision }) => revision), GOING],
    );
  });
}

/** From the last revision down, so that what is left at any moment is a whole beginning. */
async function forgetHidden(pool: Pool, schema: string): Promise<number> {
  let gone = 0;
  for (;;) {
    const { rows: hidden } = await pool.query<Hidden>(
      `SELECT name, start, last_position FROM ${schema}.streams WHERE name >= $1 AND starts_with(name, $1) ORDER BY name LIMIT 200`,
      [GOING],
    );
    if (hidden.length === 0) return gone;
    const starts = hidden.map(({ start }) => start);
    const first = starts.reduce((a, b) => (BigInt(a) < BigInt(b) ? a : b));
    const last = hidden.map((one) => one.last_position).reduce((a, b) => (BigInt(a) > BigInt(b) ? a : b));
    for (let removed = ROWS; removed === ROWS; gone += removed) {
      const { rowCount } = await pool.query(
        `DELETE FROM ${schema}.events WHERE position BETWEEN $2 AND $3 AND (position) IN (
           SELECT position FROM ${schema}.events WHERE start = ANY ($1::bigint[]) AND position BETWEEN $2 AND $3
           ORDER BY start, revision DESC LIMIT ${ROWS})`,
        [starts, first, last],
      );
      removed = rowCount ?? 0;
    }
    await pool.query(`DELETE FROM ${schema}.streams WHERE name = ANY ($1)`, [hidden.map(({ name }) => name)]);
  }
}

/** Gives their room back to the file system; what could not be locked at once is tried at the next drop. */
async function dropEmptyPartitions(pool: Pool, schema: string): Promise<void> {
  const { rows } = await pool.query<{ first: string; upto: string }>(
    `SELECT first, upto FROM ${schema}.partitions WHERE upto <= (SELECT position FROM ${schema}.log) ORDER BY first`,
  );
  for (const { first, upto } of rows) {
    await inTransaction(pool, async (client) => {
      const left = await client.query(`SELECT 1 FROM ${schema}.events WHERE position >= $1 AND position < $2 LIMIT 1`, [first, upto]);
      if (left.rows.length > 0) return;
      await client.query("SET LOCAL lock_timeout = '2s'");
      await client.query(`DROP TABLE IF EXISTS ${schema}.events_from_${BigInt(first)}`);
      await client.query(`DELETE FROM ${schema}.partitions WHERE first = $1`, [first]);
    }).catch((error: unknown) => {
      // lock_not_available: somebody holds the table, an ANALYZE perhaps
      if ((error as { readonly code?: unknown }).code !== "55P03") throw error;
    });
  }
}

async function inTransaction(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await work(client);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined); // the first error says more
    throw error;
  } finally {
    client.release();
  }
}
