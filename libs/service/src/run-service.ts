import { bootstrap } from "@grantline/admin";
import { ConfigError, loadConfig, withPort, type Config } from "@grantline/config";
import type { Endpoint } from "@grantline/oauth/http";
import { measureProjections, openPlatform, operationsEndpoints, type Instruments, type Platform } from "@grantline/platform";
import { createHttpApp } from "./http-app.ts";
import { instrument } from "./instruments.ts";
import { claimPort } from "./port.ts";
import { explain } from "./startup-error.ts";
import { onStop } from "./stop.ts";

/** What a service is made of when it starts. */
export interface ServiceParts {
  readonly config: Config;
  readonly platform: Platform;
  readonly instruments: Instruments;
}

/** What a service does: the endpoints it answers, and its work beside them (projections, relay, duties), closed before the engines are. */
export interface Serving {
  readonly endpoints: readonly Endpoint[];
  /** What else it needs to be ready, by name. */
  readonly checks?: Readonly<Record<string, () => Promise<boolean>>>;
  close?(): Promise<void>;
}

/** One of the services of the distributed shape. */
export interface ServiceDefinition {
  readonly name: string;
  readonly open: (parts: ServiceParts) => Serving | Promise<Serving>;
  /** Puts the bootstrap client and the declared resources in place at start. */
  readonly bootstraps?: boolean;
  /** Repairs what processes share after lost writes. */
  readonly repairs?: boolean;
  /** Its metrics say how far the projections are. */
  readonly measuresProjections?: boolean;
}

/** A service's whole main: every foreseeable failure at start ends in one clear line and a non-zero exit. */
export function runService(definition: ServiceDefinition): void {
  start(definition).catch((error: unknown) => {
    for (const line of explain(error)) process.stderr.write(`${definition.name}: ${line}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  });
}

async function start(definition: ServiceDefinition): Promise<void> {
  const config = await settingsOf(definition.name);
  const instruments = await instrument(config, definition.name);
  const { log } = instruments;
  const platform = await openPlatform({
    config,
    log,
    metrics: instruments.metrics,
    role: "member",
    service: definition.name,
    ...(definition.repairs === undefined ? {} : { repairs: definition.repairs }),
  });
  const parts: ServiceParts = { config, platform, instruments };
  const started = definition.bootstraps === true ? await bootstrap(platform.context, config) : undefined;
  const serving = await definition.open(parts);
  let draining = false;
  const metrics = metricsOf(definition, parts);
  const { endpoints, checks = {} } = serving;
  const operations = operationsEndpoints({ platform, checks, draining: () => draining, ...(config.telemetry.metrics ? { metrics } : {}) });
  const app = await createHttpApp(config, platform, instruments, [...endpoints, ...operations]);
  await app.listen(config.server.port, config.server.host);
  announce(definition.name, config, platform, started?.adminSecret);
  onStop(config.server.shutdownDrain, async () => {
    draining = true;
    await app.drain();
    await serving.close?.();
    await platform.close();
    await instruments.tracing.stop();
  });
}

async function settingsOf(name: string): Promise<Config> {
  const config = loadConfig({ env: process.env, cwd: process.cwd() });
  if (config.storage.store === "sqlite")
    throw new ConfigError([
      `GRANTLINE_STORE: found sqlite; ${name} is one of several processes and needs postgres or eventstoredb. With SQLite run the all-in-one (npm start).`,
    ]);
  return withPort(config, await claimPort(config.server.host, config.server.port));
}

function metricsOf({ measuresProjections }: ServiceDefinition, { platform, instruments: { metrics } }: ServiceParts) {
  return {
    contentType: metrics.contentType,
    text: async () => {
      if (measuresProjections === true) await measureProjections(platform, metrics);
      return metrics.text();
    },
  };
}

function announce(name: string, { server }: Config, { place, notices }: Platform, adminSecret: string | undefined): void {
  const lines = [
    `${name} listens on http://${server.host}:${server.port}`,
    `  issuer   ${server.issuer}`,
    `  engines  ${place}`,
    ...(adminSecret === undefined ? [] : [`  admin client grantline-admin`, `  admin secret ${adminSecret}   (shown this once; keep it)`]),
    ...notices.map((notice) => `  ! ${notice}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
