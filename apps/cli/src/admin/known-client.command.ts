import { Command, InvalidArgumentError } from "commander";
import { confirm } from "../confirm.ts";
import { json, members, table } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import { callAdminApi, postToAdminApi, withAdminOptions, type AdminOptions, type Answer } from "./admin-api.ts";
import { readPages, withLimit, type PageOptions } from "./read-pages.ts";
import { showAnswer } from "./show-answer.ts";

const CLIENT = "<client_id>";

export function listClients(terminal: Terminal): Command {
  return withLimit(withAdminOptions(new Command("ls")))
    .description("Lists clients.")
    .option("--status <status>", "only these: active, suspended or deleted")
    .option("--how <how>", "only those registered this way: admin, dcr, cimd, bridge or bootstrap")
    .action(async (options: AdminOptions & PageOptions & { readonly status?: string; readonly how?: string }, command: Command) => {
      const { status, how, limit } = options;
      const items = await readPages(command, terminal, "/clients", { query: { status, how }, limit });
      if (options.json === true) return terminal.out(json({ items }));
      const rows = items.map((client) => [
        String(client["client_id"]),
        String(client["status"]),
        String(client["how"] ?? "-"),
        String(client["client_name"] ?? "-"),
      ]);
      terminal.out(table([["CLIENT", "STATUS", "HOW", "NAME"], ...rows], terminal));
    });
}

export function showClient(terminal: Terminal): Command {
  return withAdminOptions(new Command("show"))
    .description("Shows one client.")
    .argument(CLIENT)
    .action(async (id: string, options: AdminOptions, command: Command) => {
      show(await callAdminApi(command, terminal, { method: "GET", path: pathOf(id) }), options, terminal);
    });
}

export function suspendClient(terminal: Terminal): Command {
  return withAdminOptions(new Command("suspend"))
    .description("Suspends a client: it can't be used, and everything granted to it is dead at once.")
    .argument(CLIENT)
    .option("--reason <text>", "why, for the log; no personal data", "admin")
    .action(async (id: string, options: AdminOptions & { readonly reason: string }, command: Command) => {
      show(await postToAdminApi(command, terminal, `${pathOf(id)}/suspend`, { reason: options.reason }), options, terminal);
    });
}

export function reinstateClient(terminal: Terminal): Command {
  return withAdminOptions(new Command("reinstate"))
    .description("Lets a suspended client be used again. What it was granted before stays dead.")
    .argument(CLIENT)
    .action(async (id: string, options: AdminOptions, command: Command) => {
      show(await postToAdminApi(command, terminal, `${pathOf(id)}/reinstate`), options, terminal);
    });
}

export function rotateClientSecret(terminal: Terminal): Command {
  return withAdminOptions(new Command("rotate-secret"))
    .description("Issues a new secret; the present ones stay valid for a while.")
    .argument(CLIENT)
    .option("--overlap <seconds>", "how long the present secrets stay valid", seconds, 3_600)
    .action(async (id: string, options: AdminOptions & { readonly overlap: number }, command: Command) => {
      const answer = await postToAdminApi(command, terminal, `${pathOf(id)}/secrets`, { overlap_seconds: options.overlap });
      showAnswer(answer, ["client_id", "secret_id", "client_secret", "overlap_ends_at"], options, terminal);
    });
}

export function removeClient(terminal: Terminal): Command {
  return withAdminOptions(new Command("rm"))
    .description("Deletes a client and ends everything granted to it.")
    .argument(CLIENT)
    .option("--yes", "do not ask")
    .action(async (id: string, options: AdminOptions & { readonly yes?: boolean }, command: Command) => {
      if (options.yes !== true) await confirm(`Delete client ${id} for good?`, id, terminal);
      await callAdminApi(command, terminal, { method: "DELETE", path: pathOf(id) });
      terminal.out(options.json === true ? json({ client_id: id, deleted: true }) : `deleted ${id}\n`);
    });
}

function show(client: Answer, options: AdminOptions, terminal: Terminal): void {
  terminal.out(options.json === true ? json(client) : members(client));
}

/** A client_id may be a URL. */
function pathOf(id: string): string {
  return `/clients/${encodeURIComponent(id)}`;
}

function seconds(value: string): number {
  if (/^\d{1,7}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("Give a number of seconds.");
}
