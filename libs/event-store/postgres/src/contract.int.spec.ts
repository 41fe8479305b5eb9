// Real: PostgreSQL, a cluster of its own. Made: nothing.
import { runEventStoreContract } from "@grantline/event-store/contract";
import type { StorePlace } from "@grantline/event-store/contract";
import { noPostgres, startPostgres } from "@grantline/testing/ground";
import type { TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe } from "vitest";
import { migratePostgres } from "./migrate.ts";
import { openPostgresEventStore } from "./open.ts";

describe.skipIf(noPostgres)("needs PostgreSQL: GRANTLINE_TEST_POSTGRES_BIN or GRANTLINE_TEST_POSTGRES_URL", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server.stop());

  runEventStoreContract("PostgreSQL", async (): Promise<StorePlace> => {
    const url = await server.createDatabase();
    await migratePostgres({ url });
    const open = () => openPostgresEventStore({ url });
    return { open, openPeer: open, remove: () => Promise.resolve() };
  });
});
