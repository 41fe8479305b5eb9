import type { Command } from "commander";
import * as oauth from "oauth4webapi";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { asked, CLIENT, discover, requestOptions } from "./authorization-server.ts";
import { credentialsPath, readCredentials, writeCredentials, type Credentials, type Login } from "./credentials-file.ts";

export interface PersonOptions {
  readonly issuer?: string;
  readonly gateway?: string;
  readonly json?: boolean;
}

/** The options every command that acts as a logged-in person has. */
export function withPersonOptions(command: Command): Command {
  return command
    .option("--issuer <url>", "issuer of the server; else the one of the settings, else where you logged in last")
    .option("--gateway <url>", "where the gateway is; else GRANTLINE_GATEWAY_URL, else the issuer's origin")
    .option("--json", "the whole answer as JSON");
}

/** Which server is meant, and whose tokens are used there. */
export interface Place {
  readonly issuer: string;
  /** Resource of the gateway's API. */
  readonly gatewayApi: string;
  readonly path: string;
}

export function placeOf(command: Command, terminal: Terminal): Place {
  const options = command.optsWithGlobals<PersonOptions>();
  const { server, gateway } = settingsOf(command, terminal);
  const path = credentialsPath(terminal);
  const issuer = options.issuer ?? (server.issuerFollowsPort ? (readCredentials(path).current ?? server.issuer) : server.issuer);
  if (!URL.canParse(issuer)) throw new CommandFailed(`${issuer} is no URL; give the issuer of the server`);
  const origin = options.gateway ?? gateway.url ?? new URL(issuer).origin;
  if (!URL.canParse(origin)) throw new CommandFailed(`${origin} is no URL; give the address of the gateway`);
  return { issuer, gatewayApi: `${new URL(origin).origin}/gateway/v1`, path };
}

/** An access token for the resource; refreshed when it is about to end. Throws CommandFailed when nobody is logged in, or not for this. */
export async function accessTokenFor({ issuer, path }: Pick<Place, "issuer" | "path">, resource: string): Promise<string> {
  const login = loginAt(readCredentials(path), issuer);
  if (resource !== issuer && !login.resources.includes(resource))
    throw new CommandFailed(`you are not logged in for ${resource}; run grantline login again (with --admin for administration)`, 1);
  const known = login.access_tokens[resource];
  return known !== undefined && known.expires_at > now() + 30 ? known.value : refresh({ issuer, path, resource, login });
}

function loginAt(credentials: Credentials, issuer: string): Login {
  const login = Object.hasOwn(credentials.logins, issuer) ? credentials.logins[issuer] : undefined;
  if (login === undefined) throw new CommandFailed(`you are not logged in at ${issuer}; run grantline login`, 1);
  return login;
}

interface Refresh {
  readonly issuer: string;
  readonly path: string;
  readonly resource: string;
  readonly login: Login;
}

async function refresh({ issuer, path, resource, login }: Refresh, again = true): Promise<string> {
  const { metadata } = await discover(issuer);
  try {
    const tokens = await asked(issuer, async () =>
      oauth.processRefreshTokenResponse(
        metadata,
        CLIENT,
        await oauth.refreshTokenGrantRequest(metadata, CLIENT, oauth.None(), login.refresh_token, {
          ...requestOptions(issuer),
          additionalParameters: { resource },
        }),
      ),
    );
    return keepTokens(path, { issuer, resource, login: loginAt(readCredentials(path), issuer), tokens });
  } catch (error) {
    if (!(error instanceof oauth.ResponseBodyError)) throw error;
    // Another command of ours may have refreshed this very moment: then its tokens are in the file by now
    const newer = loginAt(readCredentials(path), issuer);
    if (again && newer.refresh_token !== login.refresh_token) return refresh({ issuer, path, resource, login: newer }, false);
    throw new CommandFailed(`your login at ${issuer} has ended (${error.error_description ?? error.error}); run grantline login`, 1);
  }
}

/** Saves what was issued, and answers the access token. */
export function keepTokens(
  path: string,
  of: { readonly issuer: string; readonly resource: string; readonly login: Login; readonly tokens: oauth.TokenEndpointResponse },
): string {
  const { issuer, resource, login, tokens } = of;
  const value = tokens.access_token;
  const live = Object.fromEntries(Object.entries(login.access_tokens).filter(([, { expires_at: end }]) => end > now()));
  const kept: Login = {
    ...login,
    refresh_token: tokens.refresh_token ?? login.refresh_token,
    access_tokens: { ...live, [resource]: { value, expires_at: now() + (tokens.expires_in ?? 0) } },
  };
  const credentials = readCredentials(path);
  writeCredentials(path, { ...credentials, current: issuer, logins: { ...credentials.logins, [issuer]: kept } });
  return value;
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
