import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export interface GatewayOptions {
  /** Text of its files by name; the first is the configuration. */
  readonly files: Readonly<Record<string, string>>;
  /** Where the configuration listens, on 127.0.0.1. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A real gateway in a process of its own, in a temporary folder. */
export interface Gateway {
  readonly origin: string;
  stop(): Promise<void>;
}

const READY_MS = 90_000;

/** Starts a gateway from its binary; resolves when it takes connections, rejects with what it printed when it ends instead. */
export async function startGateway(binary: string, args: (folder: string) => readonly string[], options: GatewayOptions): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), "grantline-gateway-"));
  for (const [name, text] of Object.entries(options.files)) writeFileSync(join(folder, name), text);
  const child = spawn(binary, args(folder), { cwd: folder, env: { ...options.env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await listening(child, options.port, () => output);
  return {
    origin: `http://127.0.0.1:${options.port}`,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(child: ChildProcess, port: number, output: () => string): Promise<void> {
  const until = performance.now() + READY_MS;
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null || performance.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`the gateway did not start: ${output()}`);
    }
    await pause(20);
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
