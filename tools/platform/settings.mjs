// Settings of the platform's processes: the ones in the environment, and those that say where the engines are.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, root } from "../launch/ground.mjs";
import { folder } from "./state.mjs";

/** Ours, but no settings of the server. */
const TOOLS = /^GRANTLINE_(TEST_|PLATFORM_|GROUND$)/;

const given = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("GRANTLINE_") && !TOOLS.test(name)));

/** What every process gets. `engines`: {postgresUrl, redisUrl, kafkaBrokers}. */
export function settingsFor({ postgresUrl, redisUrl, kafkaBrokers }) {
  const settings = given();
  const port = settings.GRANTLINE_PORT ?? "8080";
  return {
    GRANTLINE_ISSUER: `http://localhost:${port}/oauth`,
    ...keptUnlessGiven(settings, "GRANTLINE_ADMIN_SECRET", "admin-secret", "base64url"),
    ...keptUnlessGiven(settings, "GRANTLINE_KEK", "kek", "base64"),
    ...settings,
    GRANTLINE_STORE: "postgres",
    GRANTLINE_POSTGRES_URL: postgresUrl,
    GRANTLINE_REDIS_URL: redisUrl,
    GRANTLINE_KAFKA_BROKERS: kafkaBrokers,
    GRANTLINE_TRUSTED_PROXIES: [settings.GRANTLINE_TRUSTED_PROXIES, "127.0.0.1"].filter(Boolean).join(","),
    GRANTLINE_PORT: port,
  };
}

/** A secret made once and kept beside the data it belongs to. */
function keptUnlessGiven(settings, variable, name, encoding) {
  if (settings[variable] !== undefined || settings[`${variable}_FILE`] !== undefined) return {};
  const file = join(folder, name);
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString(encoding), { mode: 0o600 });
  return { [variable]: readFileSync(file, "utf8") };
}

/** Where a person or program finds the platform: nginx's place. */
export function placeOf(settings) {
  const { pathname } = new URL(settings.GRANTLINE_ISSUER);
  return {
    host: settings.GRANTLINE_HOST ?? "127.0.0.1",
    port: Number(settings.GRANTLINE_PORT),
    basePath: pathname === "/" ? "" : pathname,
  };
}

/** The environment of a process with these settings and no others. */
export function withSettings(node, settings, more = {}) {
  const env = environment(node, more);
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("GRANTLINE_"))), ...settings };
}

/** Runs the command line with these settings. */
export function grantline(node, settings, args, stdio) {
  const main = join(root, "apps", "cli", "dist", "main.js");
  return spawnSync(node, ["--disable-warning=ExperimentalWarning", main, ...args], {
    env: withSettings(node, settings),
    encoding: "utf8",
    stdio,
  });
}
