import type { Pool } from "pg";
import { PostgresSchemaMissing, PostgresSchemaOlder, PostgresUnfit } from "./errors.ts";
import { newer, versionOf } from "./migrate.ts";
import { SCHEMA_VERSION } from "./migrations/index.ts";

interface Settings {
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly isolation: string;
  readonly replica: boolean;
}

/**
 * Refuses a database on which the promises would not hold. A serving process looks and never migrates.
 * @throws PostgresUnfit, PostgresSchemaMissing, PostgresSchemaOlder, PostgresSchemaNewer
 */
export async function checkFitness(pool: Pool, schema: string, place: string): Promise<void> {
  const { rows } = await pool.query<Settings>(
    `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
            current_setting('default_transaction_isolation') AS isolation, pg_is_in_recovery() AS replica`,
  );
  const wrong = rows[0] === undefined ? "does not say how it is set" : unfit(rows[0]);
  if (wrong !== undefined) throw new PostgresUnfit(`PostgreSQL at ${place} ${wrong}`);
  const found = await versionOf(pool, schema);
  const advice = "run `grantline database migrate`";
  if (found === undefined) throw new PostgresSchemaMissing(`the database ${place} holds no schema ${schema}: ${advice}`);
  if (found < SCHEMA_VERSION) {
    throw new PostgresSchemaOlder(`schema ${schema} in ${place} has version ${found}, this release needs ${SCHEMA_VERSION}: ${advice}`);
  }
  if (found > SCHEMA_VERSION) throw newer(schema, found);
}

/** P1: an acknowledged commit must survive a crash. `synchronous_commit` is not asked: each append sets it for itself. */
function unfit({ fsync, full_page_writes: fullPages, isolation, replica }: Settings): string | undefined {
  if (replica) return "is a read-only replica: name the primary";
  if (fsync !== "on") return "runs with fsync = off and would lose acknowledged events: turn it on";
  if (fullPages !== "on") return "runs with full_page_writes = off and could tear pages in a crash: turn it on";
  if (isolation !== "read committed") return `has default_transaction_isolation = ${isolation}: appends need read committed`;
  return undefined;
}
