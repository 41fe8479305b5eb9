import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

const APPS = join(import.meta.dirname, "..", "..", "..", "..", "apps");
/** A start takes two seconds on a machine that does nothing else; a test run does a lot else. */
const READY_MS = 150_000;

/** One built service as a process of its own, to be killed, paused and started again. */
export interface ServiceProcess {
  readonly service: string;
  /** `http://127.0.0.1:port`: of this very instance, past the front. */
  readonly origin: string;
  readonly pid: () => number | undefined;
  /** Everything it wrote, over all starts. */
  readonly output: () => string;
  /** Starts and resolves when it is ready; rejects with what it printed when it ends instead. */
  start(): Promise<void>;
  /** Sends a signal; unless that only pauses or resumes it, waits for the end and gives the exit code or signal. */
  signal(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | undefined>;
  running(): boolean;
}

export function serviceProcess(service: string, port: number, env: Readonly<Record<string, string>>, cwd: string): ServiceProcess {
  const origin = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let output = "";
  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function start(): Promise<void> {
    const own = spawn(process.execPath, [join(APPS, service, "dist", "main.js")], {
      cwd,
      env: {
        PATH: process.env["PATH"] ?? "",
        GRANTLINE_LOG_LEVEL: "warn",
        ...env,
        GRANTLINE_PORT: String(port),
        GRANTLINE_HOST: "127.0.0.1",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = own;
    const begun = output.length;
    for (const stream of [own.stdout, own.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<never>((_, reject) => {
      own.once("exit", (code, signal) => reject(new Error(`${service} ended with ${signal ?? code}: ${output.slice(begun)}`)));
    });
    ended.catch(() => undefined); // later ends are the test's own doing
    await Promise.race([untilReady(origin), ended]);
  }

  return {
    service,
    origin,
    pid: () => child?.pid,
    output: () => output,
    running,
    start,
    signal: async (signal) => {
      const own = child;
      if (own === undefined || !running()) return undefined;
      if (signal === "SIGSTOP" || signal === "SIGCONT") {
        own.kill(signal);
        return undefined;
      }
      const exit = new Promise<number | NodeJS.Signals>((resolve) =>
        own.once("exit", (code, by) => resolve(code ?? (by as NodeJS.Signals))),
      );
      own.kill(signal);
      return exit;
    },
  };
}

async function untilReady(origin: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const answer = await fetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    const said = await answer?.text();
    if (answer?.ok === true) return;
    if (performance.now() > deadline) throw new Error(`${origin} was not ready after ${READY_MS} ms: ${said ?? "no answer"}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
