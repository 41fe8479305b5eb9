import { bootstrap } from "@grantline/admin";
import type { Config } from "@grantline/config";
import {
  endpointsOf,
  eventCounter,
  measureProjections,
  openAudit,
  openGatewayOf,
  openBridge,
  openPlatform,
  operationsEndpoints,
  startWatchingAlone,
  type Instruments,
  type OperationsParts,
  type Platform,
  type Role,
} from "@grantline/platform";
import { createHttpApp, instrument, onStop } from "@grantline/service";
import { announce } from "./announce.ts";
import { clusterMetrics } from "./cluster-metrics.ts";

/** One process that serves HTTP: alone (`single`), or as one of several (`worker`). */
export async function runServer(config: Config, role: Extract<Role, "single" | "worker">): Promise<void> {
  const instruments = await instrument(config, role === "single" ? "grantline" : "grantline-worker");
  const platform = await openPlatform({ config, ...instruments, role, onAppended: eventCounter(instruments.metrics) });
  const started = role === "single" ? await bootstrap(platform.context, config) : undefined;
  const audit = await openAudit({ platform, config, log: instruments.log }, { grows: role === "single" });
  const watching = role === "single" ? startWatchingAlone({ platform, config, log: instruments.log, instruments }) : undefined;
  const bridge = openBridge({ platform, config, instruments, env: process.env });
  const bridging = role === "single" ? bridge?.startDuties() : undefined;
  let draining = false;
  const metrics = role === "single" ? measured(platform, instruments) : clusterMetrics(instruments.metrics);
  const operations = operationsEndpoints({
    platform,
    draining: () => draining,
    ...(config.telemetry.metrics ? { metrics } : {}),
  });
  const gateway = openGatewayOf({ platform, config, ...instruments });
  const endpoints = [...endpointsOf(platform, [...audit.endpoints, ...(bridge?.endpoints ?? [])]), ...gateway.endpoints, ...operations];
  const app = await createHttpApp(config, platform, instruments, endpoints);
  await app.listen(config.server.port, config.server.host);
  if (role === "single") announce(config, platform, started);
  else process.send?.("ready");
  onStop(config.server.shutdownDrain, async () => {
    draining = true;
    await app.drain();
    await gateway.close();
    await bridging?.close();
    await bridge?.close();
    await watching?.close();
    await audit.close();
    await platform.close();
    await instruments.tracing.stop();
  });
}

/** The metrics of the only process, its projections looked at when asked. */
function measured(platform: Platform, { metrics }: Instruments): NonNullable<OperationsParts["metrics"]> {
  return {
    contentType: metrics.contentType,
    text: async () => {
      await measureProjections(platform, metrics);
      return metrics.text();
    },
  };
}
