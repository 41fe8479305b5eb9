import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { freePort, type TestPlatform } from "@grantline/testing";

/** How a resource server somebody else wrote is started; its settings are in the environment, as the examples read them. */
export interface StockProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** A resource server somebody else wrote, in a process of its own, known to Grantline as a resource. */
export interface StockServer {
  readonly url: URL;
  /** What the process printed. */
  readonly output: () => string;
  stop(): Promise<void>;
}

const READY_MS = 120_000;

/** Registers `http://localhost:{port}/mcp` and starts the program as its resource server; resolves when its metadata can be read. */
export async function startStockServer(platform: TestPlatform, program: StockProgram): Promise<StockServer> {
  const port = await freePort();
  const url = new URL(`http://localhost:${port}/mcp`);
  const { client_id, client_secret } = await platform.admin.resource(url.href, [], {
    name: "Stock notes",
    scopes: [
      { name: "notes:read", description: "Read your note", default: true },
      { name: "notes:list", description: "See that there are notes" },
    ],
  });
  const child = spawn(program.command, program.args, {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      ISSUER: platform.issuer,
      PORT: String(port),
      CLIENT_ID: client_id,
      CLIENT_SECRET: client_secret,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const stop = (): Promise<void> => end(child);
  await serves(child, url).catch(async (error: unknown) => {
    await stop();
    throw new Error(`${program.args.join(" ")}: ${output.slice(-2_000)}`, { cause: error });
  });
  return { url, output: () => output, stop };
}

async function serves(child: ChildProcess, url: URL): Promise<void> {
  const metadata = new URL(`/.well-known/oauth-protected-resource${url.pathname}`, url);
  const until = performance.now() + READY_MS;
  while (performance.now() < until && child.exitCode === null && child.signalCode === null) {
    const response = await fetch(metadata).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok === true) return;
    await pause(50);
  }
  throw new Error(`${metadata.href} was not ready after ${READY_MS} ms, or its process ended`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // With its standard input shut and no state to save, none of them needs a farewell
  child.kill("SIGKILL");
  await once(child, "exit");
}
