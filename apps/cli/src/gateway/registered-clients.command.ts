import { Command } from "commander";
import { callAdminApi, withAdminOptions, type AdminOptions, type Answer } from "../admin/admin-api.ts";
import { CommandFailed } from "../failure.ts";
import { json, table, timeOf } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import { serverName } from "./server-name.ts";

/** The clients that the gateway is, at the authorization servers of the servers behind it. For operators. */
export function clientsCommand(terminal: Terminal): Command {
  return new Command("clients")
    .description("As what client the gateway is registered at the authorization servers of third parties; for operators")
    .addCommand(listCommand(terminal))
    .addCommand(removeCommand(terminal));
}

function listCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("ls"))
    .description("Lists these clients by server.")
    .action(async (options: AdminOptions, command: Command) => {
      const servers = (await callAdminApi(command, terminal, { method: "GET", path: "/servers" }))["items"] as readonly Answer[];
      const items = servers.flatMap((server) => registrationOf(server));
      if (options.json === true) return terminal.out(json({ items }));
      const rows = items.map((each) => [each.server, each.how, each.issuer ?? "-", each.client_id, timeOf(each.expires_at)]);
      terminal.out(table([["SERVER", "HOW", "ISSUER", "CLIENT", "EXPIRES"], ...rows], terminal));
    });
}

interface Registered {
  readonly server: string;
  readonly how: "by hand" | "registered";
  readonly issuer?: string;
  readonly client_id: string;
  readonly expires_at?: number;
}

function registrationOf(server: Answer): readonly Registered[] {
  const name = String(server["name"]);
  const byHand = server["client"] as { readonly client_id: string } | undefined;
  const registration = server["registration"] as
    | { readonly issuer: string; readonly client_id: string; readonly expires_at?: number }
    | undefined;
  return [
    ...(byHand === undefined ? [] : [{ server: name, how: "by hand" as const, client_id: byHand.client_id }]),
    ...(registration === undefined ? [] : [{ server: name, how: "registered" as const, ...registration }]),
  ];
}

function removeCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("rm"))
    .description("Forgets the client registered by hand for a server; the next connection registers anew where the server allows it.")
    .argument("<server>", "its name, as server ls lists it", serverName)
    .action(async (name: string, options: AdminOptions, command: Command) => {
      const { client, ...server } = await callAdminApi(command, terminal, { method: "GET", path: `/servers/${name}` });
      if (client === undefined) throw new CommandFailed(`${name} has no client that was registered by hand`, 1);
      const { registration: _registration, resource: _resource, ...definition } = server;
      await callAdminApi(command, terminal, { method: "PUT", path: `/servers/${name}`, body: definition });
      terminal.out(options.json === true ? json({ server: name, removed: true }) : `removed the client of ${name}\n`);
    });
}
