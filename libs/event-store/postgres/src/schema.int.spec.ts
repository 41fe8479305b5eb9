// Real: PostgreSQL, a cluster of its own. Made: nothing.
import { EventStoreUnavailable, NO_STREAM } from "@grantline/event-store";
import { noOwnPostgres, startPostgres } from "@grantline/testing/ground";
import type { TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf, withClient } from "./fixtures/database.ts";
import { someEvents } from "./fixtures/some-events.ts";
import { migratePostgres, postgresSchemaStatus } from "./migrate.ts";
import { openPostgresEventStore } from "./open.ts";

describe.skipIf(noOwnPostgres)("needs PostgreSQL: GRANTLINE_TEST_POSTGRES_BIN", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres({ own: true });
  }, 120_000);
  afterAll(() => server.stop());

  const refusal = (url: string): Promise<unknown> =>
    openPostgresEventStore({ url }).then(
      async (store) => store.close(),
      (error: unknown) => error,
    );

  describe("migrating", () => {
    it("is done once; a second time there is nothing to do", async () => {
      const url = await server.createDatabase();
      const lines: string[] = [];
      expect(await postgresSchemaStatus({ url })).toEqual({ found: undefined, wanted: 1, pending: ["log"] });
      expect(await migratePostgres({ url, log: (line) => lines.push(line) })).toEqual({ applied: ["log"] });
      expect(await migratePostgres({ url, log: (line) => lines.push(line) })).toEqual({ applied: [] });
      expect(lines).toEqual([
        "applying migration 1, log …",
        "schema grantline is now at version 1",
        "schema grantline is at version 1, nothing to do",
      ]);
      expect(await postgresSchemaStatus({ url })).toEqual({ found: 1, wanted: 1, pending: [] });
    });

    it("by several at once is done by one of them, and the others wait", async () => {
      const url = await server.createDatabase();
      const results = await Promise.all(Array.from({ length: 6 }, () => migratePostgres({ url })));
      expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 0, 1]);
    });

    it("leaves nothing half done when a step fails", async () => {
      const url = await server.createDatabase();
      await rowsOf(url, "CREATE SCHEMA grantline; CREATE TABLE grantline.partitions ()");
      await expect(migratePostgres({ url })).rejects.toThrow(/"partitions" already exists/);
      expect(await rowsOf(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'grantline' ORDER BY 1")).toEqual([
        { tablename: "migrations" },
        { tablename: "partitions" },
      ]);
    });

    it("refuses a database that can't hold all characters", async () => {
      const url = await server.createDatabase({ encoding: "LATIN1" });
      await expect(migratePostgres({ url })).rejects.toMatchObject({ name: "PostgresUnfit", message: expect.stringContaining("LATIN1") });
    });

    it("keeps two schemas of one database apart", async () => {
      const url = await server.createDatabase();
      for (const schema of ["one", "two"]) await migratePostgres({ url, schema });
      const [one, two] = [await openPostgresEventStore({ url, schema: "one" }), await openPostgresEventStore({ url, schema: "two" })];
      await one.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1));
      expect([await one.head(), await two.head()]).toEqual(["1", "0"]);
      await Promise.all([one.close(), two.close()]);
      await expect(openPostgresEventStore({ url, schema: "Robert'); DROP" })).rejects.toMatchObject({ name: "PostgresUnfit" });
    });
  });

  describe("opening refuses in one line", () => {
    it("a database nobody has migrated", async () => {
      expect(await refusal(await server.createDatabase())).toMatchObject({
        name: "PostgresSchemaMissing",
        message: expect.stringMatching(/^the database .* holds no schema grantline: run `grantline database migrate`$/),
      });
    });

    it("an older schema and a newer one; a newer one is not migrated either", async () => {
      const url = await server.createDatabase();
      await migratePostgres({ url });
      await rowsOf(url, "UPDATE grantline.migrations SET version = 0");
      expect(await refusal(url)).toMatchObject({ name: "PostgresSchemaOlder", message: expect.stringContaining("needs 1") });
      await rowsOf(url, "UPDATE grantline.migrations SET version = 99");
      expect(await refusal(url)).toMatchObject({ name: "PostgresSchemaNewer", message: expect.stringContaining("version 99") });
      await expect(migratePostgres({ url })).rejects.toMatchObject({ name: "PostgresSchemaNewer" });
    });

    it("a database without the isolation that appends need", async () => {
      const url = await server.createDatabase();
      await migratePostgres({ url });
      await rowsOf(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_isolation = 'serializable'`);
      expect(await refusal(url)).toMatchObject({ name: "PostgresUnfit", message: expect.stringContaining("serializable") });
    });

    it("a server that does not write to disk", async () => {
      const careless = await startPostgres({ own: true, settings: { fsync: "off" } });
      await migratePostgres({ url: careless.url });
      expect(await refusal(careless.url)).toMatchObject({ name: "PostgresUnfit", message: expect.stringContaining("fsync = off") });
      await careless.stop();
    });

    it("a server that is not there, or refuses us, without saying the password", async () => {
      const nobody = await refusal("postgres://ada:hunter2@127.0.0.1:1/grantline");
      expect(nobody).toBeInstanceOf(EventStoreUnavailable);
      expect(String(nobody)).toMatch(/PostgreSQL at 127\.0\.0\.1:1\/grantline can't be reached: .*ECONNREFUSED/);
      const stranger = server.url.replace("postgres@", "stranger:hunter2@");
      expect(await refusal(stranger)).toMatchObject({ name: "PostgresRefused", message: expect.stringContaining("stranger") });
      await expect(migratePostgres({ url: server.url.replace(/postgres$/, "nowhere") })).rejects.toMatchObject({ name: "PostgresRefused" });
      expect(`${String(nobody)} ${String(await refusal(stranger))}`).not.toContain("hunter2");
    });
  });

  describe("rights", () => {
    it("a serving process can append and read, and neither change nor remove an event", async () => {
      const url = await server.createDatabase();
      await migratePostgres({ url });
      await rowsOf(
        url,
        `CREATE ROLE serving LOGIN; GRANT USAGE ON SCHEMA grantline TO serving;
        GRANT SELECT ON ALL TABLES IN SCHEMA grantline TO serving;
        GRANT EXECUTE ON FUNCTION grantline.append, grantline.read_stream, grantline.read_last TO serving`,
      );
      const serving = url.replace("postgres@", "serving@");
      const store = await openPostgresEventStore({ url: serving });
      await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 2));
      expect([(await store.readStream("thing-1")).length, (await store.readAll("0", 9)).length, await store.head()]).toEqual([2, 2, "2"]);
      expect((await store.readChanges?.("0"))?.changes).toHaveLength(2);
      await store.close();
      const forbidden = [
        "UPDATE grantline.events SET body = ''",
        "DELETE FROM grantline.events",
        "UPDATE grantline.streams SET revision = 0",
        "UPDATE grantline.log SET position = 0",
        "DROP TABLE grantline.events_from_1",
      ];
      for (const sql of forbidden) await expect(rowsOf(serving, sql)).rejects.toThrow(/permission denied|must be owner/);
      await expect(migratePostgres({ url: serving, schema: "own" })).rejects.toMatchObject({ name: "PostgresRefused" });
    });

    it("an append is durable also for a role that has synchronous_commit off", async () => {
      const url = await server.createDatabase();
      await migratePostgres({ url });
      await withClient(url, async (client) => {
        await client.query("SET synchronous_commit = off; BEGIN");
        const event = someEvents("thing-1", 0, 1)[0]!;
        const values = [["thing-1"], [1], [-1], [1], ["thing-1"], [event.id], [event.type], [event.hash], [event.body]];
        await client.query("SELECT grantline.append($1, $2, $3, $4, $5, $6, $7, $8, $9)", values);
        expect((await client.query("SHOW synchronous_commit")).rows).toEqual([{ synchronous_commit: "on" }]);
        await client.query("COMMIT");
        expect((await client.query("SHOW synchronous_commit")).rows).toEqual([{ synchronous_commit: "off" }]);
      });
    });
  });
});
