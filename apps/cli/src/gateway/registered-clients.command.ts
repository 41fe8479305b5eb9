import { Command } from "commander";
import { callAdminApi, withAdminOptions, type AdminOptions, type Answer } from "../admin/admin-api.ts";
import { readPages } from "../admin/read-pages.ts";
import { CommandFailed } from "../failure.ts";
import { json, table, timeOf } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import { serverName } from "./server-name.ts";

/** The clients that the gateway is, at the authorization servers of the servers behind it. For operators. */
export function clientsCommand(terminal: Terminal): Command {
  return new Command("clients")
    .description("As what client the gateway is known at the authorization servers of third parties; for operators")
    .addCommand(listCommand(terminal))
    .addCommand(removeCommand(terminal));
}

interface Known {
  readonly server: string;
  /** `by hand`: an operator entered it. `registered`: we registered ourselves (RFC 7591). */
  readonly how: "by hand" | "registered";
  readonly issuer?: string;
  readonly client_id: string;
  readonly expires_at?: number;
}

const MOST = 10_000;

function listCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("ls"))
    .description("Lists these clients by server: those entered by hand, and those registered by the gateway itself.")
    .action(async (options: AdminOptions, command: Command) => {
      const servers = await readPages(command, terminal, "/servers", { query: {}, limit: MOST });
      const items: Known[] = [];
      for (const server of servers) items.push(...byHand(server), ...(await registered(command, terminal, String(server["name"]))));
      if (options.json === true) return terminal.out(json({ items }));
      const rows = items.map((each) => [each.server, each.how, each.issuer ?? "-", each.client_id, timeOf(each.expires_at)]);
      terminal.out(table([["SERVER", "HOW", "ISSUER", "CLIENT", "EXPIRES"], ...rows], terminal));
    });
}

function byHand(server: Answer): readonly Known[] {
  const client = server["client"] as { readonly client_id: string } | undefined;
  return client === undefined ? [] : [{ server: String(server["name"]), how: "by hand", client_id: client.client_id }];
}

/** The latest registration, from the server's own stream. */
async function registered(command: Command, terminal: Terminal, server: string): Promise<readonly Known[]> {
  const query = new URLSearchParams({ stream: `server-${server}`, limit: "100" });
  const { items } = await callAdminApi(command, terminal, { method: "GET", path: `/events?${query.toString()}` });
  const last = (items as readonly Answer[]).findLast(({ type }) => type === "ServerClientRegistered");
  if (last === undefined) return [];
  const { issuer, clientId, expiresAt } = last["data"] as {
    readonly issuer: string;
    readonly clientId: string;
    readonly expiresAt?: number;
  };
  return [{ server, how: "registered", issuer, client_id: clientId, ...(expiresAt === undefined ? {} : { expires_at: expiresAt }) }];
}

function removeCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("rm"))
    .description("Forgets the client entered by hand for a server; from then on the gateway registers itself where it may.")
    .argument("<server>", "its name, as server ls lists it", serverName)
    .action(async (name: string, options: AdminOptions, command: Command) => {
      const server = await callAdminApi(command, terminal, { method: "GET", path: `/servers/${name}` });
      if (server["client"] === undefined) throw new CommandFailed(`${name} has no client that was entered by hand`, 1);
      await callAdminApi(command, terminal, { method: "PUT", path: `/servers/${name}`, body: withoutClient(server) });
      terminal.out(options.json === true ? json({ server: name, removed: true }) : `removed the client of ${name}\n`);
    });
}

/** What a replacement may say: the definition, without what the server adds to it when it shows it. */
function withoutClient({ url, stdio, provider, authorization, scopes, policy }: Answer): object {
  return { ...(url === undefined ? { stdio } : { url }), provider, authorization, scopes, policy };
}
