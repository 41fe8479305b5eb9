import { type ClientBase, Pool, type PoolClient, type QueryResultRow } from "pg";
import { translated } from "./errors.ts";

export type OnTrouble = (what: string, error: unknown) => void;

/** What the parts of this adapter ask of PostgreSQL. Throws KeysUnavailable when it does not answer. */
export interface KeyDatabase {
  query<R extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<readonly R[]>;
  /** On one connection of its own, outside any transaction unless the work begins one. */
  session<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const CONNECT_MS = 3_000;
const STATEMENT_MS = 5_000;

/** A few connections: what is asked often is kept in memory. */
export function openKeyDatabase(url: string, onTrouble: OnTrouble, connections = 4): KeyDatabase {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    application_name: "grantline-keys",
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    // A little later than the server's own: only when the server does not answer at all.
    query_timeout: STATEMENT_MS + 1_000,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced at the next query; unheard, its error would end the process.
  let closed = false;
  // one that is just being closed when the server stops is nobody's any more, and would end the process
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", (error) => void (closed || onTrouble("a connection to the key database broke", error)));
  return {
    async query<R extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
      try {
        return (await pool.query<R>(text, [...values])).rows;
      } catch (error) {
        throw translated(error);
      }
    },
    async session(work) {
      const client = await pool.connect().catch((error: unknown) => {
        throw translated(error);
      });
      let broken: unknown;
      try {
        return await work(client);
      } catch (error) {
        broken = error;
        throw translated(error);
      } finally {
        // After a failure nobody knows what the connection is in the middle of.
        client.release(broken !== undefined);
      }
    },
    close: () => {
      closed = true;
      return pool.end();
    },
  };
}

/** The same questions on a connection one has already, errors as they come. */
export function queriesOf(client: ClientBase): Pick<KeyDatabase, "query"> {
  return {
    async query<R extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
      return (await client.query<R>(text, [...values])).rows;
    },
  };
}
