// `npm run bench -- scale`: memory after a million tokens, start-up and rebuild on that log, and what a second worker process adds.
// BENCH_TOKENS (1,000,000), BENCH_SECONDS (5).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare } from "./grantline-target.ts";
import { load } from "./load.ts";
import { ADMIN_SECRET, childrenOf, cpuMicroseconds, residentMb, root, startGrantline } from "./processes.ts";

const TOKENS = Number(process.env["BENCH_TOKENS"] ?? 1_000_000);
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 5);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await workers();
await million();

/** Two cores are all there is, and the load needs some of them: so the measure is CPU time for a request, over all processes of the server. */
async function workers(): Promise<void> {
  const costs: number[] = [];
  for (const count of [1, 2]) {
    const server = await startGrantline({ workers: count, cores: "0,1" });
    const target = await prepare(server, 32);
    await load(target.clientCredentialsOpaque, { port: server.port, connections: 32, seconds: SECONDS });
    const before = familyCpu(server.pid);
    const { perSecond, requests } = await load(target.clientCredentialsOpaque, { port: server.port, connections: 32, seconds: SECONDS });
    const cost = (familyCpu(server.pid) - before) / requests;
    costs.push(cost);
    print(`${count} worker(s): client_credentials, opaque ${perSecond.toFixed(0)}/s, ${cost.toFixed(0)} µs CPU each`);
    await server.stop();
  }
  print(
    `a core's worth of requests with two workers against one: ${((costs[0] as number) / (costs[1] as number)).toFixed(2)}   (the second adds ≥ 0.8 where this is ≥ 0.9)`,
  );
}

/** The process and its children. */
function familyCpu(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + cpuMicroseconds(each), 0);
}

async function million(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "grantline-scale-"));
  const server = await startGrantline({ dataDir });
  const target = await prepare(server, 32);
  const began = performance.now();
  let issued = 0;
  let most = 0;
  while (issued < TOKENS) {
    issued += (await load(target.clientCredentialsOpaque, { port: server.port, connections: 32, seconds: 10 })).requests;
    most = Math.max(most, residentMb(server.pid));
    print(
      `  ${issued} tokens, ${((1000 * issued) / (performance.now() - began)).toFixed(0)}/s, resident ${residentMb(server.pid).toFixed(0)} MB`,
    );
  }
  print(`resident memory after ${issued} tokens: ${residentMb(server.pid).toFixed(0)} MB, most seen ${most.toFixed(0)} MB   (< 250)`);
  await server.stop();
  const size = readdirSync(dataDir)
    .filter((name) => name.startsWith("events.db"))
    .reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0);
  const restart = performance.now();
  const again = await startGrantline({ dataDir });
  print(
    `start with these events in the store (${(size / 1e6).toFixed(0)} MB): ${((performance.now() - restart) / 1000).toFixed(2)} s   (< 3)`,
  );
  await again.stop();
  const rebuilt = spawnSync(process.execPath, [join(root, "apps/cli/dist/main.js"), "projections", "rebuild"], {
    encoding: "utf8",
    env: { ...process.env, GRANTLINE_DATA_DIR: dataDir, GRANTLINE_ADMIN_SECRET: ADMIN_SECRET },
  });
  print(
    `projections rebuild:\n${`${rebuilt.stdout}${rebuilt.stderr}`
      .trim()
      .split("\n")
      .slice(-3)
      .map((line) => `  ${line}`)
      .join("\n")}`,
  );
  rmSync(dataDir, { recursive: true, force: true });
}
