import { Command } from "commander";
import { callAdminApi, withAdminOptions, type AdminOptions } from "../admin/admin-api.ts";
import { readPages, withLimit, type PageOptions } from "../admin/read-pages.ts";
import { asText, json, members, table } from "../show.ts";
import type { Terminal } from "../terminal.ts";

export function grantCommand(terminal: Terminal): Command {
  return new Command("grant")
    .description("Grants of a running server: who allowed which client what")
    .addCommand(listCommand(terminal))
    .addCommand(showCommand(terminal))
    .addCommand(revokeCommand(terminal));
}

interface Filter {
  readonly subject?: string;
  readonly client?: string;
  readonly resource?: string;
  readonly status?: string;
}

function listCommand(terminal: Terminal): Command {
  return withLimit(withAdminOptions(new Command("ls")))
    .description("Lists grants.")
    .option("--subject <id>", "only this person's")
    .option("--client <client_id>", "only this client's")
    .option("--resource <uri>", "only those for this resource")
    .option("--status <status>", "only these: authorized, active, revoked or denied")
    .action(async ({ subject, client, resource, status, limit, json: asJson }: AdminOptions & PageOptions & Filter, command: Command) => {
      const items = await readPages(command, terminal, "/grants", { query: { subject, client_id: client, resource, status }, limit });
      if (asJson === true) return terminal.out(json({ items }));
      const rows = items.map((grant) => [
        String(grant["grant_id"]),
        String(grant["status"]),
        String(grant["client_id"]),
        String(grant["subject"]),
        asText(grant["scope"]),
      ]);
      terminal.out(table([["GRANT", "STATUS", "CLIENT", "SUBJECT", "SCOPE"], ...rows], terminal));
    });
}

function showCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("show"))
    .description("Shows one grant.")
    .argument("<grant_id>")
    .action(async (id: string, options: AdminOptions, command: Command) => {
      const grant = await callAdminApi(command, terminal, { method: "GET", path: `/grants/${encodeURIComponent(id)}` });
      terminal.out(options.json === true ? json(grant) : members(grant));
    });
}

function revokeCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("revoke"))
    .description("Revokes a grant with all its tokens; every validator knows within a second.")
    .argument("<grant_id>")
    .action(async (id: string, options: AdminOptions, command: Command) => {
      await callAdminApi(command, terminal, { method: "DELETE", path: `/grants/${encodeURIComponent(id)}` });
      terminal.out(options.json === true ? json({ grant_id: id, revoked: true }) : `revoked ${id}\n`);
    });
}
