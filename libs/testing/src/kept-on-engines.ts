import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createLogVerifier, type LogVerification } from "@grantline/event-store";
import { openPostgresEventLog, openPostgresEventStore } from "@grantline/event-store-postgres";
import { forgetRedis, inspectRedis } from "@grantline/read-model-redis";
import { Client, type QueryResultRow } from "pg";
import { filesBelow, rowText } from "./kept-in-files.ts";
import type { Kept } from "./kept.ts";

const ALL = 10_000_000;

/** The shape of many processes: a database in PostgreSQL, a key space in Redis. The folder holds only where they are. */
export function keptOnEngines(dataDir: string, engines: Readonly<Record<string, string>>): Kept {
  const url = engines["GRANTLINE_POSTGRES_URL"] as string;
  const place = { url: engines["GRANTLINE_REDIS_URL"] as string, keySpace: engines["GRANTLINE_REDIS_KEY_SPACE"] as string };
  return {
    openStore: () => openPostgresEventStore({ url }),
    events: async () => {
      const store = await openPostgresEventStore({ url });
      try {
        return await store.readAll("0", ALL);
      } finally {
        await store.close();
      }
    },
    verify: () => verifyDatabase(url),
    loseDisposable: () => forgetRedis(place),
    loseKeys: () => withClient(url, async (ask) => void (await ask("ALTER SCHEMA grantline_keys RENAME TO taken_away"))),
    texts: async () => ({
      ...(await withClient(url, rowsOf)),
      ...Object.fromEntries(
        Object.entries(Object.groupBy(await inspectRedis(place), ({ key }) => key)).map(([key, parts = []]) => [
          `Redis ${key}`,
          [key, ...parts.map(({ text }) => text)].join("\n"),
        ]),
      ),
    }),
    rowsRead: () =>
      withClient(url, async (ask) => {
        const [row] = await ask("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::text AS rows FROM pg_catalog.pg_stat_user_tables");
        return Number(row?.["rows"]);
      }),
    files: async () => [
      ...(await withClient(url, bytesOf)),
      ...filesBelow(dataDir)
        // where the engines are, and the key-encryption key, which a deployment keeps elsewhere
        .filter((path) => !path.endsWith("shared-engines.json"))
        .map((path) => [path, readFileSync(path)] as const),
    ],
  };
}

type Ask = (text: string, values?: unknown[]) => Promise<QueryResultRow[]>;

async function withClient<T>(url: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(async (text, values) => (await client.query(text, values)).rows as QueryResultRow[]);
  } finally {
    await client.end();
  }
}

async function verifyDatabase(url: string): Promise<LogVerification> {
  const log = await openPostgresEventLog({ url });
  try {
    const verifier = createLogVerifier();
    for await (const entry of log.inStreamOrder()) verifier.take(entry);
    const [found, gap] = [verifier.result(), await log.firstGap()];
    if (gap === undefined || found.kind === "broken") return found;
    return { kind: "broken", position: gap, why: "position-gap", events: found.events, streams: found.streams };
  } finally {
    await log.close();
  }
}

/** Every row of every table of the database, as pg_dump would write them down. */
async function rowsOf(ask: Ask): Promise<Readonly<Record<string, string>>> {
  const tables = await ask(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const texts: Record<string, string> = {};
  for (const { name } of tables as { name: string }[])
    texts[`rows of ${name}`] = (await ask(`SELECT * FROM ${name}`)).map(rowText).join("\n");
  return texts;
}

/** The database's files after a checkpoint, and the write-ahead log since it was made. Only where the server runs on this machine, as it does in tests. */
async function bytesOf(ask: Ask): Promise<readonly (readonly [string, Buffer])[]> {
  await ask("CHECKPOINT");
  const [row] = (await ask(
    `SELECT current_setting('data_directory') AS root, oid::text AS oid, (pg_stat_file('base/' || oid || '/PG_VERSION')).modification AS made
     FROM pg_catalog.pg_database WHERE datname = current_database()`,
  )) as [{ root: string; oid: string; made: Date }];
  const log = join(row.root, "pg_wal");
  const segments = readdirSync(log)
    .map((name) => join(log, name))
    .filter((path) => statSync(path).isFile() && statSync(path).mtime >= row.made);
  return [...filesBelow(join(row.root, "base", row.oid)), ...segments].map((path) => [path, readFileSync(path)] as const);
}
