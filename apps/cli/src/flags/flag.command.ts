import { Command, InvalidArgumentError } from "commander";
import { callAdminApi, withAdminOptions, type AdminOptions } from "../admin/admin-api.ts";
import type { Terminal } from "../terminal.ts";
import { settingAfter, type Flag, type SetOptions } from "./setting-after.ts";
import { showFlag, showFlags, showHistory } from "./show-flag.ts";

export function flagCommand(terminal: Terminal): Command {
  return new Command("flag")
    .description("Feature flags of a running server: who has which capability, and kill switches")
    .addCommand(listCommand(terminal))
    .addCommand(getCommand(terminal))
    .addCommand(setCommand(terminal))
    .addCommand(historyCommand(terminal));
}

function listCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("ls"))
    .description("Lists every flag there is.")
    .action(async (options: AdminOptions, command: Command) => {
      const answer = await callAdminApi(command, terminal, { method: "GET", path: "/flags" });
      if (options.json === true) return terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
      showFlags(answer["items"] as readonly Flag[], terminal);
    });
}

function getCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("get"))
    .description("Shows one flag.")
    .argument("<name>", "the flag, as ls lists it", flagName)
    .action(async (name: string, options: AdminOptions, command: Command) => {
      const flag = await readFlag(command, terminal, name);
      if (options.json === true) return terminal.out(`${JSON.stringify(flag, undefined, 2)}\n`);
      showFlag(flag, terminal);
    });
}

function historyCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("history"))
    .description("Shows who changed a flag, when and why; the last 100 changes, newest first.")
    .argument("<name>", "the flag, as ls lists it", flagName)
    .action(async (name: string, options: AdminOptions, command: Command) => {
      const { history = [] } = await readFlag(command, terminal, name);
      if (options.json === true) return terminal.out(`${JSON.stringify(history, undefined, 2)}\n`);
      showHistory(history, terminal);
    });
}

function setCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("set"))
    .description("Changes a flag: what is not named stays as it is. Every process knows within a second.")
    .argument("<name>", "the flag, as ls lists it", flagName)
    .option("--on", "take the kill switch back")
    .option("--off", "the kill switch: off for everybody")
    .option("--rollout <percent>", "on for so many per cent of subjects", percent)
    .option("--provider <name=percent>", "another percentage for one upstream provider, or on, off, same; repeat it", collectProvider, {})
    .option("--client <client_id=on|off|same>", "on or off for one client, whatever the percentage; repeat it", collectClient, {})
    .requiredOption("--reason <text>", "why, for the history; no personal data")
    .action(async (name: string, options: AdminOptions & SetOptions & { readonly reason: string }, command: Command) => {
      const flag = await readFlag(command, terminal, name);
      const body = { ...settingAfter(flag, options), reason: options.reason, if_changes: flag.changes };
      const answer = await callAdminApi(command, terminal, { method: "PUT", path: pathOf(name), body });
      if (options.json === true) return terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
      showFlag(answer as unknown as Flag, terminal);
    });
}

async function readFlag(command: Command, terminal: Terminal, name: string): Promise<Flag> {
  return (await callAdminApi(command, terminal, { method: "GET", path: pathOf(name) })) as unknown as Flag;
}

function pathOf(name: string): string {
  return `/flags/${encodeURIComponent(name)}`;
}

function flagName(value: string): string {
  if (/^[a-z][a-z.-]{0,63}$/.test(value)) return value;
  throw new InvalidArgumentError("A flag is named like gateway.calls; see grantline flag ls.");
}

function percent(value: string): number {
  const number = Number(value);
  if (/^\d{1,3}(\.\d{1,2})?$/.test(value) && number <= 100) return number;
  throw new InvalidArgumentError("A percentage is a number from 0 to 100, with two decimals at most.");
}

type Places = Readonly<Record<string, string>>;

function collectProvider(value: string, former: SetOptions["provider"]): SetOptions["provider"] {
  const [name, place] = split(value);
  const as: Readonly<Record<string, number | "same">> = { on: 100, off: 0, same: "same" };
  return { ...former, [name]: as[place] ?? percent(place) };
}

function collectClient(value: string, former: Places): Places {
  const [client, place] = split(value);
  if (!["on", "off", "same"].includes(place)) throw new InvalidArgumentError("Write client_id=on, client_id=off, or client_id=same.");
  return { ...former, [client]: place };
}

/** At the last equals sign: a client_id may be a URL with some of its own. */
function split(value: string): readonly [string, string] {
  const at = value.lastIndexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write it as name=value.");
  return [value.slice(0, at), value.slice(at + 1)];
}
