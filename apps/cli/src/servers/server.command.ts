import { Command, Option } from "commander";
import { accessPolicyOf, withAccessPolicy, type AccessPolicyOptions } from "../admin/access-policy.ts";
import { callAdminApi, hasAdminAccess, withAdminOptions, type AdminOptions, type Answer } from "../admin/admin-api.ts";
import { readPages } from "../admin/read-pages.ts";
import { confirm } from "../confirm.ts";
import { CommandFailed } from "../failure.ts";
import { callGateway } from "../gateway/gateway-api.ts";
import { serverName } from "../gateway/server-name.ts";
import { readWhole } from "../secrets/read-value.ts";
import { asText, json, members, table } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import { readDockerCatalog } from "./docker-catalog.ts";
import type { ServerDocument } from "./server-document.ts";

export function serverCommand(terminal: Terminal): Command {
  return new Command("server")
    .description("Third-party MCP servers behind the gateway")
    .addCommand(addCommand(terminal))
    .addCommand(importCommand(terminal))
    .addCommand(listCommand(terminal))
    .addCommand(inspectCommand(terminal))
    .addCommand(removeCommand(terminal));
}

interface AddOptions extends AdminOptions, AccessPolicyOptions {
  readonly url?: string;
  readonly command?: string;
  readonly arg: readonly string[];
  readonly env: readonly string[];
  readonly provider: string;
  readonly authorization: ServerDocument["authorization"];
  readonly scope: readonly string[];
  readonly allowTool: readonly string[];
  readonly denyTool: readonly string[];
  readonly ratePerMinute?: string;
}

function addCommand(terminal: Terminal): Command {
  return withAccessPolicy(withAdminOptions(new Command("add")))
    .description("Puts a server behind the gateway, and registers it as a resource.")
    .argument("<name>", "how it is called in the gateway's URLs", serverName)
    .option("--url <url>", "its MCP endpoint")
    .option("--command <program>", "instead of --url: a program that speaks MCP over standard input and output")
    .option("--arg <argument>", "an argument of the program; repeat it", collect, [])
    .option("--env <name>", "a variable the program is given, by name; repeat it. Values are never given here", collect, [])
    .option(
      "--provider <name>",
      "who gives tokens for it: one of the settings' providers, or discovered from what it publishes",
      "discovered",
    )
    .addOption(
      new Option("--authorization <kind>", "a token of each user, one for all, or none")
        .choices(["oauth", "static", "none"])
        .default("oauth"),
    )
    .option("--scope <scope>", "a scope users are asked for; repeat it", collect, [])
    .option("--allow-tool <name>", "only these tools may be called; repeat it", collect, [])
    .option("--deny-tool <name>", "this tool may not be called; repeat it", collect, [])
    .option("--rate-per-minute <n>", "calls a minute, per user")
    .action(async (name: string, options: AddOptions, command: Command) => {
      const body = { ...documentOf(name, options), resource: accessPolicyOf(options, terminal) };
      const added = await callAdminApi(command, terminal, { method: "POST", path: "/servers", body });
      terminal.out(options.json === true ? json(added) : members(added));
    });
}

function documentOf(name: string, options: AddOptions): ServerDocument {
  const { url, command, arg: args, env, provider, authorization, scope: scopes } = options;
  if ((url === undefined) === (command === undefined)) throw new CommandFailed("give either --url or --command", 1);
  const value = env.find((each) => each.includes("="));
  if (value !== undefined)
    throw new CommandFailed("--env takes a name: a value given as an argument can be read by every user of the machine", 1);
  const tools = {
    ...(options.allowTool.length === 0 ? {} : { allow: options.allowTool }),
    ...(options.denyTool.length === 0 ? {} : { deny: options.denyTool }),
  };
  const policy = {
    ...(Object.keys(tools).length === 0 ? {} : { tools }),
    ...(options.ratePerMinute === undefined ? {} : { rate_per_minute: Number(options.ratePerMinute) }),
  };
  return {
    name,
    ...(command === undefined ? { url: url ?? "" } : { stdio: { command, args, env } }),
    provider,
    authorization,
    scopes,
    ...(Object.keys(policy).length === 0 ? {} : { policy }),
  };
}

