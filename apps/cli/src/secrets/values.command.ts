import { Command, InvalidArgumentError } from "commander";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { readSecretValue } from "./read-value.ts";
import { isoOf, withSecrets } from "./session.ts";

interface Json {
  readonly json?: boolean;
}

export function setCommand(terminal: Terminal): Command {
  return (
    new Command("set")
      .description("Stores a secret, replacing the former value. The value is typed unseen, or read from standard input or a file.")
      .argument("<name>", "oauth/{provider}/{server-name}/{token-type}")
      // refused below: commander's own refusal would repeat the value that somebody gave as an argument
      .allowExcessArguments(true)
      .option("--from-file <file>", "read the value from a file")
      .option("--expires <when>", "when its issuer ends it: an ISO time, or seconds from now such as 3600s", expiry)
      .option("--json", "the result as JSON")
      .action(
        async (
          name: string,
          { fromFile, expires, json }: Json & { readonly fromFile?: string; readonly expires?: number },
          command: Command,
        ) =>
          withSecrets(command, terminal, async (store) => {
            if (command.args.length > 1)
              throw new CommandFailed(
                "a value is never given as an argument, where every user of the machine can read it; change this one",
                1,
              );
            const value = await readSecretValue("Value", fromFile, terminal);
            const { version } = await store.set(name, value, expires === undefined ? {} : { expiresAt: expires });
            const stored = await store.get(name);
            const answer = { name, store: stored?.store, version, ...(expires === undefined ? {} : { expiresAt: expires }) };
            terminal.out(json === true ? `${JSON.stringify(answer)}\n` : `stored ${name} in ${answer.store ?? "no store that is read"}\n`);
          }),
      )
  );
}

export function getCommand(terminal: Terminal): Command {
  return new Command("get")
    .description("Writes a secret's value to standard output, for a pipe or a file. On a terminal it is shown only with --show.")
    .argument("<name>", "oauth/{provider}/{server-name}/{token-type}")
    .option("--show", "show it on the terminal all the same")
    .option("--json", "the value and what is known of it, as JSON")
    .action(async (name: string, { show, json }: Json & { readonly show?: boolean }, command: Command) => {
      if (process.stdout.isTTY && show !== true)
        throw new CommandFailed("a secret is not shown on a terminal; give --show, or send it into a pipe or a file", 1);
      await withSecrets(command, terminal, async (store) => {
        const found = await store.get(name);
        if (found === undefined) throw new CommandFailed(`there is no secret of this name`, 1);
        terminal.out(json === true ? `${JSON.stringify({ name, ...found })}\n` : `${found.value}${process.stdout.isTTY ? "\n" : ""}`);
      });
    });
}

export function listCommand(terminal: Terminal): Command {
  return new Command("ls")
    .description("Lists secrets by name and store, with their expiry and without their values, and says how each store is.")
    .option("--json", "as JSON")
    .action(async ({ json }: Json, command: Command) =>
      withSecrets(command, terminal, async (store) => {
        const [secrets, stores] = [await store.list(), await store.health()];
        if (json === true) terminal.out(`${JSON.stringify({ secrets, stores })}\n`);
        else {
          const widest = Math.max(0, ...secrets.map(({ name }) => name.length));
          for (const { name, store: where, expiresAt } of secrets)
            terminal.out(`${name.padEnd(widest)}  ${where.padEnd(14)}  ${expiresAt === undefined ? "-" : isoOf(expiresAt)}\n`);
          for (const { store: where, status, writable, detail } of stores)
            terminal.error(`${where}: ${status}${writable ? "" : ", read-only"}${detail === undefined ? "" : ` (${detail})`}\n`);
        }
        if (stores.some(({ status }) => status === "degraded")) throw new CommandFailed("the list is incomplete: a store does not answer");
      }),
    );
}

export function removeCommand(terminal: Terminal): Command {
  return new Command("rm")
    .description("Deletes a secret from every store that can be written.")
    .argument("<name>", "oauth/{provider}/{server-name}/{token-type}")
    .option("--json", "the result as JSON")
    .action(async (name: string, { json }: Json, command: Command) =>
      withSecrets(command, terminal, async (store) => {
        if (!(await store.delete(name))) throw new CommandFailed("there is no secret of this name", 1);
        terminal.out(json === true ? `${JSON.stringify({ name, deleted: true })}\n` : `deleted ${name}\n`);
      }),
    );
}

function expiry(text: string): number {
  const seconds = /^(\d{1,10})s$/.exec(text)?.[1];
  const at = seconds === undefined ? Math.floor(Date.parse(text) / 1000) : Math.floor(Date.now() / 1000) + Number(seconds);
  if (Number.isNaN(at)) throw new InvalidArgumentError("Give an ISO time such as 2027-01-31T12:00:00Z, or seconds from now such as 3600s.");
  return at;
}
