// Real: PostgreSQL, a cluster of its own, pg_dump and pg_restore. The drill of docs/how-to/restore-postgres.md. Made: nothing.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createLogVerifier, NO_STREAM } from "@grantline/event-store";
import type { LogVerification } from "@grantline/event-store";
import { noOwnPostgres, startPostgres } from "@grantline/testing/ground";
import type { TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgresEventLog } from "./event-log.ts";
import { rowsOf, withSmallPartitions } from "./fixtures/database.ts";
import { someEvents } from "./fixtures/some-events.ts";
import { everything, keepWriting } from "./fixtures/writing.ts";
import { migratePostgres, postgresSchemaStatus } from "./migrate.ts";
import { openPostgresEventStore } from "./open.ts";

const run = promisify(execFile);

describe.skipIf(noOwnPostgres)("needs PostgreSQL: GRANTLINE_TEST_POSTGRES_BIN", () => {
  let server: TestPostgres;
  let folder: string;
  beforeAll(async () => {
    server = await startPostgres({ own: true });
    folder = await mkdtemp(join(tmpdir(), "grantline-dump-"));
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function verify(url: string): Promise<LogVerification> {
    const log = await openPostgresEventLog({ url });
    const verifier = createLogVerifier();
    for await (const entry of log.inStreamOrder()) verifier.take(entry);
    expect([await log.firstGap(), await log.firstTornStream()]).toEqual([undefined, undefined]);
    const result = verifier.result();
    expect(await log.count()).toBe(result.events);
    await log.close();
    return result;
  }

  it(
    "a backup taken while appending restores to a log that verifies: what came later is missing, nothing is torn",
    { timeout: 120_000 },
    async () => {
      const source = await server.createDatabase();
      await migratePostgres({ url: source });
      await withSmallPartitions(source, 200);
      const store = await openPostgresEventStore({ url: source });
      const writing = keepWriting(store, "thing", 20, 2);
      await expect.poll(() => writing.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(200);

      const before = [...writing.acknowledged];
      const dump = join(folder, "grantline.dump");
      await run(join(server.bin, "pg_dump"), ["--format=custom", "--schema=grantline", `--file=${dump}`, `--dbname=${source}`]);
      const after = writing.acknowledged.length;
      await expect.poll(() => writing.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(after + 200);
      await writing.stop();

      const restored = await server.createDatabase();
      await run(join(server.bin, "pg_restore"), ["--exit-on-error", "--single-transaction", `--dbname=${restored}`, dump]);
      expect(await postgresSchemaStatus({ url: restored })).toMatchObject({ found: 1, pending: [] });
      expect(await verify(restored)).toMatchObject({ kind: "intact", streams: 20 });
      expect(await verify(source)).toMatchObject({ kind: "intact", streams: 20 });

      const copy = await openPostgresEventStore({ url: restored });
      const [old, saved] = [await everything(store), await everything(copy)];
      // Exactly a beginning of the log: all that was acknowledged before the backup, and not what came after it.
      expect(saved).toEqual(old.slice(0, saved.length));
      expect(saved.length).toBeLessThan(old.length);
      const kept = new Set(saved.map(({ stream, revision }) => `${stream} ${revision}`));
      expect(before.filter(({ stream, revision }) => !kept.has(`${stream} ${revision}`))).toEqual([]);

      // And it goes on from there.
      expect(await copy.append("new", NO_STREAM, someEvents("new", 0, 1))).toEqual({
        kind: "appended",
        position: String(saved.length + 1),
        revision: 0,
      });
      await Promise.all([store.close(), copy.close()]);
    },
  );

  it("the verification names what a hand in the tables has done", async () => {
    const url = await server.createDatabase();
    await migratePostgres({ url });
    const store = await openPostgresEventStore({ url });
    for (const stream of ["a", "b", "c"]) await store.append(stream, NO_STREAM, someEvents(stream, 0, 3));
    await rowsOf(url, "UPDATE grantline.events SET body = replace(body, 'eu1', 'eu2') WHERE position = 5");
    const log = await openPostgresEventLog({ url });
    const verifier = createLogVerifier();
    for await (const entry of log.inStreamOrder()) verifier.take(entry);
    expect(verifier.result()).toMatchObject({ kind: "broken", position: "5", why: "hash-mismatch", stream: "b", revision: 1 });
    await rowsOf(url, "DELETE FROM grantline.events WHERE stream = 'c'");
    expect([await log.firstGap(), await log.firstTornStream()]).toEqual(["7", "c"]);
    await log.close();
    await store.close();
  });
});
