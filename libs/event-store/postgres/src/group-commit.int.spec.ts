// Real: PostgreSQL, a cluster of its own, two stores as two processes would have them. Made: nothing.
import { NO_STREAM } from "@grantline/event-store";
import type { AppendResult, EventStore, SealedEvent } from "@grantline/event-store";
import { noPostgres, startPostgres } from "@grantline/testing/ground";
import type { TestPostgres } from "@grantline/testing/ground";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rowsOf, withClient, withSmallPartitions } from "./fixtures/database.ts";
import { someEvents } from "./fixtures/some-events.ts";
import { everything, keepWriting } from "./fixtures/writing.ts";
import { migratePostgres } from "./migrate.ts";
import { openPostgresEventStore } from "./open.ts";

describe.skipIf(noPostgres)("needs PostgreSQL: GRANTLINE_TEST_POSTGRES_BIN or GRANTLINE_TEST_POSTGRES_URL", () => {
  let server: TestPostgres;
  let url: string;
  let store: EventStore;
  let peer: EventStore;
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    await migratePostgres({ url });
    [store, peer] = await Promise.all([openPostgresEventStore({ url }), openPostgresEventStore({ url })]);
  });
  afterEach(async () => {
    await Promise.all([store.close(), peer.close()]);
  });

  /** How many transactions have written to the log. */
  const batches = async (): Promise<number> =>
    Number((await rowsOf<{ n: string }>(url, "SELECT count(DISTINCT xmin::text) AS n FROM grantline.events"))[0]?.n);

  describe("one batch", () => {
    it("takes what is asked in one turn as one transaction", async () => {
      await Promise.all(Array.from({ length: 100 }, (_, i) => store.append(`thing-${i}`, NO_STREAM, someEvents(`thing-${i}`, 0, 1))));
      expect(await batches()).toBe(1);
      expect(await store.head()).toBe("100");
    });

    it("handles appends to one stream in order, and a conflict fails nobody else", async () => {
      const results = await Promise.all([
        store.append("a", NO_STREAM, someEvents("a", 0, 2)),
        store.append("b", 5, someEvents("b", 6, 1)),
        store.append("a", 1, someEvents("a", 2, 1)),
        store.append("a", 1, someEvents("a", 2, 3)),
        store.append("c", NO_STREAM, someEvents("c", 0, 1)),
        store.append("a", 2, someEvents("a", 3, 1)),
      ]);
      expect(results).toEqual([
        { kind: "appended", position: "2", revision: 1 },
        { kind: "conflict", actual: NO_STREAM },
        { kind: "appended", position: "3", revision: 2 },
        { kind: "conflict", actual: 2 },
        { kind: "appended", position: "4", revision: 0 },
        { kind: "appended", position: "5", revision: 3 },
      ]);
      expect(await batches()).toBe(1);
      expect((await everything(peer)).map(({ stream, revision }) => `${stream} ${revision}`)).toEqual(["a 0", "a 1", "a 2", "c 0", "a 3"]);
    });

    it("knows what is repeated in it, of the same batch and of an earlier one", async () => {
      const [early, late] = [someEvents("a", 0, 2), someEvents("a", 2, 2)];
      await store.append("a", NO_STREAM, early);
      const results = await Promise.all([
        store.append("a", 1, late),
        store.append("a", 1, late),
        store.append("a", NO_STREAM, early),
        store.append("a", 3, someEvents("a", 4, 1)),
        store.append("a", NO_STREAM, [...early, ...late]),
        store.append("a", 0, [early[1]!, ...someEvents("a", 2, 1)]),
      ]);
      expect(results).toEqual([
        { kind: "appended", position: "4", revision: 3 },
        { kind: "appended", position: "4", revision: 3 },
        { kind: "appended", position: "2", revision: 1 },
        { kind: "appended", position: "5", revision: 4 },
        { kind: "appended", position: "4", revision: 3 },
        { kind: "conflict", actual: 4 },
      ]);
      expect(await store.readStream("a")).toHaveLength(5);
    });

    it("fails alone what the database itself refuses", async () => {
      // Its neighbours are stored although the database, not we, refuses it: here by a rule somebody added.
      await rowsOf(url, "ALTER TABLE grantline.events ADD CHECK (stream <> 'poison')");
      const results = await Promise.allSettled([
        store.append("a", NO_STREAM, someEvents("a", 0, 1)),
        store.append("poison", NO_STREAM, someEvents("poison", 0, 1)),
        store.append("b", NO_STREAM, someEvents("b", 0, 1)),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(results[1]).toMatchObject({ reason: { name: "AppendRefused" } });
      expect((await everything(store)).map(({ stream, position }) => [stream, position])).toEqual([
        ["a", "1"],
        ["b", "2"],
      ]);
    });

    it("is never asked to hold what text can't", async () => {
      const [event] = someEvents("a", 0, 1);
      for (const body of ["{\0}", "\ud800"])
        await expect(store.append("a", NO_STREAM, [{ ...event!, body }])).rejects.toBeInstanceOf(RangeError);
      await expect(store.append("a".repeat(501), NO_STREAM, someEvents("a".repeat(501), 0, 1))).rejects.toBeInstanceOf(RangeError);
    });
  });

  describe("two processes", () => {
    it("interleave their batches without a gap, a double or a tear", async () => {
      const [one, two] = [keepWriting(store, "one", 20, 2), keepWriting(peer, "two", 20, 3)];
      await expect.poll(() => Math.min(one.acknowledged.length, two.acknowledged.length), { timeout: 20_000 }).toBeGreaterThan(500);
      await Promise.all([one.stop(), two.stop()]);
      const all = await everything(store);
      expect(all.map(({ position }) => Number(position))).toEqual(all.map((_, i) => i + 1));
      const places = new Map(all.map((event) => [event.position, `${event.stream} ${event.revision}`]));
      for (const { stream, revision, position } of [...one.acknowledged, ...two.acknowledged])
        expect(places.get(position)).toBe(`${stream} ${revision}`);
      // An append stands in one piece: its events follow one another.
      for (const { stream, revision, position } of two.acknowledged)
        expect(places.get(String(Number(position) - 2))).toBe(`${stream} ${revision - 2}`);
    });

    it("decide every race as one book would, whatever is asked of whom in which batch", { timeout: 120_000 }, async () => {
      const ask = fc.record({
        by: fc.integer({ min: 0, max: 1 }),
        stream: fc.integer({ min: 0, max: 2 }),
        expected: fc.integer({ min: -1, max: 3 }),
        count: fc.integer({ min: 1, max: 2 }),
        repeats: fc.boolean(),
      });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(ask, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }), async (rounds) => {
          run++;
          const book = new Map<string, SealedEvent[]>();
          let last: { stream: string; expected: number; events: SealedEvent[] } | undefined;
          for (const round of rounds) {
            const by = round[0]!.by === 0 ? store : peer;
            const asked = round.map(({ stream, expected, count, repeats }) => {
              if (repeats && last !== undefined) return last;
              const name = `thing-${run}-${stream}`;
              return (last = { stream: name, expected, events: someEvents(name, expected + 1, count) });
            });
            const results = await Promise.all(asked.map(({ stream, expected, events }) => by.append(stream, expected, events)));
            expect(results.map(plain)).toEqual(asked.map(({ stream, expected, events }) => inBook(book, stream, expected, events)));
          }
          for (const [stream, events] of book)
            expect((await peer.readStream(stream)).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
        }),
        { numRuns: 60 },
      );
    });
  });

  describe("partitions", () => {
    it("are made ahead as the log grows, and reading goes over their borders", async () => {
      await withSmallPartitions(url, 40);
      const [one, two] = [keepWriting(store, "one", 10, 3), keepWriting(peer, "two", 10)];
      await expect.poll(() => two.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(500);
      await Promise.all([one.stop(), two.stop()]);
      await store.append("big", NO_STREAM, someEvents("big", 0, 1_500));
      const partitions = await rowsOf<{ first: string; upto: string }>(
        url,
        "SELECT * FROM grantline.partitions WHERE first > 0 ORDER BY first",
      );
      expect(partitions.length).toBeGreaterThan(4);
      expect(partitions.every(({ first }, i) => i === 0 || first === partitions[i - 1]?.upto)).toBe(true);
      const all = await everything(peer);
      expect(all.map(({ position }) => Number(position))).toEqual(all.map((_, i) => i + 1));
      expect((await peer.readStream("one-3")).every(({ revision }, i) => revision === i)).toBe(true);
      expect(await peer.readStream("big", 1_000)).toHaveLength(500);
      expect(await peer.readLast("two-5")).toMatchObject({ revision: (await peer.readStream("two-5")).length - 1 });
    });

    it("beyond the life of a stream, or before the place of a page, are not touched when reading", async () => {
      await withSmallPartitions(url, 10);
      for (const stream of ["old", "middle", "new"]) await store.append(stream, NO_STREAM, someEvents(stream, 0, 100));
      const partitions = async (sql: string): Promise<number> =>
        withClient(url, async (client) => {
          await client.query("BEGIN");
          await client.query(sql);
          const locked = `SELECT count(*) AS n FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
            WHERE l.pid = pg_backend_pid() AND c.relkind = 'r' AND c.relname LIKE 'events_from_%'`;
          return Number((await client.query<{ n: string }>(locked)).rows[0]?.n);
        });
      const all = (await rowsOf(url, "SELECT 1 FROM grantline.partitions WHERE first > 0")).length;
      expect(all).toBeGreaterThan(4);
      expect(await partitions("SELECT * FROM grantline.read_last('old')")).toBe(1);
      expect(await partitions("SELECT * FROM grantline.read_stream('new', 0, 500)")).toBeLessThan(all - 2);
      expect(await partitions("SELECT * FROM grantline.events WHERE position > 290 AND position <= 300")).toBe(1);
    });

    it("do not hold up appends when the next one can't be made yet", async () => {
      await withSmallPartitions(url, 400);
      await store.append("a", NO_STREAM, someEvents("a", 0, 10));
      await withClient(url, async (person) => {
        await person.query("BEGIN; LOCK TABLE grantline.events IN SHARE UPDATE EXCLUSIVE MODE");
        expect(await store.append("a", 9, someEvents("a", 10, 380))).toMatchObject({ kind: "appended" });
      });
      expect(await store.append("a", 389, someEvents("a", 390, 100))).toMatchObject({ kind: "appended", position: "490" });
    });
  });
});

function plain(result: AppendResult): object {
  return result.kind === "appended" ? { kind: result.kind, revision: result.revision } : result;
}

/** What one writer with one book would have answered. */
function inBook(book: Map<string, SealedEvent[]>, stream: string, expected: number, events: readonly SealedEvent[]): object {
  const there = book.get(stream) ?? [];
  const actual = there.length - 1;
  const revision = expected + events.length;
  if (actual === expected) {
    book.set(stream, [...there, ...events]);
    return { kind: "appended", revision };
  }
  const repeated = actual >= revision && events.every(({ id }, i) => there[expected + 1 + i]?.id === id);
  return repeated ? { kind: "appended", revision } : { kind: "conflict", actual };
}
