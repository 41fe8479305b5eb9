import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");
const MAIN = join(ROOT, "apps", "all-in-one", "dist", "main.js");
export const LAUNCHER = join(ROOT, "tools", "launch", "start.mjs");

export interface StartedServer {
  readonly child: ChildProcess;
  /** Standard output so far. */
  readonly out: () => string;
  readonly error: () => string;
  /** Seconds until it said that it listens. */
  readonly seconds: number;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

type Environment = Readonly<Record<string, string>>;

/** The built server, or its launcher, with an environment of nothing but what is given. Rejects when it ends before it listens. */
export async function startServer(env: Environment, script: string = MAIN): Promise<StartedServer> {
  const began = performance.now();
  const run = launch(env, script);
  await new Promise<void>((resolve, reject) => {
    run.child.stdout?.on("data", () => {
      if (run.out().includes("listens on")) resolve();
    });
    void run.ended.then((how) => reject(new Error(`ended with ${how}: ${run.error()}`)));
  });
  return { ...run, seconds: (performance.now() - began) / 1_000 };
}

/** A start that is expected to fail: its exit code and the lines of its standard error. */
export async function failedStart(
  env: Environment,
): Promise<{ readonly code: number | NodeJS.Signals; readonly lines: readonly string[]; readonly out: string }> {
  const run = launch(env, MAIN);
  const timer = setTimeout(() => run.child.kill("SIGKILL"), 20_000);
  const code = await run.ended;
  clearTimeout(timer);
  return {
    code,
    lines: run
      .error()
      .split("\n")
      .filter((line) => line !== ""),
    out: run.out(),
  };
}

function launch(env: Environment, script: string): Omit<StartedServer, "seconds"> {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env["PATH"] ?? "", GRANTLINE_LOG_LEVEL: "warn", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => child.once("close", (code, signal) => resolve(code ?? signal ?? 1)));
  return { child, out: () => out, error: () => error, ended };
}
