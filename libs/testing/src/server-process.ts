import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { ADMIN_SECRET } from "./test-platform.ts";

const MAIN = join(import.meta.dirname, "..", "..", "..", "apps", "all-in-one", "dist", "main.js");

/** The built all-in-one server as a process of its own, to be killed and started again on the same data. */
export class ServerProcess {
  readonly port: number;
  readonly dataDir: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #output = "";

  private constructor(port: number, dataDir: string, env: Readonly<Record<string, string>>) {
    this.port = port;
    this.dataDir = dataDir;
    this.#env = env;
  }

  static async create(
    options: { readonly env?: Readonly<Record<string, string>>; readonly dataDir?: string } = {},
  ): Promise<ServerProcess> {
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "grantline-process-"));
    return new ServerProcess(await freePort(), dataDir, options.env ?? {});
  }

  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  get issuer(): string {
    return `${this.origin}/oauth`;
  }

  /** Everything written to standard output and error, over all starts. */
  get output(): string {
    return this.#output;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts and resolves when it says that it listens; rejects with what it printed when it ends instead. `env`: more settings, of this start. Returns the seconds it took. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<number> {
    const began = performance.now();
    const child = spawn(process.execPath, [MAIN], {
      cwd: this.dataDir,
      env: {
        PATH: process.env["PATH"] ?? "",
        GRANTLINE_PORT: String(this.port),
        GRANTLINE_DATA_DIR: this.dataDir,
        GRANTLINE_ADMIN_SECRET: ADMIN_SECRET,
        GRANTLINE_LIMIT_FAILURES: "100000",
        GRANTLINE_LIMIT_ANONYMOUS_WRITES: "100000",
        GRANTLINE_LOG_LEVEL: "warn",
        GRANTLINE_SHUTDOWN_NOTICE: "0",
        ...this.#env,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let own = "";
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        own += chunk.toString();
        this.#output += chunk.toString();
        if (own.includes("listens on")) resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("exit", (code, signal) => reject(new Error(`the server ended with ${signal ?? code}: ${own}`)));
    });
    return (performance.now() - began) / 1000;
  }

  /** Sends a signal and waits for the end; the exit code, or the signal that ended it. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<number | NodeJS.Signals> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? child?.signalCode ?? 0;
    return new Promise((resolve) => {
      child.once("exit", (code, by) => resolve(code ?? (by as NodeJS.Signals)));
      child.kill(signal);
    });
  }
}
