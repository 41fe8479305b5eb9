// Real: PostgreSQL, a cluster of its own that is killed and paused. Made: nothing.
import { EventStoreUnavailable, NO_STREAM, START } from "@grantline/event-store";
import type { EventStore, StoredEvent } from "@grantline/event-store";
import { noOwnPostgres, startPostgres } from "@grantline/testing/ground";
import type { TestPostgres } from "@grantline/testing/ground";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openPostgresEventLog } from "./event-log.ts";
import { rowsOf } from "./fixtures/database.ts";
import { someEvents } from "./fixtures/some-events.ts";
import { everything, keepWriting } from "./fixtures/writing.ts";
import type { Acknowledged } from "./fixtures/writing.ts";
import { migratePostgres } from "./migrate.ts";
import { openPostgresEventStore } from "./open.ts";

describe.skipIf(noOwnPostgres)("needs PostgreSQL: GRANTLINE_TEST_POSTGRES_BIN", () => {
  let server: TestPostgres;
  let url: string;
  let store: EventStore;
  let troubles: string[];
  beforeAll(async () => {
    server = await startPostgres({ own: true });
  }, 120_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    await migratePostgres({ url });
    troubles = [];
    store = await openPostgresEventStore({ url, onTrouble: (what) => troubles.push(what) });
  });
  afterEach(() => store.close());

  /** P1: what was acknowledged is there, at its place, once; and the log has no holes. */
  async function expectKept(acknowledged: readonly Acknowledged[]): Promise<void> {
    const all = await everything(store);
    expect(all.map(({ position }) => Number(position))).toEqual(all.map((_, i) => i + 1));
    const places = new Map(all.map((event) => [event.position, `${event.stream} ${event.revision}`]));
    expect(acknowledged.filter(({ stream, revision, position }) => places.get(position) !== `${stream} ${revision}`)).toEqual([]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const events of Map.groupBy(all, ({ stream }) => stream).values())
      expect(events.every((event, i) => event.revision === i)).toBe(true);
    const log = await openPostgresEventLog({ url });
    expect([await log.firstGap(), await log.firstTornStream()]).toEqual([undefined, undefined]);
    await log.close();
  }

  it(
    "kill -9 of the server in the middle of appends loses nothing acknowledged, and what is sent again is stored once",
    { timeout: 120_000 },
    async () => {
      const seen: StoredEvent[] = [];
      const subscription = store.subscribe(START, (events) => void seen.push(...events));
      const peer = await openPostgresEventStore({ url });
      const writings = [keepWriting(store, "one", 20), keepWriting(peer, "two", 20, 2)];
      const acknowledged = (): number => writings.reduce((sum, { acknowledged: all }) => sum + all.length, 0);
      for (let round = 0; round < 3; round++) {
        const before = acknowledged();
        await expect.poll(acknowledged, { timeout: 20_000 }).toBeGreaterThan(before + 300 + round * 131);
        await server.kill();
        await server.start();
      }
      const before = acknowledged();
      await expect.poll(acknowledged, { timeout: 20_000 }).toBeGreaterThan(before + 200);
      await Promise.all(writings.map((writing) => writing.stop()));
      expect(writings.every(({ unknown }) => unknown > 0)).toBe(true);
      await expectKept(writings.flatMap(({ acknowledged: all }) => all));
      const head = await store.head();
      await expect.poll(() => seen.at(-1)?.position, { timeout: 10_000 }).toBe(head);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(Number(head));
      await subscription.close();
      await peer.close();
    },
  );

  it("an append whose answer was lost is told apart by the ids of its events alone", async () => {
    const events = someEvents("thing-1", 0, 2);
    await store.append("thing-1", NO_STREAM, events);
    await server.kill();
    const asked = store.append("thing-1", NO_STREAM, events);
    await expect(asked).rejects.toBeInstanceOf(EventStoreUnavailable);
    await server.start();
    expect(await store.append("thing-1", NO_STREAM, events)).toEqual({ kind: "appended", position: "2", revision: 1 });
    expect(await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 2))).toEqual({ kind: "conflict", actual: 1 });
  });

  it("without a server everything is unavailable at once, and works again as soon as it is back", async () => {
    await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1));
    await server.kill();
    const began = performance.now();
    for (const ask of [
      () => store.append("thing-1", 0, someEvents("thing-1", 1, 1)),
      () => store.readStream("thing-1"),
      () => store.readLast("thing-1"),
      () => store.readAll(START, 1),
      () => store.head(),
      () => store.readChanges?.(START),
    ])
      await expect(ask()).rejects.toBeInstanceOf(EventStoreUnavailable);
    expect(performance.now() - began).toBeLessThan(15_000);
    await server.start();
    expect(await store.append("thing-1", 0, someEvents("thing-1", 1, 1))).toMatchObject({ kind: "appended" });
    // Its listening came back too: a peer's append wakes it.
    await expect.poll(() => listeners(url), { timeout: 10_000 }).toBe(1);
    expect(troubles.some((what) => what.includes("hears of appends"))).toBe(true);
  });

  it("a paused server makes callers wait some seconds, not for ever; woken, it has stored once what was asked twice", async () => {
    const events = [someEvents("thing-1", 0, 1), someEvents("thing-2", 0, 1)];
    await store.append("thing-1", NO_STREAM, events[0]!);
    server.pause();
    const began = performance.now();
    const asked = await Promise.allSettled([store.append("thing-2", NO_STREAM, events[1]!), store.readStream("thing-1"), store.head()]);
    expect(asked.map((one) => one.status === "rejected" && (one.reason as Error).name)).toEqual(
      Array.from({ length: 3 }, () => "EventStoreUnavailable"),
    );
    expect(performance.now() - began).toBeLessThan(40_000);

    // Now that it is known to be silent, one caller asks on and all others hear at once.
    const probe = store.head();
    const later = performance.now();
    for (let i = 0; i < 20; i++) await expect(store.readLast("thing-1")).rejects.toBeInstanceOf(EventStoreUnavailable);
    await expect(store.append("thing-2", NO_STREAM, events[1]!)).rejects.toBeInstanceOf(EventStoreUnavailable);
    expect(performance.now() - later).toBeLessThan(4_000);
    server.resume();
    expect(["1", "2"]).toContain(await probe);
    expect(await store.append("thing-2", NO_STREAM, events[1]!)).toMatchObject({ kind: "appended", position: "2" });
    await expectKept([]);
    expect(await store.head()).toBe("2");
  });

  it("closing does not wait for a server that says nothing", async () => {
    const other = await openPostgresEventStore({ url });
    const subscription = other.subscribe(START, () => undefined);
    await other.head();
    server.pause();
    const began = performance.now();
    await Promise.all([subscription.close(), other.close()]);
    expect(performance.now() - began).toBeLessThan(25_000);
    server.resume();
  });

  it("a session ended by an administrator costs one answer, nothing acknowledged", async () => {
    const writing = keepWriting(store, "one", 20);
    for (let round = 0; round < 5; round++) {
      const before = writing.acknowledged.length;
      await expect.poll(() => writing.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(before + 100);
      await rowsOf(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
      );
    }
    await writing.stop();
    await expectKept(writing.acknowledged);
  });

  it("an append of another process is heard of within moments", async () => {
    const peer = await openPostgresEventStore({ url });
    await expect.poll(() => listeners(url)).toBe(2);
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      const woken = new Promise<void>((resolve) => {
        const end = store.onAppended!(() => {
          end();
          resolve();
        });
      });
      await peer.append(`thing-${i}`, NO_STREAM, someEvents(`thing-${i}`, 0, 1));
      const began = performance.now();
      await woken;
      took.push(performance.now() - began);
    }
    // of most: a busy machine may hold up a few
    expect(took.toSorted((a, b) => a - b)[10]).toBeLessThan(400);
    const seen: string[] = [];
    const subscription = store.subscribe(await store.head(), (events) => void seen.push(...events.map(({ stream }) => stream)));
    await peer.append("last", NO_STREAM, someEvents("last", 0, 1));
    await expect.poll(() => seen, { timeout: 20_000, interval: 5 }).toEqual(["last"]);
    await subscription.close();
    await peer.close();
  });
});

/** How many sessions of this database are in LISTEN. */
async function listeners(url: string): Promise<number> {
  const rows = await rowsOf(url, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'");
  return rows.length;
}
