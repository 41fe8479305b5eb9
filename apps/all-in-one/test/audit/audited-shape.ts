import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ADMIN_SECRET, Person, ServerProcess, TestAdmin } from "@grantline/testing";
import { startDistributed } from "@grantline/testing/distributed";
import { Client } from "pg";

/** A server of either shape whose log is looked at from outside: over HTTP, by the command line, by SQL. */
export interface AuditedShape {
  readonly origin: string;
  readonly issuer: string;
  readonly admin: TestAdmin;
  /** Settings of the command line. */
  readonly env: Readonly<Record<string, string>>;
  person(): Person;
  /** From now on nobody signs; what else the server does, and whether it still can be asked, is the shape's own. */
  stopSigning(): Promise<void>;
  /** Runs SQL behind everybody's back, as whoever owns the database. `$n` are the values in order. */
  sql(text: string, values?: readonly (string | number)[]): Promise<void>;
  stop(): Promise<void>;
}

const USERS = { GRANTLINE_DEV_USERS: "ada:ada-password,bob:bob-password" };

/** The all-in-one as a process, with two workers so that the command line beside it may write. SQL waits for its end. */
export async function auditedAllInOne(checkpoints: string): Promise<AuditedShape> {
  const server = await ServerProcess.create({ env: { ...USERS, GRANTLINE_WORKERS: "2", GRANTLINE_AUDIT_CHECKPOINT_DIR: checkpoints } });
  await server.start();
  const { origin, issuer, dataDir } = server;
  return {
    origin,
    issuer,
    admin: new TestAdmin(origin, issuer, ADMIN_SECRET),
    env: { GRANTLINE_DATA_DIR: dataDir, GRANTLINE_ISSUER: issuer, GRANTLINE_AUDIT_CHECKPOINT_DIR: checkpoints },
    person: () => new Person(origin),
    stopSigning: async () => void (await server.kill("SIGTERM")),
    sql: async (text, values = []) => {
      const db = new DatabaseSync(join(dataDir, "events.db"));
      db.prepare(text.replaceAll(/\$\d/g, "?").replaceAll("{log}.", "")).run(...values);
      db.close();
    },
    stop: async () => {
      await server.kill("SIGKILL");
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The services as processes on PostgreSQL and Redis of their own. */
export async function auditedDistributed(checkpoints: string): Promise<AuditedShape> {
  const platform = await startDistributed({
    env: { ...USERS, GRANTLINE_AUDIT_CHECKPOINT_DIR: checkpoints },
    instances: { "token-service": 1 },
  });
  const { origin, issuer, admin, env } = platform;
  const folder = mkdtempSync(join(tmpdir(), "grantline-audited-"));
  const { GRANTLINE_POSTGRES_URL: url = "" } = env;
  return {
    origin,
    issuer,
    admin,
    env: { ...env, GRANTLINE_DATA_DIR: folder },
    person: () => platform.person(),
    stopSigning: async () => {
      await Promise.all(platform.all("audit-projector").map((one) => one.signal("SIGTERM")));
    },
    sql: async (text, values = []) => {
      const client = new Client({ connectionString: url });
      await client.connect();
      try {
        await client.query(text.replaceAll("{log}.", "grantline."), [...values]);
      } finally {
        await client.end();
      }
    },
    stop: async () => {
      await platform.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
