// Real: PostgreSQL, a cluster of its own, and the command line as a program. Made: nothing.
import { tmpdir } from "node:os";
import { chainHash, uuidV7 } from "@grantline/event-store";
import { openPostgresEventStore } from "@grantline/event-store-postgres";
import { noPostgres, startPostgres } from "@grantline/testing/ground";
import type { TestPostgres } from "@grantline/testing/ground";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explain } from "../failure.ts";
import { createProgram } from "../program.ts";

describe.skipIf(noPostgres)("needs PostgreSQL: GRANTLINE_TEST_POSTGRES_BIN or GRANTLINE_TEST_POSTGRES_URL", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server.stop());

  async function grantline(args: readonly string[], url: string, env: Readonly<Record<string, string>> = {}) {
    const said = { out: "", error: "", failed: [] as readonly string[] };
    const program = createProgram({
      env: {
        GRANTLINE_STORE: "postgres",
        GRANTLINE_POSTGRES_URL: url,
        GRANTLINE_REDIS_URL: "redis://127.0.0.1:1",
        GRANTLINE_KEK: Buffer.alloc(32, 7).toString("base64"),
        ...env,
      },
      cwd: tmpdir(),
      out: (text) => void (said.out += text),
      error: (text) => void (said.error += text),
    });
    await program.parseAsync(["node", "grantline", ...args]).catch((error: unknown) => (said.failed = explain(error)));
    return said;
  }

  it("database migrate makes both schemas, and a second time says that there is nothing to do", async () => {
    const url = await server.createDatabase();
    expect(await grantline(["database", "migrate"], url)).toMatchObject({
      failed: [],
      out: "events  applied log\nkeys    from version 0 to 1\n",
      error: expect.stringContaining("applying migration 1, log"),
    });
    expect((await grantline(["database", "migrate"], url)).out).toBe("events  nothing to do\nkeys    nothing to do\n");
    expect(JSON.parse((await grantline(["database", "migrate", "--json"], url)).out)).toEqual({
      events: { applied: [] },
      keys: { from: 1, to: 1 },
    });
  });

  it("database status says what is there and what is needed, before and after", async () => {
    const url = await server.createDatabase();
    expect(await grantline(["database", "status"], url)).toMatchObject({
      out: "found   no schema\nneeded  version 1\n",
      failed: [expect.stringContaining("grantline database migrate")],
    });
    await grantline(["database", "migrate"], url);
    expect(await grantline(["database", "status"], url)).toMatchObject({ out: "found   version 1\nneeded  version 1\n", failed: [] });
    expect(JSON.parse((await grantline(["database", "status", "--json"], url)).out)).toEqual({ found: 1, wanted: 1, pending: [] });
  });

  it("database verify says that the log is intact, or where it was touched", async () => {
    const url = await server.createDatabase();
    await grantline(["database", "migrate"], url);
    expect(await grantline(["database", "verify"], url)).toMatchObject({
      failed: [],
      out: expect.stringMatching(/^intact: 0 events in 0 streams/),
    });
    const store = await openPostgresEventStore({ url });
    const body = (id: string) =>
      JSON.stringify({
        id,
        stream: "thing-1",
        revision: 0,
        type: "ThingHappened",
        version: 1,
        at: "2026-01-01T00:00:00.000Z",
        data: {},
        meta: {},
      });
    const id = uuidV7();
    const event = { id, stream: "thing-1", revision: 0, type: "ThingHappened", body: body(id), hash: chainHash("", body(id)) };
    await store.append("thing-1", -1, [event]);
    await store.close();
    expect((await grantline(["database", "verify"], url)).out).toMatch(/^intact: 1 events in 1 streams/);
    const person = new Client({ connectionString: url });
    await person.connect();
    await person.query("UPDATE grantline.events SET body = replace(body, '2026', '2025')");
    expect((await grantline(["database", "verify"], url)).failed).toEqual([
      expect.stringMatching(/broken at position 1 \(thing-1, revision 0\): hash-mismatch/),
    ]);
    await person.query("DELETE FROM grantline.events");
    expect((await grantline(["database", "verify"], url)).failed).toEqual([expect.stringMatching(/broken at position 1: position-gap/)]);
    await person.end();
  });

  it("an unreachable server, a wrong database and an embedded store are each one line without a password", async () => {
    const away = await grantline(["database", "migrate"], "postgres://ada:hunter2@127.0.0.1:1/grantline");
    expect(away.failed).toEqual([expect.stringMatching(/^PostgreSQL at 127\.0\.0\.1:1\/grantline can't be reached: /)]);
    const wrong = await grantline(["database", "status"], server.url.replace(/\/[^/]*$/, "/nowhere"));
    expect(wrong.failed).toEqual([expect.stringMatching(/refuses: .*"nowhere" does not exist/)]);
    expect(JSON.stringify([away, wrong])).not.toContain("hunter2");
    expect((await grantline(["database", "status"], server.url, { GRANTLINE_STORE: "sqlite" })).failed).toEqual([
      expect.stringMatching(/embedded/),
    ]);
  });
});
