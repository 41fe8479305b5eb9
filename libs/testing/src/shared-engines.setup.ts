import { startPostgres, startRedis } from "./ground/index.ts";

/** Vitest's global setup for `GRANTLINE_TEST_SHAPE=shared`: one PostgreSQL and one Redis for the whole run. */
export default async function setup(): Promise<() => Promise<void>> {
  // many databases on a machine of two cores: what is acknowledged is still on disk, checkpoints come seldom
  const postgres = await startPostgres({ own: true, settings: { max_connections: "800", checkpoint_timeout: "1h", max_wal_size: "8GB" } });
  const redis = await startRedis();
  process.env["GRANTLINE_TEST_SHARED_POSTGRES_URL"] = postgres.url;
  process.env["GRANTLINE_TEST_SHARED_REDIS_URL"] = redis.url;
  return async () => {
    await redis.stop();
    await postgres.stop();
  };
}
