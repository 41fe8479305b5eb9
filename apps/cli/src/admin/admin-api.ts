import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { send, type Answer, type Sent } from "../api/send.ts";
import { CommandFailed } from "../failure.ts";
import { credentialsPath, readCredentials } from "../person/credentials-file.ts";
import { accessTokenFor } from "../person/person-session.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

export type { Answer } from "../api/send.ts";

export interface AdminOptions {
  readonly issuer?: string;
  readonly adminSecretFile?: string;
  readonly json?: boolean;
}

const HINT = "Is the server running there? Set GRANTLINE_ISSUER or --issuer.";

/** The options every command that talks to a server has. */
export function withAdminOptions(command: Command): Command {
  return command
    .option("--issuer <url>", "issuer of the server; else the one of the settings")
    .option("--admin-secret-file <file>", "file with the secret of grantline-admin; else GRANTLINE_ADMIN_SECRET, else your own login")
    .option("--json", "the whole answer as JSON");
}

/**
 * A POST to the admin API as `grantline-admin` or as the operator who is logged in, below /admin/v1 unless the path says /audit/v1. Throws CommandFailed with
 * what the server said.
 */
export function postToAdminApi(command: Command, terminal: Terminal, path: string, body?: object): Promise<Answer> {
  return callAdminApi(command, terminal, { method: "POST", path, ...(body === undefined ? {} : { body }) });
}

export interface AdminRequest {
  readonly method: Sent["method"];
  readonly path: string;
  readonly body?: object;
}

/** Any request to the admin API, likewise. */
export async function callAdminApi(command: Command, terminal: Terminal, { method, path, body }: AdminRequest): Promise<Answer> {
  const { origin, token } = await adminAccess(command, terminal);
  return send({
    method,
    url: `${origin}${path.startsWith("/audit/v1/") ? path : `/admin/v1${path}`}`,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    hint: HINT,
  });
}

/** The secret where one is given; else the login of the person at this machine. */
async function adminAccess(command: Command, terminal: Terminal): Promise<{ readonly origin: string; readonly token: string }> {
  const options = command.opts<AdminOptions>();
  const { server, people } = settingsOf(command, terminal);
  const secret = options.adminSecretFile === undefined ? people.adminSecret : readSecret(options.adminSecretFile);
  if (secret !== undefined) {
    const issuer = options.issuer ?? server.issuer;
    return { origin: new URL(issuer).origin, token: await takeToken(issuer, secret) };
  }
  const path = credentialsPath(terminal);
  const { current, logins } = readCredentials(path);
  const issuer = options.issuer ?? (server.issuerFollowsPort ? (current ?? server.issuer) : server.issuer);
  if (!Object.hasOwn(logins, issuer))
    throw new CommandFailed(
      "Give the secret of grantline-admin in GRANTLINE_ADMIN_SECRET or by --admin-secret-file (the server printed it at its first start), or log in as an operator: grantline login --admin.",
    );
  const { origin } = new URL(issuer);
  return { origin, token: await accessTokenFor({ issuer, path }, `${origin}/admin/v1`) };
}

/** Can the admin API be called from here: with the secret, or by a login for administration? */
export function hasAdminAccess(command: Command, terminal: Terminal): boolean {
  const options = command.opts<AdminOptions>();
  const { server, people } = settingsOf(command, terminal);
  if (options.adminSecretFile !== undefined || people.adminSecret !== undefined) return true;
  const { current, logins } = readCredentials(credentialsPath(terminal));
  const issuer = options.issuer ?? (server.issuerFollowsPort ? (current ?? server.issuer) : server.issuer);
  return Object.hasOwn(logins, issuer) && logins[issuer]?.resources.includes(`${new URL(issuer).origin}/admin/v1`) === true;
}

async function takeToken(issuer: string, secret: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`grantline-admin:${encodeURIComponent(secret)}`).toString("base64")}`;
  const form = new URLSearchParams({ grant_type: "client_credentials", scope: "grantline:admin" });
  const answer = await send({
    method: "POST",
    url: `${issuer}/token`,
    headers: { authorization, "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
    hint: HINT,
  });
  return String(answer["access_token"]);
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CommandFailed(`--admin-secret-file: can't read ${file} (${(error as NodeJS.ErrnoException).code ?? "error"}).`);
  }
}
