// Loaded into the server's threads by `npm run bench -- stalls`: writes down when a thread could not go on, and why. One line each to stderr:
// "stall KIND FROM TO CPU QUEUED", times in microseconds of the monotonic clock, CPU and QUEUED as the scheduler counted them for this thread meanwhile.
import { readFileSync, writeSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { syncBuiltinESMExports } from "node:module";
import workers, { isMainThread } from "node:worker_threads";

// The writer's thread is started with flags of its own: it gets this one too.
if (isMainThread) {
  const { Worker } = workers;
  workers.Worker = class extends Worker {
    constructor(file, options) {
      super(file, { ...options, execArgv: [...(options?.execArgv ?? []), "--import", import.meta.url] });
    }
  };
  syncBuiltinESMExports();
}

const LEAST_US = 3_000;
const TICK_MS = 2;

const now = () => Number(process.hrtime.bigint() / 1_000n);
/** Microseconds this thread ran, and waited for a core while it could have run. */
const scheduled = () =>
  readFileSync("/proc/thread-self/schedstat", "utf8")
    .split(" ", 2)
    .map((nanoseconds) => Number(nanoseconds) / 1_000);

function tell(kind, from, to, [cpu, queued], [cpuBefore, queuedBefore]) {
  if (to - from >= LEAST_US)
    writeSync(2, `stall ${kind} ${from} ${to} ${(cpu - cpuBefore).toFixed(0)} ${(queued - queuedBefore).toFixed(0)}\n`);
}

function timed(kind, work) {
  const [from, before] = [now(), scheduled()];
  try {
    return work();
  } finally {
    tell(kind, from, now(), scheduled(), before);
  }
}

const where = isMainThread ? "main" : "writer";
const commits = new WeakSet();
const { prepare, exec } = DatabaseSync.prototype;
const { run } = StatementSync.prototype;
DatabaseSync.prototype.prepare = function (sql, ...rest) {
  const statement = prepare.call(this, sql, ...rest);
  if (sql === "COMMIT") commits.add(statement);
  return statement;
};
StatementSync.prototype.run = function (...values) {
  return commits.has(this) ? timed(`commit-${where}`, () => run.apply(this, values)) : run.apply(this, values);
};
DatabaseSync.prototype.exec = function (sql) {
  return sql === "COMMIT" ? timed(`commit-${where}`, () => exec.call(this, sql)) : exec.call(this, sql);
};

new PerformanceObserver((list) => {
  for (const { startTime, duration, detail } of list.getEntries()) {
    const from = Math.round((performance.timeOrigin + startTime) * 1_000 - offset);
    tell(
      `gc-${where}-${detail.kind === 1 || detail.kind === 2 ? "minor" : "major"}`,
      from,
      Math.round(from + duration * 1_000),
      [0, 0],
      [0, 0],
    );
  }
}).observe({ entryTypes: ["gc"] });
const offset = (performance.timeOrigin + performance.now()) * 1_000 - now();

if (isMainThread) {
  let [last, before] = [now(), scheduled()];
  setInterval(() => {
    const [at, counted] = [now(), scheduled()];
    tell("loop", last + TICK_MS * 1_000, at, counted, before);
    [last, before] = [at, counted];
  }, TICK_MS).unref();
}
