// Where does one scenario's time go? node tools/launch/bench.mjs profile "introspection, opaque": V8's CPU profile of the server under load, self time by function and by file.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare } from "./grantline-target.ts";
import { load, type Scenario } from "./load.ts";
import { cpuMicroseconds, startGrantline } from "./processes.ts";

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly children?: readonly number[];
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const wanted = process.argv[2] ?? "introspection, opaque";
const dir = mkdtempSync(join(tmpdir(), "grantline-profile-"));
const server = await startGrantline({ nodeArgs: ["--cpu-prof", "--cpu-prof-interval=200", `--cpu-prof-dir=${dir}`] });
const target = await prepare(server, 32);
const scenario = (Object.values(target) as Scenario[]).find(({ name }) => name.includes(wanted));
if (scenario === undefined) throw new Error(`no scenario ${wanted}`);
await load(scenario, { port: server.port, connections: 32, seconds: 3 });
const before = cpuMicroseconds(server.pid);
const { requests } = await load(scenario, { port: server.port, connections: 32, seconds: Number(process.env["BENCH_SECONDS"] ?? 6) });
process.stdout.write(
  `${scenario.name}: ${((cpuMicroseconds(server.pid) - before) / requests).toFixed(0)} µs CPU each, ${requests} requests\n`,
);
await server.stop();
for (const file of readdirSync(dir)) show(JSON.parse(readFileSync(join(dir, file), "utf8")) as Profile, file);
rmSync(dir, { recursive: true, force: true });

function show(profile: Profile, file: string): void {
  const names = new Map(
    profile.nodes.map(({ id, callFrame }) => [
      id,
      `${callFrame.functionName || "(anonymous)"} ${callFrame.url.split("/").slice(-3).join("/")}:${callFrame.lineNumber + 1}`,
    ]),
  );
  const self = new Map<string, number>();
  let total = 0;
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id) ?? "?";
    const delta = profile.timeDeltas[index] ?? 0;
    if (name.startsWith("(idle)")) continue;
    self.set(name, (self.get(name) ?? 0) + delta);
    total += delta;
  }
  process.stdout.write(`\n${file}\n`);
  const groups = new Map<string, number>();
  for (const [name, time] of self) {
    const group = / node:/.test(name)
      ? "node"
      : (/ (?:.*\/)?((?:libs|fastify|prom-client|pino|dist)[^:]*)/.exec(name)?.[1] ?? name.replace(/^\S+ /, "").replace(/:\d+$/, ""));
    groups.set(group, (groups.get(group) ?? 0) + time);
  }
  for (const [name, time] of [...groups].sort((a, b) => b[1] - a[1]).slice(0, 25))
    process.stdout.write(`${((100 * time) / total).toFixed(1).padStart(6)} %  [${name}]\n`);
  for (const [name, time] of [...self].sort((a, b) => b[1] - a[1]).slice(0, 45))
    process.stdout.write(`${((100 * time) / total).toFixed(1).padStart(6)} %  ${name}\n`);
  const parent = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const inclusive = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const seen = new Set<string>();
    for (let at = id as number | undefined; at !== undefined; at = parent.get(at)) seen.add(names.get(at) ?? "?");
    for (const name of seen) inclusive.set(name, (inclusive.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  process.stdout.write("with what it calls\n");
  const own = [...inclusive].filter(([name]) => /dist\//.test(name)).sort((a, b) => b[1] - a[1]);
  for (const [name, time] of own.slice(0, 40)) process.stdout.write(`${((100 * time) / total).toFixed(1).padStart(6)} %  ${name}\n`);
}
