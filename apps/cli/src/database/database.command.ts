import { postgresSchemaStatus } from "@grantline/event-store-postgres";
import { migrateDatabase } from "@grantline/platform";
import type { Config } from "@grantline/config";
import { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { verifyDatabase } from "./verify-database.ts";

interface Output {
  readonly json?: boolean;
}

/** What a job does before the services of a release start; they themselves never change a schema. */
export function databaseCommand(terminal: Terminal): Command {
  const migrate = new Command("migrate")
    .description(
      "Brings the schemas to what this release needs: the events' when GRANTLINE_STORE=postgres, the keys' with either engine. Run once before the services start; several at once wait for one another.",
    )
    .option("--json", "as JSON")
    .action(async ({ json }: Output, command: Command) => {
      const { url, events } = databaseOf(settingsOf(command, terminal));
      const log = (line: string): void => terminal.error(`${line}\n`);
      const done = await migrateDatabase({ url, events, log });
      if (json === true) return terminal.out(`${JSON.stringify(done, undefined, 2)}\n`);
      if (done.events !== undefined)
        terminal.out(`events  ${done.events.applied.length === 0 ? "nothing to do" : `applied ${done.events.applied.join(", ")}`}\n`);
      terminal.out(`keys    ${done.keys.from === done.keys.to ? "nothing to do" : `from version ${done.keys.from} to ${done.keys.to}`}\n`);
    });
  const status = new Command("status")
    .description("Which version the events' schema has and which this release needs; exit code 1 when they differ. Changes nothing.")
    .option("--json", "as JSON")
    .action(async ({ json }: Output, command: Command) => {
      const { url, events } = databaseOf(settingsOf(command, terminal));
      if (!events) throw notInPostgres();
      const { found, wanted, pending } = await postgresSchemaStatus({ url });
      if (json === true) terminal.out(`${JSON.stringify({ ...(found === undefined ? {} : { found }), wanted, pending }, undefined, 2)}\n`);
      else terminal.out(`found   ${found === undefined ? "no schema" : `version ${found}`}\nneeded  version ${wanted}\n`);
      if (found !== wanted) throw new CommandFailed(advice(found, wanted), 1);
    });
  const verify = new Command("verify")
    .description(
      "Recomputes the hash chain of every stream in PostgreSQL and names the first position that was altered, removed, inserted or reordered; exit code 1 then. Services may run meanwhile.",
    )
    .option("--json", "as JSON")
    .action(async ({ json }: Output, command: Command) => {
      const config = settingsOf(command, terminal);
      const { url, events } = databaseOf(config);
      if (!events) throw notInPostgres();
      await verifyDatabase(url, config.server.region, terminal, json === true);
    });
  return new Command("database").description("Events and keys in PostgreSQL").addCommand(migrate).addCommand(status).addCommand(verify);
}

const notInPostgres = (): CommandFailed => new CommandFailed("GRANTLINE_STORE: the events are not in PostgreSQL.");

function advice(found: number | undefined, wanted: number): string {
  return found !== undefined && found > wanted
    ? "the schema was made by a newer release: use that one's commands and services"
    : "the schema is not what this release needs: run `grantline database migrate`";
}

function databaseOf({ storage }: Config): { readonly url: string; readonly events: boolean } {
  const { store, postgresUrl } = storage;
  if (store === "sqlite") throw new CommandFailed("GRANTLINE_STORE: the store is embedded (sqlite); its files need no migration.");
  if (postgresUrl === undefined)
    throw new CommandFailed("GRANTLINE_POSTGRES_URL: name the database, as postgres://user:password@host:5432/grantline.");
  return { url: postgresUrl, events: store === "postgres" };
}
