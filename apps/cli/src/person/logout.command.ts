import { Command } from "commander";
import * as oauth from "oauth4webapi";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { CLIENT, discover, granted, requestOptions } from "./authorization-server.ts";
import { forgetLogin, readCredentials } from "./credentials-file.ts";
import { placeOf, withPersonOptions, type PersonOptions } from "./person-session.ts";

export function logoutCommand(terminal: Terminal): Command {
  return withPersonOptions(new Command("logout"))
    .description("Ends your login at a server: its tokens are revoked there and removed here.")
    .option("--local", "only remove the tokens here, where the server can't be reached")
    .action(async ({ json, local }: PersonOptions & { readonly local?: boolean }, command: Command) => {
      const { issuer, path } = placeOf(command, terminal);
      const { logins } = readCredentials(path);
      const login = Object.hasOwn(logins, issuer) ? logins[issuer] : undefined;
      if (login === undefined) throw new CommandFailed(`you are not logged in at ${issuer}`, 1);
      if (local !== true) await revoke(issuer, login.refresh_token);
      forgetLogin(path, issuer);
      terminal.out(json === true ? `${JSON.stringify({ issuer, revoked: local !== true })}\n` : `logged out at ${issuer}\n`);
    });
}

/** RFC 7009: the refresh token takes the whole family with it. */
async function revoke(issuer: string, refreshToken: string): Promise<void> {
  const { metadata } = await discover(issuer);
  await granted(issuer, async () =>
    oauth.processRevocationResponse(
      await oauth.revocationRequest(metadata, CLIENT, oauth.None(), refreshToken, {
        ...requestOptions(issuer),
        additionalParameters: { token_type_hint: "refresh_token" },
      }),
    ),
  );
}
