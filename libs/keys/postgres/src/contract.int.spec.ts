import { runKeysContract } from "@grantline/keys/contract";
import { noPostgres, startPostgres, type TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe } from "vitest";
import { postgresPlace } from "./fixtures/key-places.ts";

// Real: PostgreSQL, pg_dump, OpenSSL. Fake: the clock.
describe.skipIf(noPostgres)("needs PostgreSQL: the key ports", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres({ settings: { fsync: "off" } });
  });
  afterAll(() => server.stop(), 60_000);
  runKeysContract("PostgreSQL", () => postgresPlace(server));
});
