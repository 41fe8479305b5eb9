import cluster, { type Worker } from "node:cluster";
import { bootstrap } from "@grantline/admin";
import type { Config } from "@grantline/config";
import { eventCounter, measureProjections, openAudit, openBridge, openPlatform, startWatchingAlone } from "@grantline/platform";
import { instrument, onStop } from "@grantline/service";
import { announce } from "./announce.ts";
import { serveClusterMetrics } from "./cluster-metrics.ts";

/** A worker that dies sooner than this after its start is not started again at once. */
const SHORTEST_LIFE_MS = 2_000;

/** The process that owns the event writer, the projections and the schedules, and keeps the workers running. */
export async function runPrimary(config: Config): Promise<void> {
  const instruments = await instrument(config, "grantline-primary");
  const platform = await openPlatform({
    config,
    log: instruments.log,
    metrics: instruments.metrics,
    role: "primary",
    onAppended: eventCounter(instruments.metrics),
  });
  const started = await bootstrap(platform.context, config);
  const audit = await openAudit({ platform, config, log: instruments.log }, { grows: true });
  const watching = startWatchingAlone({ platform, config, log: instruments.log, instruments });
  const bridge = openBridge({ platform, config, instruments, env: process.env });
  const bridging = bridge?.startDuties();
  serveClusterMetrics(instruments.metrics, () => measureProjections(platform, instruments.metrics));
  let stopping = false;
  const ready = Promise.withResolvers<void>();
  let listening = 0;
  const keepOne = (): void => {
    if (stopping) return;
    const born = performance.now();
    const worker = cluster.fork({ GRANTLINE_PORT: String(config.server.port) });
    worker.on("message", (message) => {
      // One that died at its start and was replaced must not keep the others from being announced.
      if (message === "ready" && ++listening === config.server.workers) ready.resolve();
    });
    worker.once("exit", (code, signal) => {
      if (stopping) return;
      instruments.log.error({ pid: worker.process.pid, code, signal }, "a worker died; starting another");
      setTimeout(keepOne, Math.max(0, SHORTEST_LIFE_MS - (performance.now() - born)));
    });
  };
  for (let index = 0; index < config.server.workers; index++) keepOne();
  await ready.promise;
  announce(config, platform, started);
  onStop(config.server.shutdownDrain, async () => {
    stopping = true;
    await Promise.all(Object.values(cluster.workers ?? {}).map((worker) => (worker === undefined ? undefined : stop(worker))));
    await bridging?.close();
    await bridge?.close();
    await watching.close();
    await audit.close();
    await platform.close();
    await instruments.tracing.stop();
  });
}

function stop(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once("exit", () => resolve());
    worker.kill("SIGTERM");
  });
}
