// `npm run bench -- scaling`: what a request costs each part of the distributed shape, with 1, 2 and 4 token-service processes. On a machine of few cores the
// rate can't grow with the processes; CPU time per request can be measured all the same, and says which part is full first (docs/scaling.md).
import { readFileSync, readdirSync } from "node:fs";
import { startDistributed, type Distributed } from "@grantline/testing/distributed";
import { prepare } from "./grantline-target.ts";
import { load, type Result, type Scenario } from "./load.ts";
import { ADMIN_SECRET } from "./processes.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? "8");
/** Long enough for several of V8's major collections. */
const TAIL_SECONDS = 8;
const CONNECTIONS = 64;
const COUNTS = (process.env["BENCH_PROCESSES"] ?? "1,2,4").split(",").map(Number);

/** Seconds of CPU used so far by the parts, in the order of the table. */
interface Spent {
  readonly token: number;
  readonly postgres: number;
  readonly redis: number;
}

async function main(): Promise<void> {
  const rows: string[][] = [];
  for (const count of COUNTS) {
    const platform = await startDistributed({
      instances: { "token-service": count },
      env: { GRANTLINE_ADMIN_SECRET: ADMIN_SECRET, GRANTLINE_LOG_LEVEL: "error" },
    });
    try {
      const target = await prepare({ port: Number(new URL(platform.origin).port) } as never, CONNECTIONS);
      const scenarios = [
        target.clientCredentialsOpaque,
        target.clientCredentialsJwt,
        target.refresh,
        target.introspectOpaque,
        target.introspectJwt,
      ];
      for (const scenario of scenarios) rows.push(await measure(platform, count, scenario));
    } finally {
      await platform.stop();
    }
  }
  print(["processes", "job", "per second", "p50 ms", "p99 ms", "p99 at half", "token-service µs", "PostgreSQL µs", "Redis µs"], rows);
}

async function measure(platform: Distributed, count: number, scenario: Scenario): Promise<string[]> {
  await drive(platform, scenario, 2);
  const before = spent(platform);
  const results = await drive(platform, scenario, SECONDS);
  const after = spent(platform);
  const requests = results.reduce((sum, { requests: own }) => sum + own, 0);
  const rate = results.reduce((sum, { perSecond }) => sum + perSecond, 0);
  const each = (part: keyof Spent) => (((after[part] - before[part]) * 1e6) / requests).toFixed(0);
  const worst = (of: readonly Result[], pick: (result: Result) => number) => Math.max(...of.map(pick)).toFixed(1);
  const half = await drive(platform, scenario, TAIL_SECONDS, rate / 2);
  return [
    String(count),
    scenario.name,
    rate.toFixed(0),
    worst(results, ({ p50 }) => p50),
    worst(results, ({ p99 }) => p99),
    worst(half, ({ p99 }) => p99),
    each("token"),
    each("postgres"),
    each("redis"),
  ];
}

/** The connections are spread over the instances; each keeps its own token family. `rate`: requests a second over all of them; absent: as fast as answers come. */
function drive(platform: Distributed, scenario: Scenario, seconds: number, rate?: number): Promise<readonly Result[]> {
  const instances = platform.all("token-service");
  const share = CONNECTIONS / instances.length;
  return Promise.all(
    instances.map(({ origin }, n) => {
      const own: Scenario = {
        ...scenario,
        body: (index) => scenario.body(n * share + index),
        ...(scenario.answered === undefined
          ? {}
          : { answered: (index, status, body) => scenario.answered?.(n * share + index, status, body) }),
      };
      const atRate = rate === undefined ? {} : { rate: rate / instances.length };
      return load(own, { port: Number(new URL(origin).port), connections: share, seconds, ...atRate });
    }),
  );
}

function spent(platform: Distributed): Spent {
  const pids = new Set(platform.all("token-service").map((instance) => instance.pid()));
  const by = { token: 0, postgres: 0, redis: 0 };
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const found = cpuOf(name);
    if (found === undefined) continue;
    if (pids.has(Number(name))) by.token += found.seconds;
    else if (found.command === "postgres") by.postgres += found.seconds;
    else if (found.command === "redis-server") by.redis += found.seconds;
  }
  return by;
}

const TICKS_PER_SECOND = 100;

function cpuOf(pid: string): { readonly command: string; readonly seconds: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const close = stat.lastIndexOf(")");
    const fields = stat.slice(close + 2).split(" ");
    return { command: stat.slice(stat.indexOf("(") + 1, close), seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND };
  } catch {
    return undefined; // ended between the listing and the look
  }
}

function print(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? "").length)));
  for (const row of [head, ...rows])
    process.stdout.write(
      `${row.map((cell, at) => (at === 1 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ")}\n`,
    );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
