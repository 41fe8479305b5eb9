/**
 * How long after a kill switch was thrown is anybody still served? Real servers, as processes: the all-in-one, the same with two workers, and two mcp-gateways with the
 * other services on one PostgreSQL with Redis, and after Redis was killed. Needs a build, and PostgreSQL and Redis for the latter two.
 * `node libs/flags/bench/kill-switch.ts [flips=25]`
 */
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ADMIN_SECRET, obtainTokens, Person, register, ServerProcess, TestAdmin } from "@grantline/testing";
import { startDistributed } from "@grantline/testing/distributed";
import { noOwnPostgres, noRedis } from "@grantline/testing/ground";
import { flipAndWatch, type Flip } from "./flip-and-watch.ts";

const [flips = 25] = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const mcp = await startMcpServer();
  const url = `http://127.0.0.1:${(mcp.address() as AddressInfo).port}/mcp`;
  try {
    await allInOne("all-in-one", url, {});
    await allInOne("all-in-one, 2 workers", url, { GRANTLINE_WORKERS: "2" });
    if (noOwnPostgres || noRedis) process.stdout.write("distributed: there is no PostgreSQL or no Redis here\n");
    else await distributed(url);
  } finally {
    mcp.close();
    mcp.closeAllConnections();
  }
}

async function allInOne(name: string, mcp: string, env: Readonly<Record<string, string>>): Promise<void> {
  const server = await ServerProcess.create({ env });
  try {
    await server.start();
    const admin = new TestAdmin(server.origin, server.issuer, ADMIN_SECRET);
    const token = await tokenFor(server, admin, mcp);
    tell(name, await flipAndWatch({ admin, urls: [`${server.origin}/mcp/bench`], host: new URL(server.origin).host, token, flips }));
  } finally {
    await server.kill();
    rmSync(server.dataDir, { recursive: true, force: true });
  }
}

async function distributed(mcp: string): Promise<void> {
  const world = await startDistributed({ instances: { "mcp-gateway": 2, "token-service": 1 } });
  try {
    const { admin } = world;
    const token = await tokenFor(world, admin, mcp);
    // each instance by itself, past the front
    const urls = world.all("mcp-gateway").map(({ origin }) => `${origin}/mcp/bench`);
    const watched = { admin, urls, host: new URL(world.origin).host, token, flips };
    tell("distributed", await flipAndWatch(watched));
    await world.redis?.kill("SIGKILL");
    tell("distributed, Redis gone", await flipAndWatch(watched));
  } finally {
    await world.stop();
  }
}

/** Puts the MCP server behind the gateway; a person's token for it. */
async function tokenFor({ origin, issuer }: { origin: string; issuer: string }, admin: TestAdmin, mcp: string): Promise<string> {
  await admin.call("POST", "/servers", { name: "bench", url: mcp, authorization: "none" });
  const client = await register(issuer);
  const tokens = await obtainTokens(new Person(origin), { issuer, client, resource: `${origin}/mcp/bench`, scope: "mcp:use" });
  return tokens.access_token;
}

async function startMcpServer(): Promise<Server> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content: [] } });
  const server = createServer((request, response) => {
    request.resume().once("end", () => response.writeHead(200, { "content-type": "application/json" }).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function tell(name: string, seen: readonly Flip[]): void {
  const spread = (what: (flip: Flip) => number): string => {
    const values = seen.map((flip) => Math.max(0, what(flip)));
    return `p50 ${quantile(values, 0.5)} max ${quantile(values, 1)} ms`;
  };
  const requests = seen.reduce((sum, flip) => sum + flip.requests, 0);
  const figures = [
    `last served after the switch was thrown: ${spread(({ lastServedMs }) => lastServedMs)}`,
    `after that was answered: ${spread(({ lastServedMs, answeredMs }) => lastServedMs - answeredMs)}`,
    `answered after: ${spread(({ answeredMs }) => answeredMs)}`,
  ];
  process.stdout.write(`${name}: ${seen.length} flips, ${requests} requests   ${figures.join("   ")}\n`);
}

function quantile(of: readonly number[], q: number): string {
  const sorted = of.toSorted((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0).toFixed(0);
}

await main();
