import type { Client } from "pg";
import { newMigrationClient } from "./connection.ts";
import { connectionFailure, PostgresSchemaNewer, PostgresUnfit, sqlState } from "./errors.ts";
import { migrations, SCHEMA_VERSION } from "./migrations/index.ts";
import { checkedSchema } from "./schema-name.ts";

export interface MigrateOptions {
  /** postgres://…, of a user who may create a schema in that database (it becomes the owner). */
  readonly url: string;
  /** One line for each step, for people. */
  readonly log?: (line: string) => void;
  /** Default `grantline`. */
  readonly schema?: string;
}

/** Where a database stands. `found` is undefined when there is no Grantline schema in it. */
export interface SchemaStatus {
  readonly found: number | undefined;
  readonly wanted: number;
  /** Names of the migrations this release would apply. */
  readonly pending: readonly string[];
}

/**
 * Brings the schema to what this release needs. Run by a job before serving processes start, never by one of them. Several at once wait for
 * one another; what is up to date stays as it is. Each migration is a transaction: a failed one leaves the version before it.
 * @throws PostgresSchemaNewer, PostgresUnfit, PostgresRefused, EventStoreUnavailable, or the server's error.
 */
export async function migratePostgres(options: MigrateOptions): Promise<{ readonly applied: readonly string[] }> {
  const { log = () => undefined } = options;
  const schema = checkedSchema(options.schema);
  return connected(options.url, async (client) => {
    const encoding = await one(client, "SELECT current_setting('server_encoding') AS value");
    if (encoding !== "UTF8") throw new PostgresUnfit(`the database's encoding is ${String(encoding)}; Grantline needs one made with UTF8`);
    // Ends with the connection, however that ends.
    await client.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [`grantline migration of ${schema}`]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${schema}.migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const found = (await versionOf(client, schema)) ?? 0;
    if (found > SCHEMA_VERSION) throw newer(schema, found);
    const applied: string[] = [];
    for (const { version, name, sql } of migrations.slice(found)) {
      log(`applying migration ${version}, ${name} …`);
      await inTransaction(client, async () => {
        await client.query(sql.replaceAll("{schema}", schema));
        await client.query(`INSERT INTO ${schema}.migrations (version, name) VALUES ($1, $2)`, [version, name]);
      });
      applied.push(name);
    }
    log(
      applied.length === 0
        ? `schema ${schema} is at version ${found}, nothing to do`
        : `schema ${schema} is now at version ${SCHEMA_VERSION}`,
    );
    return { applied };
  });
}

/** Where the database stands, without changing it. Throws as `migratePostgres`, except that a newer schema is an answer here. */
export async function postgresSchemaStatus(options: Omit<MigrateOptions, "log">): Promise<SchemaStatus> {
  const schema = checkedSchema(options.schema);
  return connected(options.url, async (client) => {
    const found = await versionOf(client, schema);
    return { found, wanted: SCHEMA_VERSION, pending: migrations.slice(found ?? 0).map(({ name }) => name) };
  });
}

export function newer(schema: string, found: number): PostgresSchemaNewer {
  return new PostgresSchemaNewer(
    `schema ${schema} was made by a newer Grantline (version ${found}; this release knows up to ${SCHEMA_VERSION})`,
  );
}

/** Undefined when the schema, or its table of migrations, is not there. */
export async function versionOf(client: Pick<Client, "query">, schema: string): Promise<number | undefined> {
  try {
    const { rows } = await client.query<{ version: number | null }>(`SELECT max(version) AS version FROM ${schema}.migrations`);
    return rows[0]?.version ?? undefined;
  } catch (error) {
    // undefined_table, invalid_schema_name
    if (sqlState(error) === "42P01" || sqlState(error) === "3F000") return undefined;
    throw error;
  }
}

async function connected<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = newMigrationClient(url);
  let broken: unknown;
  client.on("error", (error) => (broken = error));
  try {
    await client.connect();
  } catch (error) {
    throw connectionFailure(url, error);
  }
  try {
    return await use(client);
  } catch (error) {
    throw broken !== undefined || sqlState(error) === "42501" ? connectionFailure(url, error) : error;
  } finally {
    await client.end();
  }
}

async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query("BEGIN");
  try {
    await work();
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

async function one(client: Client, sql: string): Promise<unknown> {
  const { rows } = await client.query<{ value: unknown }>(sql);
  return rows[0]?.value;
}
