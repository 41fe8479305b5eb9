// Starts everything, in the order in which one needs the other.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bringKafka } from "../ground/kafka.mjs";
import { bringNginx } from "../ground/nginx.mjs";
import { bringPostgres } from "../ground/postgres.mjs";
import { bringRedis } from "../ground/redis.mjs";
import { cache as brought } from "../ground/components.mjs";
import { environment, root, say } from "../launch/ground.mjs";
import { kafka, postgres, redis } from "./engines.mjs";
import { isRunning, stop } from "./processes.mjs";
import { proxy } from "./proxy.mjs";
import { portsFor, SERVICES, startService } from "./services.mjs";
import { folder, readState, writeState } from "./state.mjs";

export async function up(args, node) {
  const former = readState();
  if (former?.entries.some(isRunning) === true) throw new Error("it runs already: npm run platform -- status");
  const instances = instancesOf(args);
  const begun = Date.now();
  const state = { entries: [] };
  // `postgres` must be able to pass through, and lives below a folder of root's.
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  const note = (...entries) => {
    state.entries.push(...entries.filter((entry) => entry !== undefined));
    writeState(state);
  };
  try {
    const settings = await startEngines(note);
    Object.assign(state, { url: settings.GRANTLINE_ISSUER, settings });
    migrate(settings, node);
    const ports = await portsFor(instances);
    note(await proxy(needed("nginx", bringNginx()), placeOf(settings.GRANTLINE_ISSUER), ports));
    for (const service of SERVICES) {
      say(`${service} × ${instances} …`);
      note(...(await startService(service, ports[service], settings, node)));
    }
  } catch (error) {
    for (const entry of state.entries.toReversed()) await stop(entry);
    throw error;
  }
  announce(state, begun);
}

async function startEngines(note) {
  say("PostgreSQL …");
  const database = await postgres(needed("PostgreSQL", bringPostgres()));
  note(database.entry);
  say("Redis …");
  const cache = await redis(needed("Redis", bringRedis()));
  note(cache.entry);
  say("Kafka …");
  const broker = await kafka(needed("Kafka", process.env.GRANTLINE_TEST_KAFKA_LIB ?? bringKafka(brought)));
  note(broker.entry);
  return settingsOf(database.url, cache.url, broker.brokers);
}

/** The settings every process gets: ours of the environment, and where the engines are. */
function settingsOf(postgresUrl, redisUrl, brokers) {
  const given = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name.startsWith("GRANTLINE_") && !name.startsWith("GRANTLINE_TEST_")),
  );
  const port = given.GRANTLINE_PORT ?? "8080";
  return {
    GRANTLINE_ISSUER: `http://localhost:${port}/oauth`,
    GRANTLINE_ADMIN_SECRET: kept("admin-secret", () => randomBytes(32).toString("base64url")),
    GRANTLINE_KEK: kept("kek", () => randomBytes(32).toString("base64")),
    ...given,
    GRANTLINE_STORE: "postgres",
    GRANTLINE_POSTGRES_URL: postgresUrl,
    GRANTLINE_REDIS_URL: redisUrl,
    GRANTLINE_KAFKA_BROKERS: brokers,
    GRANTLINE_TRUSTED_PROXIES: [given.GRANTLINE_TRUSTED_PROXIES, "127.0.0.1"].filter(Boolean).join(","),
    GRANTLINE_PORT: port,
  };
}

/** A secret made once and kept beside the data it belongs to. */
function kept(name, make) {
  const file = join(folder, name);
  if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

function migrate(settings, node) {
  say("migrating the database …");
  const args = [join(root, "apps", "cli", "dist", "main.js"), "database", "migrate"];
  const done = spawnSync(node, args, { cwd: folder, env: environment(node, settings), encoding: "utf8" });
  if (done.status !== 0) throw new Error(`the migration failed:\n${done.stderr}`);
}

function placeOf(issuer) {
  const url = new URL(issuer);
  const host = process.env.GRANTLINE_HOST ?? "127.0.0.1";
  return { host, port: Number(process.env.GRANTLINE_PORT ?? "8080"), basePath: url.pathname === "/" ? "" : url.pathname };
}

function needed(name, where) {
  if (where === undefined) throw new Error(`${name} is not on this machine and could not be brought; see tools/ground.`);
  return where;
}

function instancesOf(args) {
  const at = args.indexOf("--instances");
  const count = at < 0 ? 2 : Number(args[at + 1]);
  if (!Number.isInteger(count) || count < 1 || count > 8) throw new Error("--instances: a whole number from 1 to 8");
  return count;
}

function announce({ url, settings, entries }, begun) {
  const secret =
    process.env.GRANTLINE_ADMIN_SECRET === undefined ? `\n  admin secret   ${join(folder, "admin-secret")} (client grantline-admin)` : "";
  process.stdout.write(`The platform runs: ${entries.length} processes, ready after ${((Date.now() - begun) / 1000).toFixed(1)} s
  issuer         ${url}
  proxy          http://127.0.0.1:${settings.GRANTLINE_PORT}${secret}
  everything     ${folder}
Stop it with: npm run platform -- down\n`);
}
