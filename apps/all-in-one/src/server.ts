import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { bootstrap } from "@grantline/admin";
import type { Config } from "@grantline/config";
import { createHttpServer } from "@grantline/http";
import { endpointsOf, openEmbedded, operationsEndpoints, rimOptions, type Instruments, type Platform, type Role } from "@grantline/platform";
import { createLogger, createMetrics, startTracing } from "@grantline/telemetry";
import { announce } from "./announce.ts";
import { AppModule } from "./app.module.ts";
import { onStop } from "./stop.ts";


/** One process that serves HTTP: alone (`single`), or as one of several (`worker`). */
export async function runServer(config: Config, role: Extract<Role, "single" | "worker">): Promise<void> {
  const instruments = await instrument(config, role);
  const platform = await openEmbedded({ config, log: instruments.log, role });
  const started = role === "single" ? await bootstrap(platform.context, config) : undefined;
  let draining = false;
  const app = await createApp(config, platform, instruments, () => draining);
  await app.listen(config.server.port, config.server.host);
  if (role === "single") announce(config, platform, started);
  else process.send?.("ready");
  onStop(config.server.shutdownDrain, async () => {
    draining = true;
    await app.close();
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
    tracing: await startTracing({ service, ...(config.telemetry.otlpEndpoint === undefined ? {} : { endpoint: config.telemetry.otlpEndpoint }), ...(config.telemetry.otlpHeaders === undefined ? {} : { headers: config.telemetry.otlpHeaders }) }),
  };
}

async function createApp(config: Config, platform: Platform, instruments: Instruments, draining: () => boolean) {
  const fastify = createHttpServer({ trustedProxies: config.server.trustedProxies });
  const operations = operationsEndpoints({ platform, draining, ...(config.telemetry.metrics ? { metrics: instruments.metrics } : {}) });
  const module = AppModule.forRoot([...endpointsOf(platform), ...operations], rimOptions(config, platform, instruments));
  return NestFactory.create(module, new FastifyAdapter(fastify as never), { bodyParser: false, logger: ["error", "fatal"], abortOnError: false });
}
