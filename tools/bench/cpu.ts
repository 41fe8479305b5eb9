// `npm run bench -- cpu`: CPU time of one request, user and system, over all threads of the server: what the load of other processes disturbs least. Floors, peer and
// ours take turns. Beside the median the least seen. BENCH_REQUESTS (per turn, 4,000), BENCH_ROUNDS (9), BENCH_WARM_UP (20,000), BENCH_WORKERS (1), BENCH_ONLY (part of a name), BENCH_AGAINST (another built checkout, to compare with; many short turns say most then: BENCH_ROUNDS=40 BENCH_REQUESTS=1000).
import { join } from "node:path";
import { prepare } from "./grantline-target.ts";
import { load, type Scenario } from "./load.ts";
import { preparePeer } from "./peer-target.ts";
import { familyCpuMicroseconds, root, start, startGrantline } from "./processes.ts";

const REQUESTS = Number(process.env["BENCH_REQUESTS"] ?? 4_000);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 9);
const ONLY = process.env["BENCH_ONLY"] ?? "";
const AGAINST = process.env["BENCH_AGAINST"];
const WORKERS = Number(process.env["BENCH_WORKERS"] ?? 1);
const CONNECTIONS = 32;
/** V8 goes on compiling for thousands of requests. */
const WARM_UP = Number(process.env["BENCH_WARM_UP"] ?? 20_000);
const FOREVER = 600;

interface Contender {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly scenario: Scenario;
  readonly costs: number[];
}

/** What a process did after its answers (feeds, checkpoints) is its requests' too, so the count ends a little later. */
const SETTLE_MS = 150;

async function turn({ port, pid, scenario, costs }: Contender, requests = REQUESTS): Promise<void> {
  const before = familyCpuMicroseconds(pid);
  const done = await load(scenario, { port, connections: CONNECTIONS, seconds: FOREVER, requests });
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  costs.push((familyCpuMicroseconds(pid) - before) / done.requests);
}

const contender = (of: { readonly port: number; readonly pid: number }, scenario: Scenario, label = ""): Contender => ({
  name: `${label}${scenario.name}`,
  port: of.port,
  pid: of.pid,
  scenario,
  costs: [],
});

const server = await startGrantline({ workers: WORKERS });
const ours: readonly Scenario[] = Object.values(await prepare(server, CONNECTIONS));
const other = AGAINST === undefined ? undefined : await startGrantline({ from: AGAINST, workers: WORKERS });
const others: readonly Scenario[] = other === undefined ? [] : Object.values(await prepare(other, CONNECTIONS));
const floor = await start([join(root, "tools/bench/floor.ts"), "600", "300"], { listening: /listening (\d+)/ });
const peers = AGAINST === undefined ? [await preparePeer(CONNECTIONS, "refresh"), await preparePeer(CONNECTIONS, "the rest")] : [];
const bare = (path: string, name: string): Scenario => ({
  name,
  head: (ours[0] as Scenario).head.replace(/^\S+/, path),
  body: (ours[0] as Scenario).body,
});
const contenders = [
  contender(floor, bare("/plain", "floor 1")),
  contender(floor, bare("/signed", "floor 2")),
  ...peers.flatMap((peer) => peer.scenarios.map((scenario) => contender(peer, scenario, "peer "))),
  ...ours.flatMap((scenario, index) => [
    ...(other === undefined ? [] : [contender(other, others[index] as Scenario, "against ")]),
    contender(server, scenario),
  ]),
].filter(({ name }) => name.includes(ONLY) || name.startsWith("floor"));

for (const each of contenders) await turn(each, WARM_UP);
for (const { costs } of contenders) costs.length = 0;
for (let round = 0; round < ROUNDS; round += 1) for (const each of contenders) await turn(each);
process.stdout.write(`CPU time of one request, µs, over ${ROUNDS} turns of ${REQUESTS} requests\n`);
for (const { name, costs } of contenders) {
  const sorted = costs.toSorted((a, b) => a - b);
  const at = (index: number): string => (sorted[index] as number).toFixed(1).padStart(7);
  process.stdout.write(`  ${name.padEnd(44)} median ${at(Math.floor(sorted.length / 2))}   least ${at(0)}${comparison(name, costs)}\n`);
}
await Promise.all([server.stop(), other?.stop(), floor.stop(), ...peers.map((peer) => peer.stop())]);

/**
 * To what it is compared with: the median over the rounds, each of which compares neighbours in time, and how far that may be off (the standard error of a median, from the
 * quartiles, for a few rounds on a busy machine are far out).
 */
function comparison(name: string, costs: readonly number[]): string {
  const against = contenders.find((each) => each.name === `against ${name}`)?.costs;
  if (against === undefined) return "";
  const ratios = costs.map((cost, round) => cost / (against[round] ?? Number.NaN)).toSorted((a, b) => a - b);
  const at = (part: number): number => ratios[Math.floor(part * (ratios.length - 1))] as number;
  const error = (0.93 * (at(0.75) - at(0.25))) / Math.sqrt(ratios.length);
  return `   ratio ${at(0.5).toFixed(3)} ± ${error.toFixed(3)}`;
}
