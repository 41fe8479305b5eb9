import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { untilItSays } from "./until-it-says.ts";
import { freePort } from "../free-port.ts";

const LIB = join(process.env["GRANTLINE_GROUND"] ?? join(homedir(), ".cache", "grantline-ground"), "kafka-4.3.1", "lib");
const READY_MS = 150_000;

/** A real broker of one node, controller included, in a process of its own. */
export interface KafkaGround {
  /** `127.0.0.1:port`. */
  readonly brokers: readonly string[];
  /** Where it listens itself; `brokers` may name a proxy before it. */
  readonly port: number;
  /** Sends a signal; for SIGKILL and SIGTERM waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Again, on the same data and ports. Resolves when it serves. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** The folder of Kafka's jars: named by GRANTLINE_TEST_KAFKA_LIB, or brought before (tools/ground). Undefined: skip by name. */
export function kafkaLib(): string | undefined {
  const lib = process.env["GRANTLINE_TEST_KAFKA_LIB"] ?? LIB;
  const there = existsSync(lib) && readdirSync(lib).some((name) => name.startsWith("kafka_2.13"));
  return there && spawnSync("java", ["-version"], { stdio: "ignore" }).status === 0 ? lib : undefined;
}

/** Starts a broker in a temporary folder, on free ports of 127.0.0.1; it serves when this resolves. `advertised`: the port clients are told, for a proxy. `base`: where its folder is made. */
export async function startKafka(
  options: { readonly lib?: string; readonly advertised?: number; readonly base?: string } = {},
): Promise<KafkaGround> {
  const lib = options.lib ?? kafkaLib();
  if (lib === undefined) throw new Error("no Kafka here: GRANTLINE_TEST_KAFKA_LIB names no folder with its jars, or there is no Java");
  const folder = await mkdtemp(join(options.base ?? tmpdir(), "grantline-kafka-"));
  const [port, controller] = [await freePort(), await freePort()];
  const settings = join(folder, "server.properties");
  await mkdir(join(folder, "data"));
  await writeFile(settings, properties(join(folder, "data"), port, controller, options.advertised ?? port));
  const id = clusterId();
  const formatted = spawnSync("java", ["-cp", `${lib}/*`, "kafka.tools.StorageTool", "format", "-t", id, "-c", settings]);
  if (formatted.status !== 0) throw new Error(`Kafka could not format its folder: ${formatted.stderr.toString()}`);
  let child = await launch(lib, settings);
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    if (signal === "SIGKILL" || signal === "SIGTERM") await ended;
  };
  return {
    brokers: [`127.0.0.1:${options.advertised ?? port}`],
    port,
    kill,
    start: async () => {
      child = await launch(lib, settings);
    },
    stop: async () => {
      await kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Base64url of 16 bytes; one that begins with "-" would be taken for an option. */
function clusterId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? `A${id.slice(1)}` : id;
}

function properties(data: string, port: number, controller: number, advertised: number): string {
  return Object.entries({
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${advertised}`,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": data,
    // A broker that was killed is let in again once its former session is over.
    "broker.heartbeat.interval.ms": 300,
    "broker.session.timeout.ms": 1_500,
    "auto.create.topics.enable": false,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "log.cleaner.dedupe.buffer.size": 16_777_216,
    "log.cleaner.backoff.ms": 1_000,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** Resolves when the broker says that it has started; rejects with what it printed when it ends before. */
async function launch(lib: string, settings: string): Promise<ChildProcess> {
  const memory = ["-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const logging = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=info", "-Dorg.slf4j.simpleLogger.logFile=System.out"];
  const child = spawn("java", [...memory, ...logging, "-cp", `${lib}/*`, "kafka.Kafka", settings], { stdio: ["ignore", "pipe", "pipe"] });
  await untilItSays(child, { name: "Kafka", text: "Kafka Server started", withinMs: READY_MS, end: () => child.kill("SIGKILL") });
  return child;
}
