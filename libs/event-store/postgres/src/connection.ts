import { Socket } from "node:net";
import { Client, Pool } from "pg";
import type { ClientConfig } from "pg";

/** The server gives a statement up after this long, … */
const STATEMENT_MS = 5_000;
/** … and we give the server up a little later: one that is paused or cut off says nothing any more. */
const ANSWER_MS = 5_500;
const CONNECT_MS = 5_000;
/** How long a goodbye may take. */
const FAREWELL_MS = 1_000;

/** All connections of one store. */
export interface Connections {
  /** Made when they are needed and thrown away on any error, so the next query finds a new one or learns at once that there is none. */
  pool(size: number): Pool;
  /** A single one, for LISTEN; not connected yet. */
  client(): Client;
  /** Ends the pools. A server that is paused does not keep us: what has not said goodbye in time is cut. */
  close(): Promise<void>;
}

/** `patient`: statements may take as long as they take, for tools that go through the whole log. */
export function connectionsTo(
  url: string,
  onTrouble: (what: string, error: unknown) => void,
  { patient = false }: { readonly patient?: boolean } = {},
): Connections {
  const sockets = new Set<Socket>();
  const pools: Pool[] = [];
  const settings: ClientConfig = {
    connectionString: url,
    application_name: "grantline",
    // Our statements are short; compiling one costs more than running it.
    options: "-c jit=off",
    connectionTimeoutMillis: CONNECT_MS,
    ...(patient ? {} : { statement_timeout: STATEMENT_MS, query_timeout: ANSWER_MS }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      return socket.once("close", () => sockets.delete(socket));
    },
  };
  return {
    pool: (size) => {
      const pool = new Pool({ ...settings, max: size, idleTimeoutMillis: 60_000 });
      // An idle connection that breaks would otherwise end the process.
      // one that is just being closed when the server stops is nobody's any more, and would end the process
      pool.on("connect", (client) => client.on("error", () => undefined));
      pool.on("error", (error) => onTrouble("a connection to PostgreSQL broke", error));
      pools.push(pool);
      return pool;
    },
    client: () => new Client(settings),
    close: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      const cut = (): void => {
        for (const socket of sockets) socket.destroy();
      };
      if (sockets.size > 0) setTimeout(cut, FAREWELL_MS).unref();
      for (const socket of sockets) socket.unref();
    },
  };
}

/** One connection without limits of time, for migrations: building an index may take its hours. */
export function newMigrationClient(url: string): Client {
  return new Client({ connectionString: url, application_name: "grantline migration", connectionTimeoutMillis: CONNECT_MS });
}
