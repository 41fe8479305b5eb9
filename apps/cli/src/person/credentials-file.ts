import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";

const loginSchema = z.strictObject({
  client_id: z.string(),
  subject: z.string().optional(),
  scope: z.string(),
  /** What tokens can be had for. */
  resources: z.array(z.string()),
  refresh_token: z.string(),
  /** By resource. */
  access_tokens: z.record(z.string(), z.strictObject({ value: z.string(), expires_at: z.number() })),
});
const fileSchema = z.strictObject({ version: z.literal(1), current: z.string().optional(), logins: z.record(z.string(), loginSchema) });

/** One login at one server, by its issuer. */
export type Login = z.infer<typeof loginSchema>;
export type Credentials = z.infer<typeof fileSchema>;

const EMPTY: Credentials = { version: 1, logins: {} };
const OTHERS = 0o077;

/** GRANTLINE_CREDENTIALS, else `grantline/credentials.json` where this system keeps a person's settings. */
export function credentialsPath({ env }: Pick<Terminal, "env">): string {
  const own = env["GRANTLINE_CREDENTIALS"];
  if (own !== undefined && own !== "") return own;
  return join(settingsFolder(env), "grantline", "credentials.json");
}

function settingsFolder(env: Terminal["env"]): string {
  const home = env["HOME"] ?? homedir();
  if (process.platform === "win32") return env["APPDATA"] ?? join(home, "AppData", "Roaming");
  if (process.platform === "darwin") return join(home, "Library", "Application Support");
  const xdg = env["XDG_CONFIG_HOME"];
  return xdg === undefined || xdg === "" ? join(home, ".config") : xdg;
}

/** Throws CommandFailed when the file can be read by others, or is none of ours. */
export function readCredentials(path: string): Credentials {
  let text: string;
  try {
    if (process.platform !== "win32" && (statSync(path).mode & OTHERS) !== 0)
      throw new CommandFailed(`${path} can be read by others than you; it holds tokens. Run chmod 600 on it, or log in again.`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return EMPTY;
    throw new CommandFailed(`can't read ${path} (${code ?? "error"})`);
  }
  const parsed = fileSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw new CommandFailed(`${path} is no file of logins; remove it and log in again`);
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whole or not at all: written beside, flushed, and moved into place; readable by nobody else from its first byte. */
export function writeCredentials(path: string, credentials: Credentials): void {
  const beside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // "x": what somebody else has put there, a link too, is not written into
    const handle = openSync(beside, "wx", 0o600);
    try {
      writeSync(handle, `${JSON.stringify(credentials, undefined, 2)}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    chmodSync(beside, 0o600);
    renameSync(beside, path);
  } catch (error) {
    // no tokens are left lying about
    rmSync(beside, { force: true });
    throw new CommandFailed(`can't write ${path} (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
}

/** Takes the file away when nothing is left in it. */
export function forgetLogin(path: string, issuer: string): void {
  const { current, logins, version } = readCredentials(path);
  const rest = Object.fromEntries(Object.entries(logins).filter(([each]) => each !== issuer));
  const [next] = Object.keys(rest);
  if (next === undefined) unlinkSync(path);
  else writeCredentials(path, { version, current: current === issuer ? next : current, logins: rest });
}
