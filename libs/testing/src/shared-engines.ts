import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrateDatabase } from "@grantline/platform";

type Environment = Readonly<Record<string, string>>;

/**
 * Lets the whole suite run on the engines of the distributed shape: where GRANTLINE_TEST_SHARED_POSTGRES_URL and …_REDIS_URL name them (see
 * `shared-engines.setup.ts`), a data folder stands for a database and a key space of its own, and the same ones when it is used again.
 */
export async function sharedEngines(dataDir: string): Promise<Environment> {
  const server = process.env["GRANTLINE_TEST_SHARED_POSTGRES_URL"];
  const redis = process.env["GRANTLINE_TEST_SHARED_REDIS_URL"];
  if (server === undefined || redis === undefined) return {};
  const file = join(dataDir, "shared-engines.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Environment;
  const name = `test-${randomBytes(6).toString("hex")}`;
  const url = await createDatabase(server, name);
  const engines = {
    GRANTLINE_STORE: "postgres",
    GRANTLINE_POSTGRES_URL: url,
    GRANTLINE_REDIS_URL: redis,
    GRANTLINE_REDIS_KEY_SPACE: name,
    GRANTLINE_KEK: randomBytes(32).toString("base64"),
  };
  writeFileSync(file, JSON.stringify(engines));
  return engines;
}

/** An empty database with the schemas of events and keys. */
async function createDatabase(server: string, name: string): Promise<string> {
  const { Client } = await import("pg");
  const client = new Client(server);
  await client.connect();
  await client.query(`CREATE DATABASE "${name}"`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrateDatabase({ url: url.href, events: true, log: () => undefined });
  return url.href;
}
