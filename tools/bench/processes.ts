import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverEnvironment, serverFlags } from "../launch/server-flags.mjs";

export const root = join(import.meta.dirname, "..", "..");
const SERVER_CORE = process.env["BENCH_SERVER_CORE"] ?? "0";

export interface Running {
  readonly port: number;
  readonly pid: number;
  /** Lines it printed so far. */
  readonly output: () => string;
  stop(): Promise<void>;
}

/** Starts a process on the server's core (or cores) and waits until it says where it listens. */
export async function start(
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly cores?: string; readonly listening: RegExp },
): Promise<Running> {
  const child = spawn("taskset", ["-c", options.cores ?? SERVER_CORE, process.execPath, ...args], {
    cwd: root,
    env: { ...process.env, ...serverEnvironment, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-100_000)));
  const port = await new Promise<number>((resolve, reject) => {
    const look = (): void => {
      const found = options.listening.exec(output)?.[1];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on("data", look);
    child.once("exit", (code) => reject(new Error(`${args[0]} ended with ${code}: ${output}`)));
  });
  return { port, pid: child.pid as number, output: () => output, stop: () => stop(child) };
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

export const ADMIN_SECRET = "bench-admin-secret-0123456789";

/** Our server from dist, with a data folder of its own that is removed at the end. */
export async function startGrantline(
  options: {
    readonly workers?: number;
    readonly cores?: string;
    readonly dataDir?: string;
    readonly nodeArgs?: readonly string[];
    /** Another built checkout, to compare with. */
    readonly from?: string;
  } = {},
): Promise<Running & { readonly dataDir: string }> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "grantline-bench-"));
  const running = await start([...serverFlags, ...(options.nodeArgs ?? []), join(options.from ?? root, "apps/all-in-one/dist/main.js")], {
    listening: /listens on http:\/\/[^\s]*:(\d+)/,
    env: {
      GRANTLINE_PORT: "0",
      GRANTLINE_DATA_DIR: dataDir,
      GRANTLINE_ADMIN_SECRET: ADMIN_SECRET,
      GRANTLINE_WORKERS: String(options.workers ?? 1),
      GRANTLINE_LIMIT_ANONYMOUS_WRITES: "100000",

      GRANTLINE_LOG_LEVEL: "warn",
    },
    ...(options.cores === undefined ? {} : { cores: options.cores }),
  });
  return {
    ...running,
    dataDir,
    stop: async () => {
      await running.stop();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Resident memory of a process in MB. */
export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** CPU time of a process and of its children, microseconds, by the scheduler's own clock (to the nanosecond, unlike `stat`). */
export function familyCpuMicroseconds(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + scheduledMicroseconds(each), 0);
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

function scheduledMicroseconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce(
    (sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1_000,
    0,
  );
}

/** CPU time of a process by the name its threads have, microseconds. */
export function threadCpuMicroseconds(pid: number): ReadonlyMap<string, number> {
  const cpu = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, "utf8").trim();
    const used = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1_000;
    cpu.set(name, (cpu.get(name) ?? 0) + used);
  }
  return cpu;
}

/** CPU time a process and its threads have used so far, microseconds; hardly disturbed by what else the machine does. */
export function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
