import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import { freePort } from "../free-port.ts";

/** A real PostgreSQL for tests: a cluster of its own, or a server the environment names. */
export interface TestPostgres {
  /** Of the database `postgres`, as a user who may do everything. */
  readonly url: string;
  /** Folder of pg_dump, pg_basebackup and the like. */
  readonly bin: string;
  /** A new, empty database; its URL. */
  createDatabase(options?: { readonly encoding?: string }): Promise<string>;
  /** SIGKILL to every process of it, as when the machine loses power: nothing is written out. */
  kill(): Promise<void>;
  /** Tells it to stop at once but in order (fast shutdown), and waits for that. */
  shutdown(): Promise<void>;
  /** Does its main process run? */
  running(): boolean;
  /** Starts it again, after `kill` or `shutdown`, on the same data and port. Resolves when it answers. */
  start(): Promise<void>;
  /** SIGSTOP to every process of it: connections stand, nothing answers. */
  pause(): void;
  resume(): void;
  /** Ends it and removes its folder; of a server that was given, removes the databases made. */
  stop(): Promise<void>;
}

/** True when there is no PostgreSQL to test with; specs then skip by name. */
export const noPostgres: boolean = process.env["GRANTLINE_TEST_POSTGRES_URL"] === undefined && postgresBin() === undefined;

/** True when there is none that a test may kill and pause. */
export const noOwnPostgres: boolean = postgresBin() === undefined;

/**
 * Starts a cluster with fsync on, for one spec file; or uses the server of GRANTLINE_TEST_POSTGRES_URL, unless it must be the test's `own`.
 * The server's own settings can be given as `settings`; `base` is where its folder is made.
 */
export async function startPostgres(
  options: { readonly own?: boolean; readonly settings?: Readonly<Record<string, string>>; readonly base?: string } = {},
): Promise<TestPostgres> {
  const given = process.env["GRANTLINE_TEST_POSTGRES_URL"];
  if (given !== undefined && options.own !== true) return givenPostgres(given);
  const bin = postgresBin();
  if (bin === undefined) throw new Error("there is no PostgreSQL: name the folder of its programs in GRANTLINE_TEST_POSTGRES_BIN");
  const cluster = await makeCluster(bin, options.settings ?? {}, options.base);
  await cluster.start();
  return { ...cluster, ...databases(cluster.url) };
}

/** The server refuses to run as root, so it then runs as the user its package made. */
function owner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function makeCluster(
  bin: string,
  settings: Readonly<Record<string, string>>,
  // Not the temporary folder, which may be memory: fsync must be real.
  base = "/var/tmp/grantline-postgres",
): Promise<Omit<TestPostgres, "createDatabase">> {
  const as = owner();
  mkdirSync(base, { recursive: true, mode: 0o755 });
  const dir = mkdtempSync(join(base, "cluster-"));
  if (as !== undefined) chownSync(dir, as.uid, as.gid);
  const data = join(dir, "data");
  execFileSync(join(bin, "initdb"), ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"], {
    ...as,
    cwd: dir,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const args = ["-D", data, "-p", String(port), "-k", dir, "-h", "127.0.0.1"];
  for (const [name, value] of Object.entries({ max_connections: "200", ...settings })) args.push("-c", `${name}=${value}`);
  let server: ChildProcess | undefined;
  const killAll = (signal: NodeJS.Signals): void => {
    if (server?.pid === undefined || ended(server)) return;
    // Its children are sessions of their own, so no group reaches them. The father first: he must not make new ones.
    const children = childrenOf(server.pid);
    for (const pid of [server.pid, ...children, ...childrenOf(server.pid)]) trySignal(pid, signal);
  };
  const lastly = (): void => killAll("SIGKILL");

  return {
    url,
    bin,
    start: async () => {
      const child = spawn(join(bin, "postgres"), args, { ...as, cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
      server = child;
      process.once("exit", lastly);
      await answering(url, child);
    },
    kill: async () => {
      const children = server?.pid === undefined ? [] : childrenOf(server.pid);
      killAll("SIGKILL");
      if (server !== undefined) await exit(server);
      while (children.some(alive)) await pause(5);
    },
    shutdown: async () => {
      if (server === undefined || ended(server)) return;
      server.kill("SIGINT");
      await exit(server);
    },
    running: () => server !== undefined && !ended(server),
    pause: () => killAll("SIGSTOP"),
    resume: () => killAll("SIGCONT"),
    stop: async () => {
      killAll("SIGCONT");
      if (server !== undefined && !ended(server)) {
        server.kill("SIGINT");
        await exit(server);
      }
      process.off("exit", lastly);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function givenPostgres(url: string): TestPostgres {
  const { createDatabase, drop } = databases(url);
  const never = (): never => {
    throw new Error("a server that was given must not be killed or paused: ask for one of your own");
  };
  return {
    url,
    bin: postgresBin() ?? "",
    createDatabase,
    kill: never,
    shutdown: never,
    running: () => true,
    start: never,
    pause: never,
    resume: never,
    stop: drop,
  };
}

function databases(url: string) {
  const made: string[] = [];
  return {
    createDatabase: async ({ encoding = "UTF8" }: { readonly encoding?: string } = {}): Promise<string> => {
      const name = `grantline_test_${process.pid}_${Date.now().toString(36)}_${made.length}`;
      await administer(url, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`);
      made.push(name);
      const own = new URL(url);
      own.pathname = `/${name}`;
      return own.href;
    },
    drop: async (): Promise<void> => {
      for (const name of made) await administer(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Resolves when a connection is accepted; rejects with what the server printed when it ends instead. */
async function answering(url: string, child: ChildProcess): Promise<void> {
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4_000)));
  const until = performance.now() + 60_000;
  for (;;) {
    if (ended(child)) throw new Error(`PostgreSQL did not start: ${output}`);
    try {
      return await administer(url, "SELECT 1");
    } catch (error) {
      if (performance.now() > until) throw error;
      await pause(25);
    }
  }
}

/** Of the newest version installed. */
function postgresBin(): string | undefined {
  const named = process.env["GRANTLINE_TEST_POSTGRES_BIN"];
  if (named !== undefined) return named;
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}

function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  const listed = existsSync(path)
    ? readFileSync(path, "utf8")
    : execFileSync("sh", ["-c", `pgrep -P ${pid} || true`], { encoding: "utf8" });
  return listed.split(/\s+/).filter(Boolean).map(Number);
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
const exit = (child: ChildProcess): Promise<void> =>
  ended(child) ? Promise.resolve() : new Promise((resolve) => child.once("exit", () => resolve()));

function alive(pid: number): boolean {
  return trySignal(pid, 0);
}

/** False when there is no such process any more. */
function trySignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
