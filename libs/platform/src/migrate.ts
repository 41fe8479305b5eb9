import { Client } from "pg";
import { migrateSqlTreeStore } from "@grantline/audit";
import { migratePostgres } from "@grantline/event-store-postgres";
import { migrateKeysPostgres, type MigrationReport } from "@grantline/keys-postgres";

export interface DatabaseMigration {
  /** Names of the migrations of the events' schema that were applied; absent when the events are elsewhere. */
  readonly events?: { readonly applied: readonly string[] };
  readonly keys: MigrationReport;
}

/** Brings every schema of PostgreSQL to what this release needs. For a job before the services start; they themselves never change one. */
export async function migrateDatabase(options: {
  readonly url: string;
  /** Are the events kept here, or keys and tree alone? */
  readonly events: boolean;
  readonly log: (line: string) => void;
}): Promise<DatabaseMigration> {
  const { url, events, log } = options;
  const done = { ...(events ? { events: await migratePostgres({ url, log }) } : {}), keys: await migrateKeysPostgres({ url }) };
  const client = new Client(url);
  await client.connect();
  try {
    await client.query("CREATE SCHEMA IF NOT EXISTS grantline");
    await migrateSqlTreeStore((text, values) => client.query(text, values) as Promise<{ rows: Record<string, unknown>[] }>);
  } finally {
    await client.end();
  }
  return done;
}