interface ImportOptions extends AdminOptions, AccessPolicyOptions {
  readonly dryRun?: boolean;
}

function importCommand(terminal: Terminal): Command {
  return withAccessPolicy(withAdminOptions(new Command("import")))
    .description("Puts the servers of one of Docker's MCP catalogs behind the gateway (docker mcp catalog export docker-mcp catalog.yaml).")
    .argument("<file>", "the catalog, YAML")
    .argument("[names...]", "only these servers, by their names in the catalog")
    .option("--dry-run", "only show what would be added")
    .action(async (file: string, names: readonly string[], options: ImportOptions, command: Command) => {
      const resource = accessPolicyOf(options, terminal);
      const { servers, notes } = readDockerCatalog(readWhole(file, terminal.cwd), names);
      for (const note of notes) terminal.error(`${note}\n`);
      const failed: string[] = [];
      const fine: ServerDocument[] = [];
      for (const server of servers) {
        const reason = options.dryRun === true ? undefined : await added(command, terminal, { ...server, resource });
        if (reason === undefined) fine.push(server);
        else failed.push(`${server.name}: ${reason}`);
      }
      for (const line of failed) terminal.error(`${line}\n`);
      if (options.json === true) terminal.out(json({ servers: fine, notes, failed, added: options.dryRun !== true }));
      else for (const server of fine) terminal.out(`${server.name}  ${server.url ?? asText(server.stdio?.command)}\n`);
      if (failed.length > 0) throw new CommandFailed(`${failed.length} of ${servers.length} servers were not added`, 1);
    });
}

/** Why it was not added; what keeps all of them from it ends the command. */
async function added(command: Command, terminal: Terminal, server: ServerDocument): Promise<string | undefined> {
  try {
    await callAdminApi(command, terminal, { method: "POST", path: "/servers", body: server });
    return undefined;
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode === 1 && !/ answered 40[13]: /.test(error.message)) return error.message;
    throw error;
  }
}

function listCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("ls"))
    .description("Lists the servers behind the gateway: as an operator all there is to know, else what you may connect to.")
    .option("--gateway <url>", "where the gateway is; else GRANTLINE_GATEWAY_URL, else the issuer's origin")
    .action(async (options: AdminOptions, command: Command) => {
      const operator = hasAdminAccess(command, terminal);
      const answer = operator
        ? { items: await readPages(command, terminal, "/servers", { query: {}, limit: MOST }) }
        : await callGateway(command, terminal, { method: "GET", path: "/servers" });
      if (options.json === true) return terminal.out(json(answer));
      const rows = (answer["items"] as readonly Answer[]).map((each) => [
        String(each["name"]),
        String(each["provider"]),
        operator ? asText(each["authorization"]) : each["connected"] === true ? "connected" : "-",
        asText(each["url"] ?? (each["stdio"] as Answer | undefined)?.["command"]),
      ]);
      terminal.out(table([["SERVER", "PROVIDER", operator ? "TOKENS" : "YOU", "AT"], ...rows], terminal));
    });
}

function inspectCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("inspect"))
    .description("Shows one server with its policy.")
    .argument("<name>", "its name", serverName)
    .action(async (name: string, options: AdminOptions, command: Command) => {
      const server = await callAdminApi(command, terminal, { method: "GET", path: `/servers/${name}` });
      terminal.out(options.json === true ? json(server) : members(server));
    });
}

function removeCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("rm"))
    .description("Takes a server from behind the gateway; its resource and the tokens for it end.")
    .argument("<name>", "its name", serverName)
    .option("--yes", "do not ask")
    .action(async (name: string, options: AdminOptions & { readonly yes?: boolean }, command: Command) => {
      if (options.yes !== true) await confirm(`Remove server ${name}?`, name, terminal);
      await callAdminApi(command, terminal, { method: "DELETE", path: `/servers/${name}` });
      terminal.out(options.json === true ? json({ name, removed: true }) : `removed ${name}\n`);
    });
}

const MOST = 10_000;

function collect(value: string, former: readonly string[]): readonly string[] {
  return [...former, value];
}
