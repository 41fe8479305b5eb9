import { Command } from "commander";
import * as oauth from "oauth4webapi";
import { printable } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import { CLIENT, discover, granted, requestOptions } from "./authorization-server.ts";
import { readCredentials } from "./credentials-file.ts";
import { accessTokenFor, placeOf, withPersonOptions, type PersonOptions } from "./person-session.ts";

export function whoamiCommand(terminal: Terminal): Command {
  return withPersonOptions(new Command("whoami"))
    .description("Says who you are logged in as, by asking the server.")
    .action(async ({ json }: PersonOptions, command: Command) => {
      const place = placeOf(command, terminal);
      const { issuer } = place;
      const token = await accessTokenFor(place, issuer);
      const { metadata } = await discover(issuer);
      const person = await granted(issuer, async () =>
        oauth.processUserInfoResponse(
          metadata,
          CLIENT,
          readCredentials(place.path).logins[issuer]?.subject ?? oauth.skipSubjectCheck,
          await oauth.userInfoRequest(metadata, CLIENT, token, requestOptions(issuer)),
        ),
      );
      const resources = readCredentials(place.path).logins[issuer]?.resources ?? [];
      if (json === true) return terminal.out(`${JSON.stringify({ issuer, resources, ...person })}\n`);
      const name = person.preferred_username ?? person.name;
      const lines = [
        `issuer   ${issuer}`,
        `subject  ${person.sub}`,
        ...(name === undefined ? [] : [`name     ${name}`]),
        `for      ${resources.join(" ")}`,
      ];
      terminal.out(printable(`${lines.join("\n")}\n`));
    });
}
