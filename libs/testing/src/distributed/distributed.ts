import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { startPostgres, type TestPostgres } from "../ground/postgres.ts";
import { startRedis, type TestRedis } from "../ground/redis.ts";
import { Person } from "../person.ts";
import { TestAdmin } from "../test-admin.ts";
import { ADMIN_SECRET } from "../test-platform.ts";
import { startFront, type Front, type Routes } from "./front.ts";
import { serviceProcess, type ServiceProcess } from "./service-process.ts";

export type ServiceName = "token-service" | "client-registry" | "dcr-bridge" | "mcp-gateway" | "rotation-worker" | "audit-projector";

export interface DistributedOptions {
  /** Instances of each service; default two token-services and one of client-registry, rotation-worker and audit-projector. */
  readonly instances?: Partial<Record<ServiceName, number>>;
  /** More settings, for every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** More settings for one instance, counted from 0: addresses of its own fault proxies, a clock of its own. */
  readonly envOf?: (service: ServiceName, instance: number) => Readonly<Record<string, string>>;
  /** The front asks each instance every second whether it is ready, and leaves out those that are not. */
  readonly healthChecks?: boolean;
  /** Engines that run already; the caller stops those. The addresses the services get may be those of a fault proxy. */
  readonly engines?: {
    readonly postgresUrl: string;
    readonly redisUrl: string;
    readonly kafkaBrokers?: string;
    readonly migrateUrl?: string;
  };
}

/** The distributed shape as real processes on real engines, behind one origin. */
export interface Distributed {
  readonly origin: string;
  readonly issuer: string;
  readonly admin: TestAdmin;
  readonly env: Readonly<Record<string, string>>;
  /** Engines started for it; absent when they were given. */
  readonly postgres?: TestPostgres;
  readonly redis?: TestRedis;
  all(service: ServiceName): readonly ServiceProcess[];
  person(): Person;
  stop(): Promise<void>;
}

const DEFAULT = {
  "client-registry": 1,
  "token-service": 2,
  "rotation-worker": 1,
  "audit-projector": 1,
  "dcr-bridge": 0,
  "mcp-gateway": 0,
} as const;
const CLI = join(import.meta.dirname, "..", "..", "..", "..", "apps", "cli", "dist", "main.js");

/** Brings engines up unless they are given, migrates, starts the services and the front. Needs a build (`npm run build`). */
export async function startDistributed(options: DistributedOptions = {}): Promise<Distributed> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  try {
    return await start(options, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: DistributedOptions, stops: (() => Promise<void>)[], stop: () => Promise<void>): Promise<Distributed> {
  const folder = mkdtempSync(join(tmpdir(), "grantline-distributed-"));
  stops.push(async () => rmSync(folder, { recursive: true, force: true }));
  const engines = await enginesOf(options, stops);
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const env = {
    GRANTLINE_ISSUER: `${origin}/oauth`,
    GRANTLINE_STORE: "postgres",
    GRANTLINE_POSTGRES_URL: engines.postgresUrl,
    GRANTLINE_REDIS_URL: engines.redisUrl,
    ...(engines.kafkaBrokers === undefined ? {} : { GRANTLINE_KAFKA_BROKERS: engines.kafkaBrokers }),
    GRANTLINE_KEK: randomBytes(32).toString("base64"),
    GRANTLINE_ADMIN_SECRET: ADMIN_SECRET,
    GRANTLINE_TRUSTED_PROXIES: "127.0.0.1",
    GRANTLINE_LIMIT_FAILURES: "100000",
    GRANTLINE_LIMIT_ANONYMOUS_WRITES: "100000",
    ...options.env,
  };
  execFileSync(process.execPath, [CLI, "database", "migrate"], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", ...env, GRANTLINE_POSTGRES_URL: engines.migrateUrl ?? engines.postgresUrl },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const services: ServiceProcess[] = [];
  const all = (service: ServiceName): readonly ServiceProcess[] => services.filter((one) => one.service === service);
  // first, as dcr-bridge is ready only once it reaches the registry through it
  const front = await frontOf(port, all, options.healthChecks === true);
  stops.push(front.close);
  await startServices(options, env, folder, services, stops);
  const { postgres, redis } = engines;
  return {
    origin,
    issuer: env.GRANTLINE_ISSUER,
    admin: new TestAdmin(origin, env.GRANTLINE_ISSUER, ADMIN_SECRET),
    env,
    ...(postgres === undefined ? {} : { postgres }),
    ...(redis === undefined ? {} : { redis }),
    all,
    person: () => new Person(origin),
    stop,
  };
}

interface Engines {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly kafkaBrokers?: string;
  readonly migrateUrl?: string;
  readonly postgres?: TestPostgres;
  readonly redis?: TestRedis;
}

async function enginesOf(options: DistributedOptions, stops: (() => Promise<void>)[]): Promise<Engines> {
  if (options.engines !== undefined) return options.engines;
  const postgres = await startPostgres({ own: true });
  stops.push(postgres.stop);
  const redis = await startRedis();
  stops.push(redis.stop);
  return { postgres, redis, postgresUrl: await postgres.createDatabase(), redisUrl: redis.url };
}

/** One service after the other, as one needs the keys and clients the other makes; instances of one side by side. */
async function startServices(
  { instances, envOf = () => ({}) }: DistributedOptions,
  env: Readonly<Record<string, string>>,
  folder: string,
  services: ServiceProcess[],
  stops: (() => Promise<void>)[],
): Promise<void> {
  const counts = { ...DEFAULT, ...instances };
  stops.push(async () => {
    await Promise.all(
      services.map(async (one) => {
        await one.signal("SIGCONT");
        await one.signal("SIGKILL");
      }),
    );
  });
  const order: readonly ServiceName[] = [
    "rotation-worker",
    "client-registry",
    "token-service",
    "audit-projector",
    "mcp-gateway",
    "dcr-bridge",
  ];
  for (const service of order) {
    const ports = await Promise.all(Array.from({ length: counts[service] }, freePort));
    const own = ports.map((port, n) => serviceProcess(service, port, { ...env, ...envOf(service, n) }, folder));
    services.push(...own);
    await Promise.all(own.map((one) => one.start()));
  }
}

function frontOf(port: number, all: (service: ServiceName) => readonly ServiceProcess[], checked: boolean): Promise<Front> {
  const of = (service: ServiceName) => () =>
    all(service)
      .filter((one) => one.running())
      .map(({ origin }) => origin);
  const routes: Routes = [
    ["/oauth/register", of("client-registry")],
    ["/admin/", of("client-registry")],
    ["/audit/", of("audit-projector")],
    ["/.well-known/grantline/", of("audit-projector")],
    ["/bridge/", of("dcr-bridge")],
    ["/mcp/", of("mcp-gateway")],
    ["/gateway/", of("mcp-gateway")],
    ["/connect/", of("mcp-gateway")],
    ["/.well-known/oauth-protected-resource/mcp/", of("mcp-gateway")],
    ["/.well-known/oauth-protected-resource/gateway/", of("mcp-gateway")],
    ["/.well-known/oauth-authorization-server/bridge", of("dcr-bridge")],
    ["/.well-known/openid-configuration/bridge", of("dcr-bridge")],
    ["/", of("token-service")],
  ];
  return startFront(port, routes, checked);
}
