// What this machine must have. Found out before anything is started.
import { bringKafka } from "../ground/kafka.mjs";
import { bringNginx } from "../ground/nginx.mjs";
import { bringPostgres } from "../ground/postgres.mjs";
import { bringRedis } from "../ground/redis.mjs";
import { cache } from "../ground/components.mjs";

const COMPONENTS = [
  {
    name: "postgres",
    title: "PostgreSQL",
    ownAddress: "GRANTLINE_POSTGRES_URL",
    bring: () => process.env.GRANTLINE_TEST_POSTGRES_BIN ?? bringPostgres(),
    hint: "install the package postgresql (15 or newer), or name a database in GRANTLINE_POSTGRES_URL",
  },
  {
    name: "redis",
    title: "Redis",
    ownAddress: "GRANTLINE_REDIS_URL",
    bring: () => process.env.GRANTLINE_TEST_REDIS_SERVER ?? bringRedis(),
    hint: "install the package redis-server (7 or newer), or name a Redis in GRANTLINE_REDIS_URL",
  },
  {
    name: "kafka",
    title: "Kafka",
    ownAddress: "GRANTLINE_KAFKA_BROKERS",
    bring: () => process.env.GRANTLINE_TEST_KAFKA_LIB ?? bringKafka(cache),
    hint: "install Java 17 and Maven, or name brokers in GRANTLINE_KAFKA_BROKERS; empty (GRANTLINE_KAFKA_BROKERS=) goes without",
  },
  { name: "nginx", title: "nginx", bring: () => process.env.GRANTLINE_TEST_NGINX ?? bringNginx(), hint: "install the package nginx" },
];

/** Program or folder of each component, by name; undefined where an address in the environment is used instead. Throws with a line for each that is missing. */
export function components() {
  const found = {};
  const missing = [];
  for (const { name, title, ownAddress, bring, hint } of COMPONENTS) {
    if (ownAddress !== undefined && process.env[ownAddress] !== undefined) continue;
    found[name] = bring();
    if (found[name] === undefined) missing.push(`${title} is not on this machine and could not be brought: ${hint}.`);
  }
  if (missing.length > 0) throw new Error(missing.join("\n"));
  return found;
}
