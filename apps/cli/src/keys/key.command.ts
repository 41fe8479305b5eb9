import { Command, Option } from "commander";
import { callAdminApi, postToAdminApi, withAdminOptions, type AdminOptions, type Answer } from "../admin/admin-api.ts";
import { confirm } from "../confirm.ts";
import { json, members, table } from "../show.ts";
import type { Terminal } from "../terminal.ts";

/** Signing keys over the admin API. What wraps them in PostgreSQL is `keys`. */
export function keyCommand(terminal: Terminal): Command {
  return new Command("key")
    .description("Signing keys of a running server")
    .addCommand(listCommand(terminal))
    .addCommand(rotateCommand(terminal))
    .addCommand(compromiseCommand(terminal));
}

function listCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("ls"))
    .description("Lists signing keys, public parts only.")
    .action(async (options: AdminOptions, command: Command) => {
      const answer = await callAdminApi(command, terminal, { method: "GET", path: "/keys" });
      if (options.json === true) return terminal.out(json(answer));
      const rows = (answer["items"] as readonly Answer[]).map((key) => [String(key["kid"]), String(key["alg"]), String(key["status"])]);
      terminal.out(table([["KEY", "ALG", "STATUS"], ...rows], terminal));
    });
}

function rotateCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("rotate"))
    .description("Signs with a new key from now on. What the former one signed stays valid.")
    .addOption(new Option("--alg <alg>", "which key").choices(["ES256", "EdDSA", "RS256"]).default("ES256"))
    .action(async (options: AdminOptions & { readonly alg: string }, command: Command) => {
      const key = await postToAdminApi(command, terminal, "/keys/rotate", { alg: options.alg });
      terminal.out(options.json === true ? json(key) : members(key));
    });
}

function compromiseCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("compromise"))
    .description("Takes a key out at once; every token it signed is dead.")
    .argument("<kid>")
    .requiredOption("--reason <text>", "why, for the log; no personal data")
    .option("--yes", "do not ask")
    .action(async (kid: string, options: AdminOptions & { readonly reason: string; readonly yes?: boolean }, command: Command) => {
      if (options.yes !== true) await confirm(`Every token signed with ${kid} dies. Go on?`, kid, terminal);
      const key = await postToAdminApi(command, terminal, `/keys/${encodeURIComponent(kid)}/compromise`, { reason: options.reason });
      terminal.out(options.json === true ? json(key) : members(key));
    });
}
