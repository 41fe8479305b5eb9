import { z } from "zod";
import { choice, list, text } from "../kinds.ts";

const url = (...schemes: readonly string[]) => z.url({ protocol: new RegExp(`^(${schemes.join("|")})$`) });

/** Where events, read models and keys are kept: embedded files, or engines of their own that many processes share. */
export const storage = z.strictObject({
  store: choice(
    {
      env: "GRANTLINE_STORE",
      doc: "Event store. `sqlite` is embedded and belongs to one machine; with the others any number of processes serve one installation.",
    },
    ["sqlite", "postgres", "eventstoredb"],
    "sqlite",
  ),
  postgresUrl: text(url("postgres", "postgresql").optional(), {
    env: "GRANTLINE_POSTGRES_URL",
    secret: true,
    allowed: "a postgres:// URL",
    defaultText: "none",
    doc: "PostgreSQL for the events (`GRANTLINE_STORE=postgres`) and, whenever the store is not embedded, for wrapped signing keys and subject keys.",
  }),
  eventstoreUrl: text(url("esdb", "esdb\\+discover", "kurrentdb", "kurrentdb\\+discover").optional(), {
    env: "GRANTLINE_EVENTSTORE_URL",
    secret: true,
    allowed: "an esdb:// or kurrentdb:// connection string",
    defaultText: "none",
    doc: "EventStoreDB (KurrentDB) for the events when `GRANTLINE_STORE=eventstoredb`.",
  }),
  redisUrls: list(url("redis", "rediss"), [], {
    env: "GRANTLINE_REDIS_URL",
    secret: true,
    allowed: "a redis:// or rediss:// URL; several, separated by commas, are nodes of one cluster",
    defaultText: "none: read models are embedded files",
    doc: "Redis for the read models. Needed when the store is not embedded.",
  }),
  redisKeySpace: text(
    z
      .string()
      .regex(/^[a-z0-9-]{0,32}$/)
      .optional(),
    {
      env: "GRANTLINE_REDIS_KEY_SPACE",
      allowed: "up to 32 of a-z, 0-9 and dash",
      defaultText: "the region's name",
      doc: "Tells installations apart that share one Redis. Take another one after the events were restored from a backup.",
    },
  ),
  kafkaBrokers: list(z.string().regex(/^[^\s:,/]+:\d{1,5}$/), [], {
    env: "GRANTLINE_KAFKA_BROKERS",
    allowed: "a list of host:port",
    defaultText: "none: nothing is relayed",
    doc: "Kafka brokers the relay publishes events to.",
  }),
  kafkaTopicPrefix: text(
    z
      .string()
      .regex(/^[a-zA-Z0-9._-]{1,64}$/)
      .default("grantline"),
    {
      env: "GRANTLINE_KAFKA_TOPIC_PREFIX",
      allowed: "1 to 64 letters, digits, dots, dashes and underscores",
      doc: "Topics are called {prefix}.events, {prefix}.revocations and {prefix}.alerts.",
    },
  ),
});
