// `npm run bench`: our server on one core, the load on another, floors and the peer in the same run, medians of three.
// BENCH_SECONDS (per run, 5), BENCH_RUNS (3), BENCH_ONLY (part of a scenario's name).
import { join } from "node:path";
import { prepare } from "./grantline-target.ts";
import { load, type Result, type Scenario } from "./load.ts";
import { preparePeer } from "./peer-target.ts";
import { cpuMicroseconds, residentMb, root, start, startGrantline, type Running } from "./processes.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 5);
const RUNS = Number(process.env["BENCH_RUNS"] ?? 3);
const ONLY = process.env["BENCH_ONLY"] ?? "";
const CONNECTIONS = 32;
const results = new Map<string, number>();

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function row(name: string, { perSecond, p50, p99 }: Result, cpu?: number): void {
  print(`  ${name.padEnd(44)} ${perSecond.toFixed(0).padStart(7)}/s   p50 ${p50.toFixed(1)} ms   p99 ${p99.toFixed(1)} ms${cpu === undefined ? "" : `   ${cpu.toFixed(0)} µs CPU each`}`);
}

async function measure({ port, pid }: Pick<Running, "port" | "pid">, scenario: Scenario, as: string): Promise<void> {
  if (!scenario.name.includes(ONLY)) return;
  await load(scenario, { port, connections: CONNECTIONS, seconds: Math.max(2, SECONDS / 2) });
  const runs: Result[] = [];
  const before = cpuMicroseconds(pid);
  for (let run = 0; run < RUNS; run++) runs.push(await load(scenario, { port, connections: CONNECTIONS, seconds: SECONDS }));
  const cpu = (cpuMicroseconds(pid) - before) / runs.reduce((sum, { requests }) => sum + requests, 0);
  runs.sort((a, b) => a.perSecond - b.perSecond);
  const median = runs[Math.floor(RUNS / 2)] as Result;
  row(scenario.name, median, cpu);
  results.set(as, median.perSecond);
}

/** Bytes of headers and of body of one answer, so that the floors move as many. */
async function answerSizes(port: number, scenario: Scenario): Promise<{ readonly head: number; readonly body: number }> {
  const [, ...lines] = scenario.head.split("\r\n");
  const headers = Object.fromEntries(lines.filter((line) => !/^(host|connection)/.test(line)).map((line) => line.split(": ") as [string, string]));
  const response = await fetch(`http://127.0.0.1:${port}${scenario.head.split(" ")[0]}`, { method: "POST", headers, body: scenario.body(0) });
  const head = [...response.headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  return { head, body: (await response.text()).length };
}

print(`server on core 0, load on core 1, ${CONNECTIONS} keep-alive connections, ${RUNS} × ${SECONDS} s after warm-up, medians`);
const server = await startGrantline();
const target = await prepare(server, CONNECTIONS);
const sizes = await answerSizes(server.port, target.introspectOpaque);

print(`floors: Fastify, answers of ${sizes.head} bytes of headers and ${sizes.body} of body like ours`);
const floor = await start([join(root, "tools/bench/floor.ts"), String(sizes.head), String(sizes.body)], { listening: /listening (\d+)/ });
const ours = target.introspectOpaque;
await measure(floor, { name: "floor 1: form in, JSON out", head: ours.head.replace(/^\S+/, "/plain"), body: ours.body }, "floor 1");
await measure(floor, { name: "floor 2: and one ES256 signature", head: ours.head.replace(/^\S+/, "/signed"), body: ours.body }, "floor 2");
await floor.stop();

print("peer: node-oidc-provider, in-memory adapter (not durable)");
const peer = await preparePeer(CONNECTIONS);
for (const scenario of peer.scenarios) await measure(peer, scenario, `peer ${scenario.name}`);
await peer.stop();

print("Grantline, one process, every token a durable event");
const scenarios: readonly Scenario[] = Object.values(target);
for (const scenario of scenarios) await measure(server, scenario, scenario.name);

print("at half of the maximum rate");
const tails: { readonly name: string; readonly p99: number }[] = [];
for (const scenario of scenarios) {
  const most = results.get(scenario.name);
  if (most === undefined) continue;
  const half = await load(scenario, { port: server.port, connections: CONNECTIONS, seconds: SECONDS, rate: most / 2 });
  tails.push({ name: scenario.name, p99: half.p99 });
  row(scenario.name, half);
}
print(`  resident memory ${residentMb(server.pid).toFixed(0)} MB`);
await server.stop();

print("ratios (target)");
function ratio(name: string, over: string, wanted: number): void {
  const a = results.get(name);
  const b = results.get(over);
  if (a === undefined || b === undefined) return;
  print(`  ${`${name} / ${over}`.padEnd(72)} ${(a / b).toFixed(2).padStart(5)}   (≥ ${wanted})${a / b >= wanted ? "" : "   MISSED"}`);
}
ratio("introspection, opaque", "floor 1", 0.6);
ratio("introspection, JWT", "floor 1", 0.6);
ratio("introspection, opaque", "peer introspection", 1);
ratio("client_credentials, ES256 JWT", "floor 2", 0.7);
ratio("client_credentials, ES256 JWT", "peer client_credentials, ES256 JWT", 1.5);
ratio("client_credentials, opaque", "peer client_credentials, opaque", 2);
ratio("refresh with rotation, opaque", "peer refresh with rotation, opaque", 3);
for (const { name, p99 } of tails) print(`  ${`p99 at half rate: ${name}`.padEnd(72)} ${p99.toFixed(1).padStart(5)} ms (< 20 ms)${p99 < 20 ? "" : "   MISSED"}`);
