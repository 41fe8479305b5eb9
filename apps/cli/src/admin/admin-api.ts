import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

export interface AdminOptions {
  readonly issuer?: string;
  readonly adminSecretFile?: string;
  readonly json?: boolean;
}

export type Answer = Readonly<Record<string, unknown>>;

const TIMEOUT_MS = 15_000;

/** The options every command that talks to a server has. */
export function withAdminOptions(command: Command): Command {
  return command
    .option("--issuer <url>", "issuer of the server; else the one of the settings")
    .option("--admin-secret-file <file>", "file with the secret of grantline-admin; else GRANTLINE_ADMIN_SECRET")
    .option("--json", "the whole answer as JSON");
}

/** A POST to the admin API as `grantline-admin`, below /admin/v1 unless the path says /audit/v1. Throws CommandFailed with what the server said. */
export function postToAdminApi(command: Command, terminal: Terminal, path: string, body?: object): Promise<Answer> {
  return callAdminApi(command, terminal, { method: "POST", path, ...(body === undefined ? {} : { body }) });
}

export interface AdminRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: object;
}

/** Any request to the admin API, likewise. */
export async function callAdminApi(command: Command, terminal: Terminal, { method, path, body }: AdminRequest): Promise<Answer> {
  const options = command.opts<AdminOptions>();
  const { server, people } = settingsOf(command, terminal);
  const issuer = options.issuer ?? server.issuer;
  const secret = options.adminSecretFile === undefined ? people.adminSecret : readSecret(options.adminSecretFile);
  if (secret === undefined)
    throw new CommandFailed(
      "Give the secret of grantline-admin in GRANTLINE_ADMIN_SECRET or by --admin-secret-file. The server printed it at its first start.",
    );
  const token = await takeToken(issuer, secret);
  return send(
    method,
    `${new URL(issuer).origin}${path.startsWith("/audit/v1/") ? path : `/admin/v1${path}`}`,
    { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body === undefined ? undefined : JSON.stringify(body),
  );
}

async function takeToken(issuer: string, secret: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`grantline-admin:${encodeURIComponent(secret)}`).toString("base64")}`;
  const form = new URLSearchParams({ grant_type: "client_credentials", scope: "grantline:admin" });
  const answer = await send(
    "POST",
    `${issuer}/token`,
    { authorization, "content-type": "application/x-www-form-urlencoded" },
    form.toString(),
  );
  return String(answer["access_token"]);
}

async function send(method: string, url: string, headers: Readonly<Record<string, string>>, body: string | undefined): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CommandFailed(`no answer from ${url} (${cause}). Is the server running there? Set GRANTLINE_ISSUER or --issuer.`);
  }
  const text = await response.text();
  if (response.status === 204) return {};
  const answer = parsed(text);
  if (response.ok && answer !== undefined) return answer;
  const said = answer?.["error_description"] ?? answer?.["detail"] ?? answer?.["title"] ?? text.slice(0, 200);
  throw new CommandFailed(
    `${url} answered ${response.status}: ${String(said)} (correlation id ${response.headers.get("x-correlation-id") ?? "none"})`,
    1,
  );
}

function parsed(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CommandFailed(`--admin-secret-file: can't read ${file} (${(error as NodeJS.ErrnoException).code ?? "error"}).`);
  }
}
