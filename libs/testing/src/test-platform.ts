import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrap } from "@grantline/admin";
import { loadConfig, withPort, type Config } from "@grantline/config";
import { createHttpServer, mountEndpoints } from "@grantline/http";
import type { Resolve } from "@grantline/oauth/outbound";
import type { Servers, Upstreams } from "@grantline/upstream";
import {
  endpointsOf,
  openAudit,
  openGatewayOf,
  openPlatform,
  operationsEndpoints,
  rimOptions,
  systemClock,
  type Platform,
} from "@grantline/platform";
import { createLogger, createMetrics, startTracing } from "@grantline/telemetry";
import { freePort } from "./free-port.ts";
import { sharedEngines } from "./shared-engines.ts";
import { Person } from "./person.ts";
import { TestAdmin } from "./test-admin.ts";

export const ADMIN_SECRET = "test-admin-secret-of-32-characters";

export interface TestPlatformOptions {
  /** Settings as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Secrets of others given in the environment (`OAUTH__…`). */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Keeps the folder of a former run, for restarts. */
  readonly dataDir?: string;
  /** The port of a former run, where its issuer has to stay the same. */
  readonly port?: number;
  readonly resolve?: Resolve;
  /** Starts at this moment, epoch seconds, and moves only by `advance`. */
  readonly frozenAt?: number;
  /** The gateway's servers, and the tokens of its users; the platform's own unless given. */
  readonly gateway?: { readonly servers: Servers; readonly upstreams: Upstreams };
}

export interface TestPlatform {
  readonly origin: string;
  readonly issuer: string;
  readonly config: Config;
  readonly platform: Platform;
  readonly context: Platform["context"];
  readonly admin: TestAdmin;
  readonly dataDir: string;
  /** Log lines written so far, as text. */
  readonly logs: () => string;
  /** Moves a frozen clock. */
  advance(seconds: number): void;
  person(): Person;
  /** Runs something when all the gateway has decided so far is in the log. */
  flushed<T>(work: () => Promise<T>): Promise<T>;
  /** Stops; keeps the data folder when asked. */
  close(options?: { readonly keepData?: boolean }): Promise<void>;
}

/** The whole server in this process, over real HTTP, with the real embedded adapters in a folder of its own. Only the clock can be a made one. */
export async function startTestPlatform(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "grantline-test-"));
  const port = options.port ?? (await freePort());
  const env = {
    ...(await sharedEngines(dataDir)),
    GRANTLINE_DATA_DIR: dataDir,
    GRANTLINE_PORT: String(port),
    GRANTLINE_ADMIN_SECRET: ADMIN_SECRET,
    GRANTLINE_LIMIT_FAILURES: "100000",
    GRANTLINE_LIMIT_ANONYMOUS_WRITES: "100000",
    ...options.env,
  };
  const config = withPort(loadConfig({ env, cwd: dataDir }), port);
  let now = options.frozenAt;
  const clock = now === undefined ? systemClock : { now: () => now as number };
  const lines: string[] = [];
  const log = createLogger({ level: "debug", service: "test", destination: { write: (line: string) => void lines.push(line) } });
  const instruments = { log, metrics: createMetrics(), tracing: await startTracing({ service: "test" }) };
  const platform = await openPlatform({
    config,
    log,
    clock,
    schedules: false,
    env: options.secrets ?? {},
    metrics: instruments.metrics,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });
  await bootstrap(platform.context, config);
  const audit = await openAudit({ platform, config, log }, { grows: false });
  const fastify = createHttpServer({ trustedProxies: config.server.trustedProxies, https: config.server.issuer.startsWith("https:") });
  const operations = operationsEndpoints({ platform, metrics: instruments.metrics, draining: () => false });
  const { resolve } = options;
  const gateway = openGatewayOf({
    platform,
    config,
    log,
    metrics: instruments.metrics,
    ...options.gateway,
    ...(resolve === undefined ? {} : { resolve }),
  });
  const all = [...endpointsOf(platform, audit.endpoints), ...gateway.endpoints, ...operations];
  mountEndpoints(fastify, all, rimOptions(config, platform, instruments));
  await fastify.listen({ port, host: "127.0.0.1" });
  const origin = config.server.origin;
  return {
    origin,
    issuer: config.server.issuer,
    config,
    platform,
    context: platform.context,
    admin: new TestAdmin(origin, config.server.issuer, ADMIN_SECRET),
    dataDir,
    logs: () => lines.join(""),
    advance: (seconds) => {
      if (now === undefined) throw new Error("the clock is the real one; give frozenAt");
      now += seconds;
    },
    person: () => new Person(origin),
    flushed: async (work) => {
      await gateway.flush();
      return work();
    },
    close: async ({ keepData = false } = {}) => {
      await fastify.close();
      await gateway.close();
      await audit.close();
      await platform.close();
      if (!keepData && options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
