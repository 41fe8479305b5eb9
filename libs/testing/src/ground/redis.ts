import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../free-port.ts";

/** One real Redis server process of a test. */
export interface TestRedisNode {
  readonly url: string;
  readonly port: number;
  /** What redis-cli answers to a command. */
  command(...words: readonly string[]): Promise<string>;
  /** Sends the process a signal; after SIGKILL and SIGTERM resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on its port and folder, after `kill`. */
  start(): Promise<void>;
}

/** A real Redis for tests: one server, a server with a replica, or a cluster of three masters. Nothing is written to disk unless `saves`. */
export interface TestRedis extends TestRedisNode {
  /** For openRedis: one address, or one of each master. */
  readonly urls: readonly string[];
  /** All masters of a cluster; of a single server itself. */
  readonly masters: readonly TestRedisNode[];
  /** Where asked for: of the server, or of each master in turn. */
  readonly replicas: readonly TestRedisNode[];
  /** FLUSHALL on every master. */
  flush(): Promise<void>;
  /** Ends all processes and removes their folder. */
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  readonly cluster?: boolean;
  readonly replica?: boolean;
  /** Keeps its data over a restart. */
  readonly saves?: boolean;
}

const run = promisify(execFile);
const binary =
  process.env["GRANTLINE_TEST_REDIS_SERVER"] ?? ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].find((path) => existsSync(path));

/** True when there is no Redis to test with; specs then skip by name. */
export const noRedis: boolean = binary === undefined;

const MASTERS = 3;
const SLOTS = 16_384;
const PATIENCE_MS = 90_000;

/** Starts it for one spec file. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  if (binary === undefined) throw new Error("there is no redis-server: name it in GRANTLINE_TEST_REDIS_SERVER");
  const dir = mkdtempSync(join(tmpdir(), "grantline-redis-"));
  const node = (more: readonly string[] = []): Promise<TestRedisNode> => startNode(binary, dir, [...settings(options), ...more]);
  const masters = await Promise.all(Array.from({ length: options.cluster === true ? MASTERS : 1 }, () => node()));
  const [first] = masters as [TestRedisNode];
  const replicas: TestRedisNode[] = [];
  if (options.cluster === true) {
    if (options.replica === true) replicas.push(...(await Promise.all(masters.map(() => node()))));
    await joinCluster(masters, replicas);
  } else if (options.replica === true) {
    const replica = await node(["--replicaof", "127.0.0.1", String(first.port)]);
    await eventually(async () => (await replica.command("INFO", "replication")).includes("master_link_status:up"));
    replicas.push(replica);
  }
  const all = [...masters, ...replicas];
  return {
    ...first,
    urls: masters.map(({ url }) => url),
    masters,
    replicas,
    flush: async () => void (await Promise.all(masters.map((master) => master.command("FLUSHALL")))),
    async stop() {
      await Promise.all(all.map((each) => each.kill("SIGKILL")));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function settings({ cluster, replica, saves }: TestRedisOptions): readonly string[] {
  return [
    "--bind",
    "127.0.0.1",
    "--repl-diskless-sync-delay",
    "0",
    "--save",
    "",
    "--appendonly",
    saves === true ? "yes" : "no",
    // On a busy machine a node may stand still for a second or two: that must be no failover, which would lose what was just written.
    ...(cluster === true
      ? [
          "--cluster-enabled",
          "yes",
          "--cluster-node-timeout",
          replica === true ? "3000" : "30000",
          "--cluster-replica-validity-factor",
          "0",
        ]
      : []),
  ];
}

async function startNode(server: string, parent: string, args: readonly string[]): Promise<TestRedisNode> {
  const port = await freePort();
  const clustered = args.includes("--cluster-enabled");
  const bus = clustered ? ["--cluster-port", String(await freePort())] : [];
  const dir = mkdtempSync(join(parent, `${port}-`));
  let child: ChildProcess;
  const lastly = (): void => void child.kill("SIGKILL");
  const command = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await run(join(dirname(server), "redis-cli"), ["-h", "127.0.0.1", "-p", String(port), ...words], {
      timeout: 30_000,
    });
    const answer = stdout.trim();
    if (/^(ERR|NOAUTH|READONLY|LOADING|CLUSTERDOWN)\b/.test(answer)) throw new Error(answer);
    return answer;
  };
  const start = async (): Promise<void> => {
    child = spawn(server, ["--port", String(port), "--dir", dir, ...bus, ...args], { stdio: "ignore" });
    process.once("exit", lastly);
    await eventually(async () => (await command("PING")) === "PONG");
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    command,
    start,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ends = signal === "SIGKILL" || signal === "SIGTERM";
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill(signal);
      if (!ends) return;
      await gone;
      process.off("exit", lastly);
    },
  };
}

/** Shares the slots out and makes everybody known to everybody. */
async function joinCluster(masters: readonly TestRedisNode[], replicas: readonly TestRedisNode[]): Promise<void> {
  const all = [...masters, ...replicas];
  for (const [n, master] of masters.entries()) {
    const range = [Math.ceil((n * SLOTS) / MASTERS), Math.ceil(((n + 1) * SLOTS) / MASTERS) - 1].map(String);
    await master.command("CLUSTER", "SET-CONFIG-EPOCH", String(n + 1));
    await master.command("CLUSTER", "ADDSLOTSRANGE", ...range);
  }
  const [first, ...others] = all as [TestRedisNode, ...TestRedisNode[]];
  const bus = async (node: TestRedisNode): Promise<string> => /@(\d+)/.exec(await node.command("CLUSTER", "NODES"))?.[1] ?? "";
  for (const other of others) await first.command("CLUSTER", "MEET", "127.0.0.1", String(other.port), await bus(other));
  await eventually(async () =>
    (await Promise.all(all.map((node) => node.command("CLUSTER", "NODES")))).every((list) => knows(list, all.length)),
  );
  for (const [n, replica] of replicas.entries())
    await replica.command("CLUSTER", "REPLICATE", await (masters[n] as TestRedisNode).command("CLUSTER", "MYID"));
  await eventually(async () =>
    (await Promise.all(all.map((node) => node.command("CLUSTER", "INFO")))).every((text) => text.includes("cluster_state:ok")),
  );
  for (const replica of replicas)
    await eventually(async () => (await replica.command("INFO", "replication")).includes("master_link_status:up"));
}

function knows(list: string, count: number): boolean {
  const lines = list.split("\n").filter((line) => line !== "");
  return lines.length === count && lines.every((line) => line.includes(" connected") && !line.includes("handshake"));
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    if (performance.now() > until) throw new Error(`Redis did not come to be as wanted within ${PATIENCE_MS} ms`);
    await pause(25);
  }
}
