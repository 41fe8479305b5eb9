import { startDistributed, type Distributed, type ServiceName, type ServiceProcess } from "@grantline/testing/distributed";
import {
  startKafka,
  startPostgres,
  startRedis,
  startToxiproxy,
  type FaultLink,
  type KafkaGround,
  type TestPostgres,
  type TestRedis,
  type Toxiproxy,
} from "@grantline/testing/ground";
import { freePort } from "@grantline/testing";
import { clockShift, type ClockShift } from "./clock-shift.ts";
import { openLinks, type Links } from "./links.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly kafka: boolean;
  /** PostgreSQL and Kafka on small disks that can be filled; needs the right to mount. */
  readonly smallDisks?: boolean;
  /** One token-service has a clock that can be set. */
  readonly clocks?: boolean;
}

/** The distributed shape with everything between its parts under our hand. */
export interface World {
  readonly platform: Distributed;
  readonly postgres: TestPostgres;
  /** Past every fault. */
  readonly postgresUrl: string;
  readonly redis: TestRedis;
  readonly kafka?: KafkaGround;
  readonly links: Links;
  readonly disks: { readonly postgres?: SmallDisk; readonly kafka?: SmallDisk };
  /** Of the second token-service. */
  readonly clock?: ClockShift;
  /** Who works at a duty, as far as the processes say. */
  holderOf(duty: string): Holder | undefined;
  stop(): Promise<void>;
}

export interface Holder {
  readonly process: ServiceProcess;
  readonly service: ServiceName;
  readonly instance: number;
  readonly term: number;
}

export const INSTANCES = { "token-service": 2, "client-registry": 2, "rotation-worker": 2, "audit-projector": 2 } as const;
const POSTGRES_MB = 400;
const KAFKA_MB = 256;
export const TOPIC_PREFIX = "faults";
export const KEY_SPACE = "faults";

export async function startWorld(options: WorldOptions): Promise<World> {
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    return await start(options, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: WorldOptions, stops: (() => Promise<void> | void)[], stop: () => Promise<void>): Promise<World> {
  const engines = await startEngines(options, stops);
  const { postgres, postgresUrl, redis, proxy, kafkaLink } = engines;
  const ports = { postgres: Number(new URL(postgresUrl).port), redis: redis.port };
  const links = await openLinks({ proxy, instances: INSTANCES, ports, ...(kafkaLink === undefined ? {} : { kafka: kafkaLink }) });
  const clock = options.clocks === true ? clockShift() : undefined;
  if (clock !== undefined) stops.push(clock.remove);
  const platform = await startDistributed({
    instances: INSTANCES,
    healthChecks: true,
    env: {
      GRANTLINE_REFRESH_RETRY_WINDOW: "5m",
      GRANTLINE_KAFKA_TOPIC_PREFIX: TOPIC_PREFIX,
      GRANTLINE_REDIS_KEY_SPACE: KEY_SPACE,
      // longer than the front takes to notice
      GRANTLINE_SHUTDOWN_NOTICE: "5s",
    },
    envOf: (service, instance) => ({
      GRANTLINE_POSTGRES_URL: through(postgresUrl, links.port("postgres", service, instance)),
      GRANTLINE_REDIS_URL: `redis://127.0.0.1:${links.port("redis", service, instance)}`,
      // they tell there which duties they took
      ...(service === "audit-projector" || service === "rotation-worker" ? { GRANTLINE_LOG_LEVEL: "info" } : {}),
      ...(service === "token-service" && instance === 1 ? clock?.env : {}),
    }),
    engines: {
      postgresUrl,
      redisUrl: redis.url,
      ...(kafkaLink === undefined ? {} : { kafkaBrokers: `127.0.0.1:${kafkaLink.port}` }),
    },
  });
  stops.push(platform.stop);
  return {
    platform,
    postgres,
    postgresUrl,
    redis,
    ...(engines.kafka === undefined ? {} : { kafka: engines.kafka }),
    links,
    disks: engines.disks,
    ...(clock === undefined ? {} : { clock }),
    holderOf: (duty) => holderOf(platform, duty),
    stop,
  };
}

interface WorldEngines {
  readonly postgres: TestPostgres;
  readonly postgresUrl: string;
  readonly redis: TestRedis;
  readonly proxy: Toxiproxy;
  readonly kafka?: KafkaGround;
  readonly kafkaLink?: FaultLink;
  readonly disks: { readonly postgres?: SmallDisk; readonly kafka?: SmallDisk };
}

async function startEngines(options: WorldOptions, stops: (() => Promise<void> | void)[]): Promise<WorldEngines> {
  const disk = (megabytes: number): SmallDisk | undefined => {
    const mounted = options.smallDisks === true ? mountSmallDisk(megabytes) : undefined;
    if (mounted !== undefined) stops.push(mounted.remove);
    return mounted;
  };
  const disks = { postgres: disk(POSTGRES_MB), kafka: options.kafka ? disk(KAFKA_MB) : undefined };
  const proxy = await startToxiproxy({ seed: options.seed });
  stops.push(proxy.stop);
  const postgres = await startPostgres({
    own: true,
    ...(disks.postgres === undefined ? {} : { base: disks.postgres.folder, settings: { max_wal_size: "64MB", min_wal_size: "32MB" } }),
  });
  stops.push(postgres.stop);
  const redis = await startRedis({ replica: true });
  stops.push(redis.stop);
  const kafka = options.kafka ? await startKafkaBehind(proxy, disks.kafka?.folder) : {};
  if (kafka.kafka !== undefined) stops.push(kafka.kafka.stop);
  return {
    postgres,
    postgresUrl: await postgres.createDatabase(),
    redis,
    proxy,
    ...kafka,
    disks: {
      ...(disks.postgres === undefined ? {} : { postgres: disks.postgres }),
      ...(disks.kafka === undefined ? {} : { kafka: disks.kafka }),
    },
  };
}

async function startKafkaBehind(
  proxy: Toxiproxy,
  base?: string,
): Promise<{ readonly kafka?: KafkaGround; readonly kafkaLink?: FaultLink }> {
  const advertised = await freePort();
  const kafka = await startKafka({ advertised, ...(base === undefined ? {} : { base }) });
  return { kafka, kafkaLink: await proxy.link("kafka", kafka.port, advertised) };
}

function through(url: string, port: number): string {
  const own = new URL(url);
  own.port = String(port);
  return own.href;
}

/** Each process writes a line when it takes a duty; the highest term is the one that counts. */
function holderOf(platform: Distributed, duty: string): Holder | undefined {
  let found: Holder | undefined;
  for (const service of ["audit-projector", "rotation-worker"] as const)
    for (const [instance, process] of platform.all(service).entries())
      for (const line of process.output().split("\n")) {
        if (!line.includes('"took a duty over"') || !line.includes(`"duty":"${duty}"`)) continue;
        const term = Number(/"term":(\d+)/.exec(line)?.[1] ?? 0);
        if (found === undefined || term > found.term) found = { process, service, instance, term };
      }
  return found;
}
