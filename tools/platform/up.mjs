// Starts everything, in the order in which one needs the other.
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { say } from "../launch/ground.mjs";
import { components } from "./components.mjs";
import { removeData, stopAll } from "./down.mjs";
import { kafka, postgres, redis } from "./engines.mjs";
import { isRunning, onStart, startNoMore } from "./processes.mjs";
import { proxy } from "./proxy.mjs";
import { portsFor, SERVICES, startService } from "./services.mjs";
import { grantline, placeOf, settingsFor } from "./settings.mjs";
import { folder, readState, writeState } from "./state.mjs";

export async function up(args, node) {
  const instances = instancesOf(args);
  if (readState()?.entries.some(isRunning) === true)
    throw new Error("it runs already: npm run platform -- status; to begin anew: npm run platform -- down");
  const fresh = !existsSync(folder);
  const state = { entries: [] };
  const begun = Date.now();
  const undo = async () => {
    await stopAll(state.entries);
    if (fresh) removeData();
  };
  let wanted = true;
  const interrupt = () => {
    if (!wanted) return;
    wanted = false;
    startNoMore();
    say("stopping what was started …");
    // whoever waits for one of them hears that it ended
    stopAll(state.entries).catch(() => undefined); // told again below
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, interrupt);
  onStart((entry) => {
    state.entries.push(entry);
    writeState(state);
  });
  const step = () => {
    if (!wanted) throw new Error("interrupted");
  };
  try {
    await start(state, { instances, node, step });
  } catch (error) {
    await undo();
    throw wanted ? error : new Error("interrupted; what was started is stopped again.");
  }
  announce(state, begun);
}

async function start(state, { instances, node, step }) {
  const found = components();
  // `postgres` must be able to pass through, and lives below a folder of root's.
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  await checkSettings(node);
  const settings = settingsFor(await startEngines(found, step));
  Object.assign(state, { url: settings.GRANTLINE_ISSUER, settings });
  say("migrating the database …");
  expectDone(grantline(node, settings, ["database", "migrate"]), "the migration failed");
  step();
  const ports = await portsFor(instances);
  await proxy(found.nginx, placeOf(settings), ports);
  for (const service of SERVICES) {
    step();
    say(`${service} × ${instances} …`);
    await startService(service, ports[service], settings, node);
  }
  step();
  writeState(state);
}

/** Everything that can be known to be wrong before an engine runs. */
async function checkSettings(node) {
  const { GRANTLINE_POSTGRES_URL: postgresUrl, GRANTLINE_KEK: kek, GRANTLINE_KEK_FILE: kekFile } = process.env;
  if (postgresUrl !== undefined && kek === undefined && kekFile === undefined)
    throw new Error("GRANTLINE_KEK: needed beside GRANTLINE_POSTGRES_URL; keys in a database of yours must outlive what `down` removes.");
  const nowhere = { postgresUrl: "postgres://nobody@127.0.0.1/nothing", redisUrl: "redis://127.0.0.1:1", kafkaBrokers: "" };
  const settings = settingsFor(nowhere);
  expectDone(grantline(node, settings, ["config", "check"]), "the settings are not right");
  const { host, port } = placeOf(settings);
  if (!(await isFree(host, port)))
    throw new Error(
      `GRANTLINE_PORT: port ${port} on ${host} is in use by another process. Choose another, for instance GRANTLINE_PORT=${port + 1}.`,
    );
}

function expectDone({ status, stderr, error }, failure) {
  if (status !== 0) throw new Error(`${failure}:\n${(stderr || String(error ?? "it was interrupted")).trim()}`);
}

function isFree(host, port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host, port }, () => probe.close(() => resolve(true)));
  });
}

async function startEngines(found, step) {
  const { GRANTLINE_POSTGRES_URL: postgresUrl, GRANTLINE_REDIS_URL: redisUrl, GRANTLINE_KAFKA_BROKERS: kafkaBrokers } = process.env;
  const started = async (title, from, begin) => {
    step();
    say(`${title} …`);
    return begin(from);
  };
  return {
    postgresUrl: postgresUrl ?? (await started("PostgreSQL", found.postgres, postgres)),
    redisUrl: redisUrl ?? (await started("Redis", found.redis, redis)),
    kafkaBrokers: kafkaBrokers ?? (await started("Kafka", found.kafka, kafka)),
  };
}

function instancesOf(args) {
  const [option, value, ...more] = args;
  const count = option === undefined ? 2 : Number(value);
  if ((option !== undefined && option !== "--instances") || more.length > 0 || !Number.isInteger(count) || count < 1 || count > 8)
    throw new Error("up takes --instances and a whole number from 1 to 8, nothing else.");
  return count;
}

function announce({ url, settings, entries }, begun) {
  const file = join(folder, "admin-secret");
  const secret = existsSync(file) ? `\n  admin secret   ${file} (client grantline-admin)` : "";
  process.stdout.write(`The platform runs: ${entries.length} processes, ready after ${((Date.now() - begun) / 1000).toFixed(1)} s
  issuer         ${url}
  proxy          http://127.0.0.1:${settings.GRANTLINE_PORT}${secret}
  everything     ${folder}
Command line: npm run platform -- grantline --help
Stop it with: npm run platform -- down\n`);
}
