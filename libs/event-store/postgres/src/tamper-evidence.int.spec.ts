// Real: PostgreSQL, its tables changed behind its back with SQL. Made: the events.
import { chainHash, createLogVerifier, NO_STREAM, type LogVerification } from "@grantline/event-store";
import { noPostgres, startPostgres, type TestPostgres } from "@grantline/testing/ground";
import fc from "fast-check";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgresEventLog, type PostgresEventLog } from "./event-log.ts";
import { withClient } from "./fixtures/database.ts";
import { someEvents } from "./fixtures/some-events.ts";
import { migratePostgres } from "./migrate.ts";
import { openPostgresEventStore } from "./open.ts";

const STREAMS = ["grant-a", "grant-b", "client-c", "subject-d", "issuance-e"];
const EACH = 8;
const TOTAL = STREAMS.length * EACH;
/** Positions go round the streams: event `revision` of stream `index`. */
const positionOf = (index: number, revision: number): number => revision * STREAMS.length + index + 1;

const place = fc.record({ index: fc.nat(STREAMS.length - 1), revision: fc.nat(EACH - 1) });
const followed = place.filter(({ revision }) => revision < EACH - 1);
const runs = { numRuns: 40 };

describe.skipIf(noPostgres)("needs PostgreSQL: tamper evidence (P10)", () => {
  let server: TestPostgres;
  let url: string;
  let log: PostgresEventLog;
  beforeAll(async () => {
    server = await startPostgres();
    url = await server.createDatabase();
    await migratePostgres({ url });
    await writeEvents(url);
    await withClient(url, async (db) => {
      for (const table of ["events", "streams", "log"]) await db.query(`CREATE TABLE kept_${table} AS SELECT * FROM grantline.${table}`);
    });
    log = await openPostgresEventLog({ url });
  }, 120_000);
  afterAll(async () => {
    await log?.close();
    await server?.stop();
  });

  /** Changes the log as it was written by SQL and judges it. */
  async function tamperedBy(
    change: (db: Client) => Promise<unknown>,
  ): Promise<LogVerification & { readonly gap?: string; readonly torn?: string }> {
    await withClient(url, async (db) => {
      for (const table of ["events", "streams", "log"])
        await db.query(`TRUNCATE grantline.${table}; INSERT INTO grantline.${table} SELECT * FROM kept_${table}`);
      await change(db);
    });
    const verifier = createLogVerifier();
    for await (const entry of log.inStreamOrder()) verifier.take(entry);
    const [gap, torn] = [await log.firstGap(), await log.firstTornStream()];
    return { ...verifier.result(), ...(gap === undefined ? {} : { gap }), ...(torn === undefined ? {} : { torn }) };
  }

  it("a log as it was written is intact", async () => {
    expect(await tamperedBy(() => Promise.resolve())).toEqual({ kind: "intact", events: TOTAL, streams: STREAMS.length });
  });

  it("any character changed in any column is found, and its position named", async () => {
    const column = fc.constantFrom("body", "hash", "id", "type", "stream");
    await fc.assert(
      fc.asyncProperty(place, column, fc.nat(10_000), async ({ index, revision }, name, seed) => {
        const position = positionOf(index, revision);
        const verification = await tamperedBy((db) =>
          db.query(
            `UPDATE grantline.events SET ${name} = overlay(${name} PLACING CASE substr(${name}, 1 + $2 % length(${name}), 1) WHEN 'x' THEN 'y' ELSE 'x' END
               FROM 1 + $2 % length(${name}) FOR 1) WHERE position = $1`,
            [position, seed],
          ),
        );
        expect(verification).toMatchObject({ kind: "broken", position: String(position) });
      }),
      runs,
    );
  });

  it("a body changed together with its own hash is found at the next event of its stream", async () => {
    await fc.assert(
      fc.asyncProperty(followed, async ({ index, revision }) => {
        const verification = await tamperedBy(async (db) => {
          const [before, changed] = [await at(db, index, revision - 1), await at(db, index, revision)];
          const body = changed!.body.replace('"n":', '"n":1');
          await db.query("UPDATE grantline.events SET body = $1, hash = $2 WHERE position = $3", [
            body,
            chainHash(before?.hash ?? "", body),
            positionOf(index, revision),
          ]);
        });
        expect(verification).toMatchObject({ kind: "broken", position: String(positionOf(index, revision + 1)), why: "hash-mismatch" });
      }),
      runs,
    );
  });

  it("a removed event is found by the hole it leaves, the last one too, and by its stream's head when the hole is closed up", async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.boolean(), async ({ index, revision }, closeUp) => {
        const position = positionOf(index, revision);
        const verification = await tamperedBy(async (db) => {
          await db.query("DELETE FROM grantline.events WHERE position = $1", [position]);
          if (!closeUp) return;
          await moved(db, position, -1);
          await db.query("UPDATE grantline.log SET position = position - 1");
        });
        if (!closeUp) expect(verification.gap).toBe(String(position));
        // closed up, the last of a stream is missed by its head, any other by the one after it, or by the place its stream begins at
        else expect(verification.kind === "broken" || verification.torn !== undefined).toBe(true);
      }),
      runs,
    );
  });

  it("an inserted event is found, however well it is made", async () => {
    await fc.assert(
      fc.asyncProperty(followed, async ({ index, revision }) => {
        const next = positionOf(index, revision) + 1;
        const verification = await tamperedBy(async (db) => {
          const before = await at(db, index, revision);
          const body = before!.body.replace(`"revision":${revision},`, `"revision":${revision + 1},`);
          await moved(db, next - 1, 1);
          for (let late = EACH - 1; late > revision; late--)
            await db.query("UPDATE grantline.events SET revision = revision + 1 WHERE stream = $1 AND revision = $2", [
              STREAMS[index],
              late,
            ]);
          await db.query(
            `INSERT INTO grantline.events SELECT $1, start, revision + 1, stream, id, type, $2, $3 FROM grantline.events WHERE stream = $4 AND revision = $5`,
            [next, chainHash(before!.hash, body), body, STREAMS[index], revision],
          );
          await db.query("UPDATE grantline.log SET position = position + 1");
        });
        expect(verification.kind).toBe("broken");
        if (verification.kind === "broken") expect(Number(verification.position)).toBeGreaterThanOrEqual(next);
      }),
      runs,
    );
  });

  it("two events of a stream that changed places are found", async () => {
    await fc.assert(
      fc.asyncProperty(followed, async ({ index, revision }) => {
        const [first, second] = [positionOf(index, revision), positionOf(index, revision + 1)];
        const verification = await tamperedBy(async (db) => {
          for (const [from, to] of [
            [first, TOTAL + 1],
            [second, first],
            [TOTAL + 1, second],
          ])
            await db.query("UPDATE grantline.events SET position = $2 WHERE position = $1", [from, to]);
        });
        expect(verification).toMatchObject({ kind: "broken", position: String(first) });
      }),
      runs,
    );
  });

  it.each(["UPDATE grantline.streams SET name = 'grant-z' WHERE name = $1", "DELETE FROM grantline.streams WHERE name = $1"])(
    "a stream hidden from its readers is found: %s",
    async (sql) => {
      for (const [index, name] of STREAMS.entries())
        expect(await tamperedBy((db) => db.query(sql, [name]))).toMatchObject({
          kind: "broken",
          position: String(positionOf(index, 0)),
          why: "not-findable",
        });
    },
  );
});

