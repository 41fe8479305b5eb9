// Where does one job's time go? `npm run bench -- profile "introspection, opaque"`: V8's CPU profiles of the server's threads while it is under load, self time by
// group and by function. BENCH_SECONDS (6); PROFILE_FUNCTIONS (0): so many functions beside the groups. BENCH_WORKERS (1): with more, every process of the server.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare } from "./grantline-target.ts";
import { load, type Scenario } from "./load.ts";
import { childrenOf, startGrantline, threadCpuMicroseconds } from "./processes.ts";
import { groupOf } from "./profile-groups.ts";

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly children?: readonly number[];
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  /** Of the monotonic clock, microseconds. */
  readonly startTime: number;
}

type Node = Profile["nodes"][number];

interface Span {
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  /** CPU time of one request by process and thread, microseconds. */
  readonly cpu: ReadonlyMap<number, ReadonlyMap<string, number>>;
}

/** Microseconds below which nothing is printed. */
const LEAST = 0.3;
const MAIN = "MainThread";
const WRITER = "WorkerThread";
const THREADS = new Map([
  [MAIN, "main thread"],
  [WRITER, "writer thread"],
  ["V8Worker", "V8's own threads: garbage collection, compiling"],
  ["libuv-worker", "libuv's pool: files"],
]);

const wanted = process.argv[2] ?? "introspection, opaque";
const workers = Number(process.env["BENCH_WORKERS"] ?? 1);
const functions = Number(process.env["PROFILE_FUNCTIONS"] ?? 0);
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const monotonic = (): number => Number(process.hrtime.bigint() / 1_000n);

const dir = mkdtempSync(join(tmpdir(), "grantline-profile-"));
const server = await startGrantline({
  nodeArgs: ["--cpu-prof", "--cpu-prof-interval=200", `--cpu-prof-dir=${dir}`],
  workers,
  // with the load beside them: rates say nothing then, CPU time does
  ...(workers > 1 ? { cores: "0,1" } : {}),
});
const target = await prepare(server, 32);
const scenario = (Object.values(target) as Scenario[]).find(({ name }) => name.includes(wanted));
if (scenario === undefined) throw new Error(`no scenario ${wanted}`);
await load(scenario, { port: server.port, connections: 32, seconds: 3 });
const pids = [server.pid, ...childrenOf(server.pid)];
const cpuBefore = new Map(pids.map((pid) => [pid, threadCpuMicroseconds(pid)]));
const from = monotonic();
const { requests } = await load(scenario, { port: server.port, connections: 32, seconds: Number(process.env["BENCH_SECONDS"] ?? 6) });
const to = monotonic();
const cpu = new Map(
  pids.map((pid) => [
    pid,
    new Map([...threadCpuMicroseconds(pid)].map(([name, used]) => [name, (used - (cpuBefore.get(pid)?.get(name) ?? 0)) / requests])),
  ]),
);
const span: Span = { from, to, requests, cpu };
await server.stop();
const own = pids
  .flatMap((pid) => [...(cpu.get(pid) ?? [])].map(([name, used]) => ({ pid, name, used })))
  .filter(({ name, used }) => THREADS.has(name) && used >= LEAST)
  .toSorted((a, b) => b.used - a.used);
print(
  `${scenario.name}: ${requests} requests, CPU of one ${own.reduce((sum, { used }) => sum + used, 0).toFixed(0)} µs, the profiler's thread left out`,
);
for (const { pid, name, used } of own) print(`  ${used.toFixed(1).padStart(6)} µs  ${processName(pid)}${THREADS.get(name)}`);
// CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile
const profiles = readdirSync(dir).map((file) => ({
  pid: Number(file.split(".")[3]),
  profile: JSON.parse(readFileSync(join(dir, file), "utf8")) as Profile,
}));
for (const { pid, profile } of profiles.toSorted((a, b) => a.profile.startTime - b.profile.startTime)) show(profile, span, pid);
rmSync(dir, { recursive: true, force: true });

/** Nothing where there is but one process. */
function processName(pid: number): string {
  if (workers === 1) return "";
  return pid === server.pid ? "primary, " : `worker ${pids.indexOf(pid)}, `;
}

/** What a thread did in the span, each sample with its microseconds. */
function* samples({ nodes, samples: ids, timeDeltas, startTime }: Profile, { from: begin, to }: Span): Generator<[Node, number]> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  let at = startTime;
  for (const [index, id] of ids.entries()) {
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    const node = byId.get(id);
    if (node !== undefined && at >= begin && at <= to && node.callFrame.functionName !== "(idle)") yield [node, delta];
  }
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: Node): string {
  return `${functionName || "(anonymous)"} ${url.split("/").slice(-3).join("/")}:${lineNumber + 1}`;
}

function show(profile: Profile, during: Span, pid: number): void {
  const groups = new Map<string, number>();
  const self = new Map<string, number>();
  const withCallees = new Map<string, number>();
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const add = (to: Map<string, number>, name: string, delta: number): void => void to.set(name, (to.get(name) ?? 0) + delta);
  let total = 0;
  for (const [node, delta] of samples(profile, during)) {
    const group = groupOf(node.callFrame, () => callerUrl(node, parents));
    add(groups, group, delta);
    add(self, nameOf(node), delta);
    total += delta;
    if (functions > 0) for (const name of new Set(callers(node, parents).map(nameOf))) add(withCallees, name, delta);
  }
  const thread = profile.nodes.some(({ callFrame }) => callFrame.url.includes("writer.worker")) ? WRITER : MAIN;
  // the profiler's clock goes on while a thread waits for the core; the scheduler's does not
  const used = during.cpu.get(pid)?.get(thread) ?? 0;
  if (used < LEAST) return;
  print(`\n${processName(pid)}${THREADS.get(thread)}${thread === WRITER ? ", by time and so with its waiting for the disk" : ""}`);
  const line = (name: string, time: number): void =>
    print(
      `  ${thread === WRITER ? "" : `${((used * time) / total).toFixed(1).padStart(6)} µs `}${((100 * time) / total).toFixed(1).padStart(6)} %  ${name}`,
    );
  const most = (of: Map<string, number>, count: number): void => {
    for (const [name, time] of [...of].sort((a, b) => b[1] - a[1]).slice(0, count)) if ((used * time) / total >= LEAST) line(name, time);
  };
  most(groups, 40);
  if (functions === 0) return;
  print("by function");
  most(self, functions);
  print("with what it calls");
  most(new Map([...withCallees].filter(([name]) => name.includes("dist/"))), functions);
}

function callers(node: Node, parents: ReadonlyMap<number, Node>): Node[] {
  const chain: Node[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = parents.get(at.id)) chain.push(at);
  return chain;
}

/** The file of the nearest function that has one: a native function is part of whoever calls it. */
function callerUrl(node: Node, parents: ReadonlyMap<number, Node>): string {
  return callers(node, parents).find(({ callFrame }) => callFrame.url !== "")?.callFrame.url ?? "";
}
