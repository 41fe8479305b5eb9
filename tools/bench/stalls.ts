// What makes the slowest answers slow? `npm run bench -- stalls "refresh"`: the job at half of its maximum rate, while a witness in the server's threads writes down
// when they could not go on: collections, commits, the main thread's loop, each with how long it ran and waited for the core.
// BENCH_SECONDS (10); BENCH_NODE_ARGS: more flags for the server; BENCH_WORKERS (1).
import { join } from "node:path";
import { prepare } from "./grantline-target.ts";
import { load, type Scenario } from "./load.ts";
import { residentMb, root, startGrantline } from "./processes.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 10);
const CONNECTIONS = 32;
/** Answers that took longer are slow, microseconds. */
const SLOW_US = 20_000;

interface Stall {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly cpu: number;
  readonly queued: number;
}

const wanted = process.argv[2] ?? "refresh";
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const more = (process.env["BENCH_NODE_ARGS"] ?? "").split(" ").filter(Boolean);
const server = await startGrantline({
  nodeArgs: ["--import", join(root, "tools/bench/stall-witness.mjs"), ...more],
  workers: Number(process.env["BENCH_WORKERS"] ?? 1),
});
const stalls: Stall[] = [];
const target = await prepare(server, CONNECTIONS);
const scenario = (Object.values(target) as Scenario[]).find(({ name }) => name.includes(wanted));
if (scenario === undefined) throw new Error(`no scenario ${wanted}`);
const options = { port: server.port, connections: CONNECTIONS };
await load(scenario, { ...options, seconds: 4 });
const { perSecond } = await load(scenario, { ...options, seconds: 4 });
const answers: (readonly [from: number, to: number])[] = [];
const half = await load(scenario, {
  ...options,
  seconds: SECONDS,
  rate: perSecond / 2,
  observe: (milliseconds) => {
    const to = Number(process.hrtime.bigint() / 1_000n);
    answers.push([to - milliseconds * 1_000, to]);
  },
});
const resident = residentMb(server.pid);
const output = server.output();
await server.stop();
for (const [, kind, ...numbers] of output.matchAll(/^stall (\S+) (\d+) (\d+) (\d+) (\d+)$/gm)) {
  const [from = 0, to = 0, cpu = 0, queued = 0] = numbers.map(Number);
  stalls.push({ kind: kind as string, from, to, cpu, queued });
}
const [begin, end] = [answers[0]?.[0] ?? 0, answers.at(-1)?.[1] ?? 0];
const during = stalls.filter(({ from, to }) => to > begin && from < end);
print(
  `${scenario.name} at ${(perSecond / 2).toFixed(0)}/s, half of the maximum, ${SECONDS} s: p50 ${half.p50.toFixed(1)} ms, p99 ${half.p99.toFixed(1)} ms; resident ${resident.toFixed(0)} MB`,
);
print("what lasted 3 ms or more, in milliseconds: how often, in all, longest; of it running and waiting for the core");
const ms = (microseconds: number): string => (microseconds / 1_000).toFixed(1).padStart(8);
for (const [kind, of] of Map.groupBy(during, (stall) => stall.kind)) {
  const sum = (pick: (stall: Stall) => number): number => of.reduce((total, stall) => total + pick(stall), 0);
  const longest = Math.max(...of.map(({ from, to }) => to - from));
  print(
    `  ${kind.padEnd(18)} ${String(of.length).padStart(5)} × ${ms(sum(({ from, to }) => to - from))} ${ms(longest)}   ran ${ms(sum(({ cpu }) => cpu))} waited ${ms(sum(({ queued }) => queued))}`,
  );
}
const slow = answers.filter(([from, to]) => to - from > SLOW_US);
print(`${slow.length} of ${answers.length} answers took more than ${SLOW_US / 1_000} ms; in these spells of them:`);
for (const [from, to] of spells(slow)
  .toSorted((a, b) => b[1] - b[0] - (a[1] - a[0]))
  .slice(0, 12)) {
  const within = during.filter((stall) => stall.to > from && stall.from < to).toSorted((a, b) => a.from - b.from);
  print(`  at ${ms(from - begin)}, ${ms(to - from)} long, ${slow.filter((each) => each[1] > from && each[1] <= to).length} answers`);
  for (const stall of within)
    print(
      `      ${ms(stall.from - from)} +${ms(stall.to - stall.from)} ${stall.kind.padEnd(18)} ran ${ms(stall.cpu)} waited ${ms(stall.queued)}`,
    );
}

/** Overlapping answers joined. */
function spells(of: readonly (readonly [number, number])[]): [number, number][] {
  const joined: [number, number][] = [];
  for (const [from, to] of of.toSorted((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}
