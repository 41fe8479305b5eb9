// `npm run bench`: our server on one core, the load on another, floors and the peer in the same run, medians of three.
// BENCH_SECONDS (per run, 5), BENCH_RUNS (3), BENCH_ONLY (part of a scenario's name).
import { join } from "node:path";
import { chain, prepare } from "./grantline-target.ts";
import { load, type Result, type Scenario } from "./load.ts";
import { residentMb, root, start, startGrantline } from "./processes.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 5);
const RUNS = Number(process.env["BENCH_RUNS"] ?? 3);
const ONLY = process.env["BENCH_ONLY"] ?? "";
const CONNECTIONS = 32;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function measure(port: number, scenario: Scenario): Promise<Result> {
  const options = { port, connections: CONNECTIONS };
  await load(scenario, { ...options, seconds: Math.max(2, SECONDS / 2) });
  const runs: Result[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await load(scenario, { ...options, seconds: SECONDS }));
  runs.sort((a, b) => a.perSecond - b.perSecond);
  const median = runs[Math.floor(RUNS / 2)] as Result;
  print(`  ${scenario.name.padEnd(44)} ${median.perSecond.toFixed(0).padStart(7)}/s   p50 ${median.p50.toFixed(1)} ms   p99 ${median.p99.toFixed(1)} ms`);
  return median;
}

const form = (path: string, credentials = "bench:secret"): string =>
  `${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic ${Buffer.from(credentials).toString("base64")}\r\ncontent-type: application/x-www-form-urlencoded\r\nconnection: keep-alive`;
const wanted = (name: string): boolean => name.includes(ONLY);

print(`server on core 0, load on core 1, ${CONNECTIONS} keep-alive connections, ${RUNS} × ${SECONDS} s after warm-up, medians`);
const results = new Map<string, number>();

print("floors: Fastify");
const floor = await start([join(root, "tools/bench/floor.ts"), "300"], { listening: /listening (\d+)/ });
const floorBody = `grant_type=client_credentials&scope=read&token=${"t".repeat(90)}`;
results.set("floor 1", (await measure(floor.port, { name: "floor 1: form in, JSON out", head: form("/plain"), body: () => floorBody })).perSecond);
results.set("floor 2", (await measure(floor.port, { name: "floor 2: and one ES256 signature", head: form("/signed"), body: () => floorBody })).perSecond);
await floor.stop();

print("peer: node-oidc-provider, in-memory adapter (not durable)");
const peerPort = 20_000 + Math.floor(Math.random() * 10_000);
const peer = await start([join(root, "tools/bench/peer.ts"), String(CONNECTIONS), String(peerPort)], { listening: /listening (\d+)[\s\S]*tokens/ });
const peerTokens = (JSON.parse(/\{"tokens".*\}/.exec(peer.output())?.[0] ?? "{}") as { tokens: string[] }).tokens;
const secret = "bench-secret-bench-secret-bench-secret";
const peerOpaque = "grant_type=client_credentials&scope=read&resource=urn:opaque";
const peerToken = await fetch(`http://127.0.0.1:${peerPort}/token`, { method: "POST", headers: { authorization: `Basic ${Buffer.from(`machine:${secret}`).toString("base64")}`, "content-type": "application/x-www-form-urlencoded" }, body: peerOpaque });
const { access_token: peerAccess } = (await peerToken.json()) as { access_token: string };
const machine = form("/token", `machine:${secret}`);
for (const scenario of [
  { name: "introspection", head: form("/token/introspection", `machine:${secret}`), body: () => `token=${peerAccess}` },
  { name: "client_credentials, ES256 JWT", head: machine, body: () => "grant_type=client_credentials&scope=read&resource=urn:jwt" },
  { name: "client_credentials, opaque", head: machine, body: () => peerOpaque },
  chain("refresh with rotation, opaque", form("/token", `person:${secret}`), peerTokens),
] satisfies Scenario[]) {
  if (wanted(scenario.name)) results.set(`peer ${scenario.name}`, (await measure(peer.port, scenario)).perSecond);
}
await peer.stop();

print("Grantline, one process, every token a durable event");
const server = await startGrantline();
const target = await prepare(server, CONNECTIONS);
const halfRates: { readonly scenario: Scenario; readonly rate: number }[] = [];
for (const scenario of Object.values(target) as Scenario[]) {
  if (!wanted(scenario.name)) continue;
  const { perSecond } = await measure(server.port, scenario);
  results.set(scenario.name, perSecond);
  halfRates.push({ scenario, rate: perSecond / 2 });
}
print("at half of the maximum rate");
const halves: { readonly name: string; readonly p99: number }[] = [];
for (const { scenario, rate } of halfRates) {
  const half = await load(scenario, { port: server.port, connections: CONNECTIONS, seconds: SECONDS, rate });
  halves.push({ name: scenario.name, p99: half.p99 });
  print(`  ${scenario.name.padEnd(44)} ${half.perSecond.toFixed(0).padStart(7)}/s   p50 ${half.p50.toFixed(1)} ms   p99 ${half.p99.toFixed(1)} ms`);
}
print(`  resident memory ${residentMb(server.pid).toFixed(0)} MB`);
await server.stop();

print("ratios (target)");
const ratio = (name: string, over: string, target: number): void => {
  const a = results.get(name);
  const b = results.get(over);
  if (a === undefined || b === undefined) return;
  print(`  ${`${name} / ${over}`.padEnd(72)} ${(a / b).toFixed(2).padStart(5)}   (≥ ${target})${a / b >= target ? "" : "   MISSED"}`);
};
ratio("introspection, opaque", "floor 1", 0.6);
ratio("introspection, JWT", "floor 1", 0.6);
ratio("client_credentials, ES256 JWT", "floor 2", 0.7);
ratio("client_credentials, ES256 JWT", "peer client_credentials, ES256 JWT", 1.5);
ratio("client_credentials, opaque", "peer client_credentials, opaque", 2);
ratio("refresh with rotation, opaque", "peer refresh with rotation, opaque", 3);
for (const { name, p99 } of halves) print(`  ${`p99 at half rate: ${name}`.padEnd(72)} ${p99.toFixed(1).padStart(5)} ms (< 20 ms)${p99 < 20 ? "" : "   MISSED"}`);
