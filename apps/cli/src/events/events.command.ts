import { Command, InvalidArgumentError } from "commander";
import { openSqliteEventLog } from "@grantline/event-store-sqlite";
import { dataFiles, settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { listEvents, type ListOptions } from "./list-events.ts";
import { verifyEvents } from "./verify-events.ts";

export function eventsCommand(terminal: Terminal): Command {
  const open = (command: Command) => openSqliteEventLog({ file: dataFiles(settingsOf(command, terminal)).events });
  const verify = new Command("verify")
    .description(
      "Recomputes the hash chain of every stream and names the first position that was altered, removed, inserted or reordered; exit code 1 then.",
    )
    .action(async (_options: unknown, command: Command) => {
      const log = open(command);
      try {
        verifyEvents(log, terminal);
      } finally {
        await log.store.close();
      }
    });
  const list = new Command("list")
    .description("Writes events as lines of JSON, in order of position.")
    .option("--stream <name>", "of one stream only, such as client-grantline-admin")
    .option("--after <position>", "after this position", position)
    .option("--type <type>", "of one type only, such as GrantRevoked")
    .option("--limit <count>", "at most so many", count)
    .action(async (options: ListOptions, command: Command) => {
      const log = open(command);
      try {
        await listEvents(log.store, options, terminal.out);
      } finally {
        await log.store.close();
      }
    });
  return new Command("events").description("The event log, on the data folder's files").addCommand(verify).addCommand(list);
}

function position(value: string): string {
  if (/^(0|[1-9]\d{0,14})$/.test(value)) return value;
  throw new InvalidArgumentError("A position is a whole number, 0 or more.");
}

function count(value: string): number {
  if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("Give a whole number, 1 or more.");
}
