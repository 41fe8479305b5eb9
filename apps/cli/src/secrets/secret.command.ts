import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { exportCommand, importCommand } from "./transfer.command.ts";
import { getCommand, listCommand, removeCommand, setCommand } from "./values.command.ts";
import { rotateCommand } from "./rotate.command.ts";

export function secretCommand(terminal: Terminal): Command {
  const command = new Command("secret")
    .description("Secrets of upstream servers: Azure Key Vault, Docker secrets, environment, encrypted file")
    .addHelpText(
      "after",
      `
Names are oauth/{provider}/{server-name}/{token-type}, each part words of a-z and 0-9 joined by dashes.
Values are typed, read from standard input or from a file; never given as an argument, where every user of the machine could read them.

Exit codes: 0 done, 1 the answer is no (no such secret, a name refused, an export altered), 2 it could not be tried (a store does not answer).`,
    );
  for (const make of [setCommand, getCommand, listCommand, removeCommand, exportCommand, importCommand, rotateCommand])
    command.addCommand(make(terminal));
  return command;
}
