import { Client } from "pg";
import { schemaForeign, translated } from "./errors.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "./schema.ts";

export interface MigrationReport {
  /** The version found; 0 where there was nothing. */
  readonly from: number;
  readonly to: number;
}

/** Any number will do that nothing else here takes. */
const LOCK = 7_466_031;

/**
 * Makes or lifts the schema `grantline_keys`. For the migration job, never for a serving process; several at once take turns, and a run with nothing
 * to do does nothing. Each version is one transaction.
 * @throws KeyStoreError when the schema is of a newer release or not ours; KeysUnavailable when PostgreSQL does not answer.
 */
export async function migrateKeysPostgres({ url }: { readonly url: string }): Promise<MigrationReport> {
  const client = new Client({ connectionString: url, application_name: "grantline-keys-migration", connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
    const from = await versionFound(client);
    for (let version = from; version < SCHEMA_VERSION; version += 1) await lift(client, version);
    return { from, to: SCHEMA_VERSION };
  } catch (error) {
    throw translated(error);
  } finally {
    await client.end();
  }
}

async function versionFound(client: Client): Promise<number> {
  const { rows } = await client.query<{ schema: boolean; marker: boolean }>(
    "SELECT to_regnamespace('grantline_keys') IS NOT NULL AS schema, to_regclass('grantline_keys.schema_version') IS NOT NULL AS marker",
  );
  if (!rows[0]?.schema) return 0;
  if (!rows[0].marker) throw schemaForeign("not one of ours", SCHEMA_VERSION);
  const found = await client.query<{ version: number | null }>("SELECT max(version) AS version FROM grantline_keys.schema_version");
  const version = found.rows[0]?.version ?? 0;
  if (version > SCHEMA_VERSION) throw schemaForeign(`of the newer version ${version}`, SCHEMA_VERSION);
  return version;
}

async function lift(client: Client, version: number): Promise<void> {
  await client.query("BEGIN");
  try {
    if (version === 0) {
      await client.query("CREATE SCHEMA grantline_keys");
      await client.query(
        "CREATE TABLE grantline_keys.schema_version (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
      );
    }
    for (const statement of MIGRATIONS[version] ?? []) await client.query(statement);
    await client.query("INSERT INTO grantline_keys.schema_version (version) VALUES ($1)", [version + 1]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
