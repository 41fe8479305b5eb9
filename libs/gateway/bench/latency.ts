/**
 * What does the gateway add to a warm call, and what do open streams cost? A built all-in-one server, an MCP server and a bare reverse proxy, each a process of
 * its own; calls go through proxy and gateway in turn, from this one.
 * `node --conditions=@grantline/source libs/gateway/bench/latency.ts [calls=2000] [streams=500]`
 */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, createServer as createHttpServer, request as forward } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { obtainTokens, register } from "../../testing/src/authorization.ts";
import { Person } from "../../testing/src/person.ts";
import { startStandInProvider } from "../../upstream/src/testing/stand-in-provider.ts";

const ADMIN_SECRET = "bench-admin-secret-of-32-characters";
const ROOT = join(import.meta.dirname, "..", "..", "..");
const [calls = 2_000, streams = 500] = process.argv.slice(2).map(Number);
const CALL = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "echo", arguments: { text: "x".repeat(200) } },
});

async function main(): Promise<void> {
  const provider = await startStandInProvider("github-app");
  const upstream = await role("upstream");
  const proxy = await role("proxy", String(upstream.port));
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), "grantline-gateway-bench-"));
  const github = { name: "github", kind: "github-app", clientId: provider.clientId, authority: provider.authority };
  const gateway = await startGateway(port, dataDir, {
    GRANTLINE_GATEWAY_PROVIDERS: JSON.stringify([github]),
    GRANTLINE_SECRETS_ORDER: "environment,file",
    OAUTH__GITHUB__APP__CLIENT_SECRET: provider.clientSecret,
  });
  const origin = `http://localhost:${port}`;
  try {
    await addServer(origin, `http://127.0.0.1:${upstream.port}/mcp`);
    const token = await connected(origin);
    await latency(`http://127.0.0.1:${proxy.port}/mcp`, `${origin}/mcp/bench`, token);
    await memory(gateway, `${origin}/mcp/bench`, token);
  } finally {
    for (const child of [gateway, upstream.child, proxy.child]) child.kill("SIGKILL");
    await provider.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** One call after the other over one kept connection each, proxy and gateway in turn, so that whatever else the machine does meets both. */
async function latency(bare: string, through: string, token: string): Promise<void> {
  const times: Record<"bare" | "through", number[]> = { bare: [], through: [] };
  for (let n = 0; n < calls + 200; n += 1) {
    for (const [name, url] of [
      ["bare", bare],
      ["through", through],
    ] as const) {
      const began = performance.now();
      await call(url, token);
      // the first ones warm up
      if (n >= 200) times[name].push(performance.now() - began);
    }
  }
  const added = quantile(times.through, 0.5) - quantile(times.bare, 0.5);
  print({
    calls,
    "bare proxy p50, ms": quantile(times.bare, 0.5),
    "gateway p50, ms": quantile(times.through, 0.5),
    "added p50, ms": added,
    "bare proxy p99, ms": quantile(times.bare, 0.99),
    "gateway p99, ms": quantile(times.through, 0.99),
  });
}

async function call(url: string, token: string): Promise<void> {
  const { statusCode, body } = await request(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", authorization: `Bearer ${token}` },
    body: CALL,
  });
  const text = await body.text();
  if (statusCode !== 200 || !text.includes('"result"')) throw new Error(`${url}: ${statusCode} ${text}`);
}

async function memory(gateway: ChildProcess, url: string, token: string): Promise<void> {
  const before = memoryOf(gateway.pid);
  const open: { destroy(): void }[] = [];
  for (let n = 0; n < streams; n += 1) {
    const { statusCode, body } = await request(url, { headers: { accept: "text/event-stream", authorization: `Bearer ${token}` } });
    if (statusCode !== 200) throw new Error(`stream ${n}: ${statusCode}`);
    body.on("error", () => undefined);
    body.resume();
    open.push(body);
  }
  // some events on each, so that buffers are what they are in use
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  print({ streams, "memory before, MB": before / 1_024, "memory with them, MB": memoryOf(gateway.pid) / 1_024 });
  for (const body of open) body.destroy();
}

