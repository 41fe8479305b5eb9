import { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { withPersonOptions, type PersonOptions } from "../person/person-session.ts";
import { asText, json, members, table, timeOf } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import type { Answer } from "../api/send.ts";
import { authorizeCommand } from "./authorize.command.ts";
import { callGateway } from "./gateway-api.ts";
import { clientsCommand } from "./registered-clients.command.ts";
import { serverName } from "./server-name.ts";

/** Your own connections to servers behind the gateway. */
export function oauthCommand(terminal: Terminal): Command {
  const oauth = new Command("oauth").description("Your connections to third-party servers behind the gateway; log in first");
  for (const make of [authorizeCommand, listCommand, refreshCommand, testCommand, revokeCommand, clientsCommand])
    oauth.addCommand(make(terminal));
  return oauth;
}

function listCommand(terminal: Terminal): Command {
  return withPersonOptions(new Command("ls"))
    .description("Lists your connections: scopes, expiry, last refresh and what went wrong with it.")
    .action(async (options: PersonOptions, command: Command) => {
      const answer = await callGateway(command, terminal, { method: "GET", path: "/connections" });
      if (options.json === true) return terminal.out(json(answer));
      const rows = (answer["items"] as readonly Answer[]).map((each) => [
        String(each["server"]),
        asText(each["status"]),
        String(each["provider"]),
        timeOf(each["expires_at"]),
        timeOf(each["last_refreshed_at"]),
        asText(each["last_error"]),
        asText(each["scopes"]),
      ]);
      terminal.out(table([["SERVER", "STATUS", "PROVIDER", "EXPIRES", "REFRESHED", "LAST ERROR", "SCOPES"], ...rows], terminal));
    });
}

function refreshCommand(terminal: Terminal): Command {
  return one("refresh", "Refreshes the token of a connection now.", terminal, (path) => ({ method: "POST", path: `${path}/refresh` }));
}

function testCommand(terminal: Terminal): Command {
  return one(
    "test",
    "Asks the server whether it takes the token of your connection. Exit code 1 when it does not.",
    terminal,
    (path) => ({ method: "POST", path: `${path}/test` }),
    ({ status }) => status === "ok",
  );
}

function revokeCommand(terminal: Terminal): Command {
  return one("revoke", "Ends a connection: here at once, and at the provider where it can be told.", terminal, (path) => ({
    method: "DELETE",
    path,
  }));
}

/** A command about one connection. */
function one(
  name: string,
  about: string,
  terminal: Terminal,
  request: (path: string) => { readonly method: "POST" | "DELETE"; readonly path: string },
  good: (answer: Answer) => boolean = () => true,
): Command {
  return withPersonOptions(new Command(name))
    .description(about)
    .argument("<server>", "its name, as server ls lists it", serverName)
    .action(async (server: string, options: PersonOptions, command: Command) => {
      const answer = await callGateway(command, terminal, request(`/connections/${server}`));
      if (options.json === true) terminal.out(json({ server, ...answer }));
      else terminal.out(Object.keys(answer).length === 0 ? `${name} of ${server}: done\n` : members(answer));
      if (!good(answer)) throw new CommandFailed(`${name} of ${server}: ${asText(answer["status"])}`, 1);
    });
}
