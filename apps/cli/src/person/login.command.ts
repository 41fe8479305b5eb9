import { Command } from "commander";
import * as oauth from "oauth4webapi";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { CLIENT, discover } from "./authorization-server.ts";
import { loginByBrowser, type Wanted } from "./browser-login.ts";
import { loginByDevice } from "./device-login.ts";
import { keepTokens, placeOf, withPersonOptions, type PersonOptions } from "./person-session.ts";

interface LoginOptions extends PersonOptions {
  readonly device?: boolean;
  readonly browser: boolean;
  readonly admin?: boolean;
}

const IDENTITY = "openid profile offline_access";

export function loginCommand(terminal: Terminal): Command {
  return withPersonOptions(new Command("login"))
    .description(
      "Logs you in at a server, as a person, for the commands oauth and whoami. Tokens are kept in a file that only you can read, and refreshed.",
    )
    .option("--device", "show a code to type in a browser anywhere, for machines without one; not for administration")
    .option("--no-browser", "don't open a browser: show the address, and take the address it ends at")
    .option("--admin", "for administration too, instead of GRANTLINE_ADMIN_SECRET; you must be an operator of the server")
    .action(async (options: LoginOptions, command: Command) => {
      requireNoAdminByDevice(options);
      const place = placeOf(command, terminal);
      const server = await discover(place.issuer);
      const wanted = wantedOf(place, options.admin === true);
      const tokens =
        options.device === true
          ? await loginByDevice(server, wanted, terminal)
          : await loginByBrowser(server, wanted, terminal, { open: options.browser });
      if (tokens.refresh_token === undefined)
        throw new CommandFailed(`${place.issuer} gave no refresh token; its client grantline-cli may have been changed`, 1);
      const subject = oauth.getValidatedIdTokenClaims(tokens)?.sub;
      const login = {
        client_id: CLIENT.client_id,
        ...(subject === undefined ? {} : { subject }),
        scope: tokens.scope ?? wanted.scope,
        resources: [...wanted.resources],
        refresh_token: tokens.refresh_token,
        access_tokens: {},
      };
      keepTokens(place.path, { issuer: place.issuer, resource: wanted.resources[0] ?? place.issuer, login, tokens });
      const answer = { issuer: place.issuer, scope: login.scope, ...(subject === undefined ? {} : { subject }) };
      terminal.out(options.json === true ? `${JSON.stringify(answer)}\n` : `logged in at ${place.issuer}\n`);
    });
}

/** No server gives it; said before anybody types a code. RFC 8628 §5.4: whoever made an operator type theirs would have administration. */
function requireNoAdminByDevice({ admin, device }: LoginOptions): void {
  if (admin === true && device === true)
    throw new CommandFailed(
      "a device code never gives administration; without a browser on this machine: grantline login --admin --no-browser, and paste the address it ends at",
      1,
    );
}

function wantedOf({ issuer, gatewayApi }: { readonly issuer: string; readonly gatewayApi: string }, admin: boolean): Wanted {
  const adminApi = `${new URL(issuer).origin}/admin/v1`;
  return {
    resources: admin ? [gatewayApi, adminApi] : [gatewayApi],
    scope: `${IDENTITY} connections${admin ? " grantline:admin" : ""}`,
  };
}