/** The bare proxy and the MCP server, when this file is run as one of them. */
function serve(what: string, target: string): void {
  const agent = new Agent({ keepAlive: true });
  const server = createHttpServer((incoming, answer) => {
    if (what === "proxy") {
      const { method, url: path, headers } = incoming;
      const onward = forward({ agent, host: "127.0.0.1", port: Number(target), method, path, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      incoming.pipe(onward);
      return;
    }
    if (incoming.method === "GET") {
      answer.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      const timer = setInterval(
        () => answer.write('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n'),
        1_000,
      );
      answer.once("close", () => clearInterval(timer));
      return;
    }
    incoming.resume().once("end", () => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text: "x".repeat(200) }] } });
      answer.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
    });
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

async function role(what: string, target = ""): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(import.meta.filename, [what, target]);
  const port = await new Promise<number>((resolve) => child.once("message", (message) => resolve(Number(message))));
  return { child, port };
}

async function startGateway(port: number, dataDir: string, more: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const flags = ["--max-semi-space-size=16", "--max-old-space-size=256"];
  const child = spawn(process.execPath, [...flags, join(ROOT, "apps", "all-in-one", "dist", "main.js")], {
    cwd: dataDir,
    env: {
      PATH: process.env["PATH"] ?? "",
      MALLOC_ARENA_MAX: "2",
      GRANTLINE_PORT: String(port),
      GRANTLINE_DATA_DIR: dataDir,
      GRANTLINE_ADMIN_SECRET: ADMIN_SECRET,
      GRANTLINE_LOG_LEVEL: "warn",
      ...more,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => void (chunk.toString().includes("listens on") && resolve()));
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return child;
}

async function addServer(origin: string, url: string): Promise<void> {
  const basic = `Basic ${Buffer.from(`grantline-admin:${ADMIN_SECRET}`).toString("base64")}`;
  const asked = await fetch(`${origin}/oauth/token`, {
    method: "POST",
    headers: { authorization: basic, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "grantline:admin" }),
  });
  const { access_token: token } = (await asked.json()) as { readonly access_token: string };
  const added = await fetch(`${origin}/admin/v1/servers`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "bench", url, provider: "github", policy: { tools: { deny: ["delete_all"] } } }),
  });
  if (added.status !== 201) throw new Error(await added.text());
}

/** A person's token for the server, their account connected. */
async function connected(origin: string): Promise<string> {
  const issuer = `${origin}/oauth`;
  const person = new Person(origin);
  const client = await register(issuer);
  const { access_token: token } = await obtainTokens(person, { issuer, client, resource: `${origin}/mcp/bench`, scope: "mcp:use" });
  const asked = await fetch(`${origin}/mcp/bench`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: CALL,
  });
  const link = /http[^\s"]+\/connect\/[^\s"]+/.exec(await asked.text())?.[0];
  if (link === undefined) throw new Error("no link to connect by");
  const step = await person.submit(await person.open(link), "connect-form", { decision: "connect" });
  if (step.kind !== "callback") throw new Error("expected to be sent on to the provider");
  const back = await fetch(step.url, { redirect: "manual" });
  await person.open(back.headers.get("location") ?? "");
  return token;
}

function quantile(of: readonly number[], q: number): number {
  const sorted = of.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * q)] ?? 0;
}

/** Resident memory of a process, kB. */
function memoryOf(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
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
  const text = Object.entries(figures).map(([name, value]) => `${name}: ${Number.isInteger(value) ? value : value.toFixed(2)}`);
  process.stdout.write(`${text.join("   ")}\n`);
}

const [what, target = ""] = process.argv.slice(2);
if (what === "upstream" || what === "proxy") serve(what, target);
else await main();