async function writeEvents(url: string): Promise<void> {
  const store = await openPostgresEventStore({ url });
  const heads = new Map<string, string>();
  for (let revision = 0; revision < EACH; revision++)
    for (const stream of STREAMS) {
      const events = someEvents(stream, revision, 1, {
        previousHash: heads.get(stream) ?? "",
        data: { n: revision, text: `in ${stream}` },
      });
      await store.append(stream, revision === 0 ? NO_STREAM : revision - 1, events);
      heads.set(stream, events[0]!.hash);
    }
  await store.close();
}

async function at(db: Client, index: number, revision: number): Promise<{ readonly hash: string; readonly body: string } | undefined> {
  const sql = "SELECT hash, body FROM grantline.events WHERE stream = $1 AND revision = $2";
  return (await db.query<{ hash: string; body: string }>(sql, [STREAMS[index], revision])).rows[0];
}

/** Moves all events behind a position by one, one after the other, so that none meets another. */
async function moved(db: Client, after: number, by: 1 | -1): Promise<void> {
  const { rows } = await db.query<{ position: string }>("SELECT position FROM grantline.events WHERE position > $1 ORDER BY position", [
    after,
  ]);
  for (const { position } of by === 1 ? rows.toReversed() : rows)
    await db.query("UPDATE grantline.events SET position = position + $2 WHERE position = $1", [position, by]);
}
