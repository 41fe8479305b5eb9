/**
 * How long from a revocation's answer to the validators that follow? A built all-in-one server in a process of its own, so many lines from this one.
 * `node --conditions=@grantline/source libs/validators/bench/feed.ts [lines=1000] [revocations=200] [load=0]`; `load`: introspections a second beside it.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createEventReader } from "../src/client/server-sent-events.ts";

const SECRET = "bench-admin-secret-of-32-characters";
const URI = "https://feed.bench.example/mcp";
const [lines = 1_000, revocations = 200, load = 0] = process.argv.slice(2).map(Number);

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

const basic = ({ client_id, client_secret }: Client): string => `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}`;

async function main(): Promise<void> {
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), "grantline-feed-bench-"));
  const server = await start(port, dataDir);
  const origin = `http://localhost:${port}`;
  try {
    const admin = await adminOf(origin);
    const resource = (await admin("/resources", { uri: URI, name: "Bench", scopes: [{ name: "read", description: "Read" }] })) as Client;
    const machine = (await admin("/clients", {
      client_name: "Bench",
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: "client_secret_basic",
    })) as Client;
    const heard = new Map<string, number[]>();
    const before = memoryOf(server.pid);
    const began = performance.now();
    await connectAll(origin, resource, (jti) => heard.get(jti)?.push(performance.now()));
    print({
      lines,
      "connected in, s": (performance.now() - began) / 1_000,
      "memory a line, kB": ((memoryOf(server.pid) - before) / lines) | 0,
    });
    const stopLoad = introspecting(origin, resource, await tokenOf(origin, machine));
    const cpuBefore = cpuOf(server.pid);
    const delays: number[] = [];
    for (let turn = 0; turn < revocations; turn += 1) {
      const token = await tokenOf(origin, machine);
      const jti = (JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { jti: string }).jti;
      const at: number[] = [];
      heard.set(jti, at);
      await form(`${origin}/oauth/revoke`, { token }, machine);
      const answeredAt = performance.now();
      while (at.length < lines && performance.now() - answeredAt < 5_000) await pause(5);
      if (at.length < lines) throw new Error(`${lines - at.length} of ${lines} validators did not hear of a revocation within 5 s`);
      // told before the answer came is told at once
      for (const time of at) delays.push(Math.max(0, time - answeredAt));
      heard.delete(jti);
    }
    const asked = stopLoad();
    delays.sort((a, b) => a - b);
    const quantile = (part: number): number => delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? 0;
    print({ revocations, "p50, ms": quantile(0.5), "p99, ms": quantile(0.99), "longest, ms": quantile(1) });
    print({ "server CPU, s": cpuOf(server.pid) - cpuBefore, "introspections beside it": asked });
  } finally {
    server.kill("SIGTERM");
    await new Promise((resolve) => server.once("exit", resolve));
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function start(port: number, dataDir: string) {
  const main = join(import.meta.dirname, "..", "..", "..", "apps", "all-in-one", "dist", "main.js");
  const child = spawn(process.execPath, [main], {
    cwd: dataDir,
    env: {
      PATH: process.env["PATH"] ?? "",
      GRANTLINE_PORT: String(port),
      GRANTLINE_DATA_DIR: dataDir,
      GRANTLINE_ADMIN_SECRET: SECRET,
      GRANTLINE_WORKERS: "1",
      GRANTLINE_LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => void (chunk.toString().includes("listens on") && resolve()));
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return child;
}

async function connectAll(origin: string, resource: Client, onRevoked: (jti: string) => void): Promise<void> {
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  const connect = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const url = `${origin}/oauth/v1/revocations?resource=${encodeURIComponent(URI)}`;
      const outgoing = request(url, { agent, headers: { authorization: basic(resource) } }, (incoming) => {
        if (incoming.statusCode !== 200) return reject(new Error(`the feed answered ${incoming.statusCode}`));
        const read = createEventReader();
        incoming.setEncoding("utf8");
        incoming.on("data", (text: string) => {
          for (const { event, data } of read(text)) {
            if (event === "revocation") onRevoked((JSON.parse(data) as { id: string }).id);
            else if (event === "checkpoint") resolve();
          }
        });
        incoming.on("error", () => undefined);
      });
      outgoing.on("error", reject);
      outgoing.end();
    });
  for (let done = 0; done < lines; done += 50) await Promise.all(Array.from({ length: Math.min(50, lines - done) }, connect));
}

/** Asks about a token `load` times a second until told to stop; answers how often it was. */
function introspecting(origin: string, resource: Client, token: string): () => number {
  let asked = 0;
  const ask = (): void => void form(`${origin}/oauth/introspect`, { token }, resource).then(() => (asked += 1));
  const timer = load === 0 ? undefined : setInterval(() => Array.from({ length: Math.ceil(load / 50) }, ask), 20);
  return () => {
    clearInterval(timer);
    return asked;
  };
}

async function form(url: string, parameters: Readonly<Record<string, string>>, client: Client): Promise<string> {
  const response = await fetch(url, { method: "POST", headers: { authorization: basic(client) }, body: new URLSearchParams(parameters) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return text;
}

async function tokenOf(
  origin: string,
  client: Client,
  more: Readonly<Record<string, string>> = { resource: URI, scope: "read" },
): Promise<string> {
  return (
    JSON.parse(await form(`${origin}/oauth/token`, { grant_type: "client_credentials", ...more }, client)) as { access_token: string }
  ).access_token;
}

async function adminOf(origin: string): Promise<(path: string, body: object) => Promise<unknown>> {
  const token = await tokenOf(origin, { client_id: "grantline-admin", client_secret: SECRET }, { scope: "grantline:admin" });
  return async (path, body) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(`${origin}/admin/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}

/** Resident memory of a process, kB. */
function memoryOf(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** Processor time of a process, seconds; 100 ticks a second. */
function cpuOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function print(figures: Readonly<Record<string, number>>): void {
  process.stdout.write(
    `${Object.entries(figures)
      .map(([name, value]) => `${name}: ${Number.isInteger(value) ? value : value.toFixed(2)}`)
      .join("   ")}\n`,
  );
}

await main();
process.exit(0);
