import { Command, InvalidArgumentError } from "commander";
import type { Config } from "@grantline/config";
import { droppedUpTo } from "@grantline/audit";
import { openSqliteEventLog } from "@grantline/event-store-sqlite";
import { verifyDatabase } from "../database/verify-database.ts";
import { CommandFailed } from "../failure.ts";
import { openLogOf } from "../open-log.ts";
import { dataFiles, settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { listEvents, type ListOptions } from "./list-events.ts";
import { verifyEvents } from "./verify-events.ts";

export function eventsCommand(terminal: Terminal): Command {
  const verify = new Command("verify")
    .description(
      "Recomputes the hash chain of every stream and names the first position that was altered, removed, inserted or reordered; exit code 1 then.",
    )
    .option("--json", "as JSON")
    .action(async ({ json }: { readonly json?: boolean }, command: Command) =>
      verifyLogOf(settingsOf(command, terminal), terminal, json === true),
    );
  const list = new Command("list")
    .description("Writes events as lines of JSON, in order of position.")
    .option("--stream <name>", "of one stream only, such as client-grantline-admin")
    .option("--after <position>", "after this position", position)
    .option("--type <type>", "of one type only, such as GrantRevoked")
    .option("--limit <count>", "at most so many", count)
    .action(async (options: ListOptions, command: Command) => {
      const log = await openLogOf(settingsOf(command, terminal));
      try {
        await listEvents(log.store, options, terminal.out);
      } finally {
        await log.close();
      }
    });
  return new Command("events")
    .description("The event log, in the data folder or the store the settings name")
    .addCommand(verify)
    .addCommand(list);
}

async function verifyLogOf(config: Config, terminal: Terminal, asJson: boolean): Promise<void> {
  const { store, postgresUrl } = config.storage;
  if (store === "postgres" && postgresUrl !== undefined) return verifyDatabase(postgresUrl, config.server.region, terminal, asJson);
  if (store !== "sqlite")
    throw new CommandFailed(`GRANTLINE_STORE: ${store} can't be gone through by streams; use \`grantline audit verify\`.`);
  const log = openSqliteEventLog({ file: dataFiles(config).events });
  try {
    verifyEvents(log, await droppedUpTo(log.store, config.server.region), terminal, asJson);
  } finally {
    await log.store.close();
  }
}

function position(value: string): string {
  if (/^(0|[1-9]\d{0,14})$/.test(value)) return value;
  throw new InvalidArgumentError("A position is a whole number, 0 or more.");
}

function count(value: string): number {
  if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("Give a whole number, 1 or more.");
}
