// `npm run bench`: our server on one core, the load on another; floors and the peer take turns with it in every round, so that what else the
// machine does falls on all alike. Medians over the rounds. BENCH_SECONDS (per turn, 2), BENCH_ROUNDS (7), BENCH_TAIL_SECONDS (per run at half rate, 8), BENCH_ONLY (part of a name).
import { join } from "node:path";
import { prepare } from "./grantline-target.ts";
import { load, type Result, type Scenario } from "./load.ts";
import { preparePeer } from "./peer-target.ts";
import { cpuMicroseconds, residentMb, root, start, startGrantline } from "./processes.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 2);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 7);
/** Long enough for several of V8's major collections, which come every one to eight seconds: shorter runs often miss them. */
const TAIL_SECONDS = Number(process.env["BENCH_TAIL_SECONDS"] ?? 8);
const ONLY = process.env["BENCH_ONLY"] ?? "";
const CONNECTIONS = 32;

/** One thing to measure: a scenario at a server. */
interface Contender {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly scenario: Scenario;
  readonly results: (Result & { readonly cpu: number })[];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function figures(results: readonly Result[]): string {
  const of = (pick: (result: Result) => number): number => median(results.map(pick));
  return `${of(({ perSecond }) => perSecond)
    .toFixed(0)
    .padStart(7)}/s   p50 ${of(({ p50 }) => p50).toFixed(1)} ms   p99 ${of(({ p99 }) => p99).toFixed(1)} ms`;
}

async function turn({ port, pid, scenario, results }: Contender): Promise<void> {
  const before = cpuMicroseconds(pid);
  const result = await load(scenario, { port, connections: CONNECTIONS, seconds: SECONDS });
  results.push({ ...result, cpu: (cpuMicroseconds(pid) - before) / result.requests });
}

/** Bytes of headers and of body of one answer, so that the floors move as many. */
async function answerSizes(port: number, scenario: Scenario): Promise<{ readonly head: number; readonly body: number }> {
  const [, ...lines] = scenario.head.split("\r\n");
  const headers = Object.fromEntries(
    lines.filter((line) => !/^(host|connection)/.test(line)).map((line) => line.split(": ") as [string, string]),
  );
  const response = await fetch(`http://127.0.0.1:${port}${scenario.head.split(" ")[0]}`, {
    method: "POST",
    headers,
    body: scenario.body(0),
  });
  const head = [...response.headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  return { head, body: (await response.text()).length };
}

const server = await startGrantline();
const target = await prepare(server, CONNECTIONS);
const ours: readonly Scenario[] = Object.values(target);
const sizes = await answerSizes(server.port, target.introspectOpaque);
const floor = await start([join(root, "tools/bench/floor.ts"), String(sizes.head), String(sizes.body)], { listening: /listening (\d+)/ });
// its in-memory store keeps the last 1,000 entries: client_credentials in the same process would push the token families out
const peers = [await preparePeer(CONNECTIONS, "refresh"), await preparePeer(CONNECTIONS, "the rest")];
const bare = (path: string): Scenario => ({
  name: path,
  head: target.introspectOpaque.head.replace(/^\S+/, path),
  body: target.introspectOpaque.body,
});
const contenders: readonly Contender[] = [
  { name: "floor 1", ...floor, scenario: bare("/plain"), results: [] },
  { name: "floor 2", ...floor, scenario: bare("/signed"), results: [] },
  ...peers.flatMap((peer) =>
    peer.scenarios.map((scenario): Contender => ({ name: `peer ${scenario.name}`, port: peer.port, pid: peer.pid, scenario, results: [] })),
  ),
  ...ours.map((scenario): Contender => ({ name: scenario.name, port: server.port, pid: server.pid, scenario, results: [] })),
].filter(({ name }) => name.includes(ONLY) || name.startsWith("floor"));

print(
  `server on core 0, load on core 1, ${CONNECTIONS} keep-alive connections, ${ROUNDS} rounds of ${SECONDS} s each after warm-up, medians`,
);
print(
  `floors: Fastify, answers of ${sizes.head} bytes of headers and ${sizes.body} of body like ours; floor 2 makes one ES256 signature more`,
);
print("peer: node-oidc-provider 9.13 with its in-memory adapter (not durable); ours: one process, every token a durable event");
// V8 goes on compiling for thousands of requests
for (let warmUp = 0; warmUp < 3; warmUp++) for (const contender of contenders) await turn(contender);
for (const { results } of contenders) results.length = 0;
for (let round = 0; round < ROUNDS; round++) for (const contender of contenders) await turn(contender);
for (const { name, results } of contenders)
  print(`  ${name.padEnd(44)} ${figures(results)}   ${median(results.map(({ cpu }) => cpu)).toFixed(0)} µs CPU each`);

print(`ours at half of the maximum rate, 3 runs of ${TAIL_SECONDS} s each`);
const tails: { readonly name: string; readonly p99: number }[] = [];
for (const { name, port, scenario, results } of contenders.filter(({ scenario }) => ours.includes(scenario))) {
  const rate = median(results.map(({ perSecond }) => perSecond)) / 2;
  const halves: Result[] = [];
  for (let run = 0; run < 3; run++) halves.push(await load(scenario, { port, connections: CONNECTIONS, seconds: TAIL_SECONDS, rate }));
  tails.push({ name, p99: median(halves.map(({ p99 }) => p99)) });
  print(`  ${name.padEnd(44)} ${figures(halves)}`);
}
print(`  resident memory ${residentMb(server.pid).toFixed(0)} MB`);
await Promise.all([server.stop(), floor.stop(), ...peers.map((peer) => peer.stop())]);

print("ratios, median over the rounds (target)");
/** Each round compares neighbours in time. */
function ratio(name: string, over: string, wanted: number): void {
  const [a, b] = [name, over].map((each) => contenders.find((contender) => contender.name === each)?.results);
  if (a === undefined || b === undefined) return;
  const value = median(a.map(({ perSecond }, round) => perSecond / (b[round]?.perSecond ?? Number.NaN)));
  print(`  ${`${name} / ${over}`.padEnd(72)} ${value.toFixed(2).padStart(5)}   (≥ ${wanted})${value >= wanted ? "" : "   MISSED"}`);
}
ratio("introspection, opaque", "floor 1", 0.6);
ratio("introspection, JWT", "floor 1", 0.6);
ratio("introspection, opaque", "peer introspection", 1);
ratio("client_credentials, ES256 JWT", "floor 2", 0.7);
ratio("client_credentials, ES256 JWT", "peer client_credentials, ES256 JWT", 1.5);
ratio("client_credentials, opaque", "peer client_credentials, opaque", 2);
ratio("refresh with rotation, opaque", "peer refresh with rotation, opaque", 3);
for (const { name, p99 } of tails)
  print(`  ${`p99 at half rate: ${name}`.padEnd(72)} ${p99.toFixed(1).padStart(5)} ms (< 20 ms)${p99 < 20 ? "" : "   MISSED"}`);
