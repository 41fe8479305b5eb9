import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { untilItSays } from "./until-it-says.ts";

const HOME = join(process.env["GRANTLINE_GROUND"] ?? join(homedir(), ".cache", "grantline-ground"), "keycloak-26.7.3");
/** As tools/ground/keycloak.mjs made it. */
const ADMIN = { name: "admin", password: "ground-only" };
const READY_MS = 150_000;

/** A real Keycloak in a process of its own, with nothing but its master realm. */
export interface KeycloakGround {
  readonly origin: string;
  /** One request to its admin REST API as its administrator; what it answers, undefined when that is nothing. Rejects unless it was done. */
  admin(method: string, path: string, body?: object): Promise<unknown>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Keycloak's folder: named by GRANTLINE_TEST_KEYCLOAK, or brought before (tools/ground). Undefined: skip by name. */
export function keycloakHome(): string | undefined {
  const home = process.env["GRANTLINE_TEST_KEYCLOAK"] ?? HOME;
  const there = existsSync(join(home, "ground", "keycloakdb.mv.db"));
  return there && spawnSync("java", ["-version"], { stdio: "ignore" }).status === 0 ? home : undefined;
}

/** Starts one on a free port of 127.0.0.1, over a copy of the database that was made with it; it serves when this resolves. */
export async function startKeycloak(home = keycloakHome()): Promise<KeycloakGround> {
  if (home === undefined)
    throw new Error("no Keycloak here: GRANTLINE_TEST_KEYCLOAK names no folder that tools/ground made, or there is no Java");
  const folder = await mkdtemp(join(tmpdir(), "grantline-keycloak-"));
  await copyFile(join(home, "ground", "keycloakdb.mv.db"), join(folder, "keycloakdb.mv.db"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const child = await launch(home, folder, port);
  return {
    origin,
    admin: async (method, path, body) => askAdmin(origin, method, path, body),
    stop: async () => {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The administrator's tokens live for a minute, so each request has its own. */
async function askAdmin(origin: string, method: string, path: string, body: object | undefined): Promise<unknown> {
  const form = new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username: ADMIN.name, password: ADMIN.password });
  const granted = await fetch(`${origin}/realms/master/protocol/openid-connect/token`, { method: "POST", body: form });
  const { access_token: token } = (await granted.json()) as { readonly access_token: string };
  const answer = await fetch(`${origin}/admin/realms${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Keycloak's admin API: ${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

/** Resolves when it says that it listens; rejects with what it printed when it ends before. */
async function launch(home: string, folder: string, port: number): Promise<ChildProcess> {
  const args = ["start", "--optimized", "--http-enabled=true", "--http-host=127.0.0.1", `--http-port=${port}`, "--cache=local"];
  const child = spawn("sh", [join(home, "bin", "kc.sh"), ...args, `--hostname=http://127.0.0.1:${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
    // the script starts Java as a child of its own: both are ended as a group
    detached: true,
    env: {
      ...process.env,
      KC_DB_URL: `jdbc:h2:file:${join(folder, "keycloakdb")};NON_KEYWORDS=VALUE`,
      JAVA_OPTS: "-Xms64m -Xmx384m -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8",
    },
  });
  await untilItSays(child, { name: "Keycloak", text: "Listening on:", withinMs: READY_MS, end: () => void end(child) });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid, "SIGKILL");
  await ended;
}
