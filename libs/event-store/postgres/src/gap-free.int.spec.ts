// Real: PostgreSQL, a cluster of its own, two stores as two processes would have them. Made: a transaction held open by hand.
import { comparePositions, EventStoreUnavailable, NO_STREAM, START } from "@grantline/event-store";
import type { EventStore, Position, StoredEvent } from "@grantline/event-store";
import { noPostgres, startPostgres } from "@grantline/testing/ground";
import type { TestPostgres } from "@grantline/testing/ground";
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { batchOf } from "./batch.ts";
import { rowsOf, withClient } from "./fixtures/database.ts";
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

  /** The append of one event, in a transaction somebody holds open. */
  const appendIn = (client: Client, stream: string) =>
    client.query(
      "SELECT (grantline.append($1, $2, $3, $4, $5, $6, $7, $8, $9)).head",
      batchOf([{ stream, expectedRevision: NO_STREAM, events: someEvents(stream, 0, 1) }]),
    );

  describe("a transaction that takes its time", () => {
    it("holds back what comes after it, so that no reader passes it by", async () => {
      const seen: StoredEvent[] = [];
      const subscription = peer.subscribe(START, (events) => void seen.push(...events));
      await store.append("before", NO_STREAM, someEvents("before", 0, 1));
      await withClient(url, async (slow) => {
        await slow.query("BEGIN");
        expect((await appendIn(slow, "slow")).rows).toEqual([{ head: "2" }]);
        const others = [store, peer].map((one, i) => one.append(`other-${i}`, NO_STREAM, someEvents(`other-${i}`, 0, 1)));
        const first = await Promise.race([...others, new Promise((resolve) => setTimeout(resolve, 400, "nobody"))]);
        expect(first).toBe("nobody");
        expect([await peer.head(), (await store.readAll("0", 9)).length, (await peer.readChanges?.("0"))?.position]).toEqual(["1", 1, "1"]);
        await slow.query("COMMIT");
        await Promise.all(others);
      });
      await expect.poll(() => seen.map(({ position }) => position)).toEqual(["1", "2", "3", "4"]);
      expect(seen[1]?.stream).toBe("slow");
      await subscription.close();
    });

    it("leaves no gap when it is rolled back", async () => {
      await withClient(url, async (slow) => {
        await slow.query("BEGIN");
        await appendIn(slow, "slow");
        const other = store.append("other", NO_STREAM, someEvents("other", 0, 1));
        await slow.query("ROLLBACK");
        expect(await other).toEqual({ kind: "appended", position: "1", revision: 0 });
      });
      expect(await store.readStream("slow")).toEqual([]);
    });

    it("does not keep callers waiting for ever: after seconds the outcome is called unknown, and nothing of it was stored", async () => {
      await withClient(url, async (stuck) => {
        await stuck.query("BEGIN");
        await appendIn(stuck, "stuck");
        const began = performance.now();
        await expect(store.append("other", NO_STREAM, someEvents("other", 0, 1))).rejects.toBeInstanceOf(EventStoreUnavailable);
        expect(performance.now() - began).toBeLessThan(40_000);
      });
      expect(await peer.append("next", NO_STREAM, someEvents("next", 0, 1))).toMatchObject({ position: "1" });
      expect(await peer.readStream("other")).toEqual([]);
    });

    it("of somebody else in the same database holds nobody back", async () => {
      await withClient(url, async (other) => {
        await other.query("CREATE TABLE elsewhere (x int); BEGIN; INSERT INTO elsewhere VALUES (1)");
        await store.append("a", NO_STREAM, someEvents("a", 0, 1));
        expect(await peer.readAll(START, 9)).toHaveLength(1);
      });
    });
  });

  it("readers by page, by feed and by changes miss nothing while two processes write", async () => {
    const fed: Position[] = [];
    const subscription = peer.subscribe(START, (events) => void fed.push(...events.map(({ position }) => position)));
    const writers = [keepWriting(store, "one", 15), keepWriting(peer, "two", 15, 2)];
    const paged: Position[] = [];
    const changed: string[] = [];
    let changesAt: Position = START;
    const read = async (): Promise<void> => {
      for (const { position } of await store.readAll(paged.at(-1) ?? START, 200)) paged.push(position);
      const { changes, position } = await store.readChanges!(changesAt);
      if (changes === "many") throw new Error("that few are not many");
      changed.push(...changes.map(({ stream, revision }) => `${stream} ${revision}`));
      changesAt = position;
    };
    while (paged.length < 2_000) await read();
    await Promise.all(writers.map((writer) => writer.stop()));
    const head = await store.head();
    while (paged.at(-1) !== head || changesAt !== head) await read();
    const all = await everything(store);
    expect(paged).toEqual(all.map(({ position }) => position));
    expect(changed).toEqual(all.map(({ stream, revision }) => `${stream} ${revision}`));
    await expect.poll(() => fed.length, { timeout: 10_000 }).toBe(all.length);
    expect(fed).toEqual(paged);
    await subscription.close();
  });

  it("a filter that leaves nearly all out still tells how far it has looked, in few queries", async () => {
    await store.append("issuance-1", NO_STREAM, someEvents("issuance-1", 0, 2_000));
    await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1, { type: "ThingEnded" }));
    for (let first = 2_000; first < 30_000; first += 2_000)
      await store.append("issuance-1", first - 1, someEvents("issuance-1", first, 2_000));
    expect((await store.readAll(START, 10, { types: ["ThingEnded"] })).map(({ stream }) => stream)).toEqual(["thing-1"]);
    expect(await store.readAll("2001", 10, { except: "issuance-" })).toEqual([]);
    let reached: Position = START;
    const told: number[] = [];
    const subscription = store.subscribe(
      START,
      (events, upTo) => {
        expect(comparePositions(upTo, reached)).toBeGreaterThan(0);
        reached = upTo;
        told.push(events.length);
      },
      { except: "issuance-" },
    );
    const head = await store.head();
    await expect.poll(() => reached, { timeout: 10_000 }).toBe(head);
    expect([told.reduce((sum, n) => sum + n, 0), told.length <= 4]).toEqual([1, true]);
    await subscription.close();
  });

  it("tells of too many changes without listing them", async () => {
    for (let first = 0; first < 6_000; first += 2_000) await store.append("a", first - 1, someEvents("a", first, 2_000));
    expect(await store.readChanges?.(START)).toEqual({ changes: "many", position: "6000" });
    expect(await store.readChanges?.(START, "a")).toEqual({ changes: [], position: "6000" });
    expect((await store.readChanges?.("1500"))?.changes).toHaveLength(4_500);
    // Far behind, it does not even look.
    await rowsOf(url, "UPDATE grantline.log SET position = 200000");
    expect(await store.readChanges?.("5999", "a")).toEqual({ changes: "many", position: "200000" });
  });
});
