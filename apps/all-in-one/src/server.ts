import type { Server } from "node:http";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { bootstrap } from "@grantline/admin";
import type { Config } from "@grantline/config";
import { createHttpServer } from "@grantline/http";
import {
  countEvents,
  endpointsOf,
  measureProjections,
  openEmbedded,
  operationsEndpoints,
  rimOptions,
  type Instruments,
  type OperationsParts,
  type Platform,
  type Role,
} from "@grantline/platform";
import { createLogger, createMetrics, startTracing } from "@grantline/telemetry";
import { announce } from "./announce.ts";
import { AppModule } from "./app.module.ts";
import { clusterMetrics } from "./cluster-metrics.ts";
import { drainConnections } from "./drain.ts";
import { onStop } from "./stop.ts";

/** One process that serves HTTP: alone (`single`), or as one of several (`worker`). */
export async function runServer(config: Config, role: Extract<Role, "single" | "worker">): Promise<void> {
  const instruments = await instrument(config, role);
  // In a cluster the primary counts for all; every process sees every event.
  const counting = role === "single" ? { onEvents: countEvents.bind(undefined, instruments.metrics) } : {};
  const platform = await openEmbedded({ config, log: instruments.log, role, ...counting });
  const started = role === "single" ? await bootstrap(platform.context, config) : undefined;
  let draining = false;
  const metrics = role === "single" ? measured(platform, instruments) : clusterMetrics(instruments.metrics);
  const app = await createApp(config, platform, instruments, {
    platform,
    draining: () => draining,
    ...(config.telemetry.metrics ? { metrics } : {}),
  });
  await app.listen(config.server.port, config.server.host);
  if (role === "single") announce(config, platform, started);
  else process.send?.("ready");
  onStop(config.server.shutdownDrain, async () => {
    draining = true;
    await drainConnections(app.getHttpServer() as Server, config.server.shutdownDrain, () => app.close());
    await platform.close();
    await instruments.tracing.stop();
  });
}

export async function instrument(config: Config, role: Role): Promise<Instruments> {
  const service = role === "single" ? "grantline" : `grantline-${role}`;
  return {
    // the announcement has standard output to itself
    log: createLogger({ level: config.telemetry.logLevel, service, destination: process.stderr }),
    metrics: createMetrics(),
    tracing: await startTracing({
      service,
      ...(config.telemetry.otlpEndpoint === undefined ? {} : { endpoint: config.telemetry.otlpEndpoint }),
      ...(config.telemetry.otlpHeaders === undefined ? {} : { headers: config.telemetry.otlpHeaders }),
    }),
  };
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

async function createApp(config: Config, platform: Platform, instruments: Instruments, operations: OperationsParts) {
  const fastify = createHttpServer({ trustedProxies: config.server.trustedProxies, https: config.server.issuer.startsWith("https:") });
  const module = AppModule.forRoot(
    [...endpointsOf(platform), ...operationsEndpoints(operations)],
    rimOptions(config, platform, instruments),
  );
  return NestFactory.create(module, new FastifyAdapter(fastify as never), {
    bodyParser: false,
    logger: ["error", "fatal"],
    abortOnError: false,
  });
}
