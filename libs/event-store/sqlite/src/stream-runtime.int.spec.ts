import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createStreamRuntime, EventStoreUnavailable, StreamParked, verifyStream } from "@grantline/event-store";
import type { EventStore } from "@grantline/event-store";
import { decisions, meta, NOW, purse, purses } from "./fixtures/purse.ts";
import { openFolder } from "./fixtures/sqlite-place.ts";
import { openSqliteEventStore } from "./open.ts";

let folder: Awaited<ReturnType<typeof openFolder>>;
let store: EventStore;

beforeEach(async () => {
  folder = await openFolder();
  store = await openSqliteEventStore({ file: folder.file });
});
afterEach(async () => {
  await store.close();
  await folder.remove();
});

describe("running a decider on its stream", () => {
  it("appends what was decided and answers with the state after it", async () => {
    const repository = purses(store);
    const executed = await repository.execute("a", { kind: "fill", amount: 5 }, meta);
    expect(executed).toEqual({
      outcome: { kind: "filled", held: 5 },
      state: { held: 5, refusals: 0, lastAt: NOW },
      revision: 0,
      position: "1",
    });
    expect(repository.loadCached("a")).toMatchObject({ state: { held: 5 }, revision: 0 });
    const events = await store.readStream("purse-a");
    expect(events).toHaveLength(1);
    expect(JSON.parse(events[0]!.body)).toMatchObject({ type: "Filled", meta: { ...meta, region: "eu1", service: "test" } });
  });

  it("folds the same state from the store as it kept in memory, and leaves an intact chain", async () => {
    const repository = purses(store);
    for (const amount of [5, 7, 1]) await repository.execute("a", { kind: "fill", amount }, meta);
    await repository.execute("a", { kind: "pay", amount: 50 }, meta);
    const kept = repository.loadCached("a");
    expect(await purses(store).load("a")).toEqual(kept);
    expect(verifyStream(await store.readStream("purse-a"))).toMatchObject({ kind: "intact", hash: kept!.hash });
  });

  it("records a refusal that carries an event and answers refused", async () => {
    const repository = purses(store);
    const refused = await repository.execute("a", { kind: "pay", amount: 3 }, meta);
    expect(refused).toMatchObject({ outcome: { kind: "refused" }, state: { refusals: 1 }, revision: 0 });
    expect(await store.readStream("purse-a")).toHaveLength(1);
  });

  it("answers without position when nothing was appended", async () => {
    const looked = await purses(store).execute("a", { kind: "look", amount: 0 }, meta);
    expect(looked).toEqual({ outcome: { kind: "looked", held: 0 }, state: purse.initial, revision: -1 });
  });

  it("never spends more than there is, however many try at once from two runtimes", async () => {
    const here = purses(store);
    const there = purses(store);
    await here.execute("a", { kind: "fill", amount: 10 }, meta);
    await there.load("a");
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? here : there).execute("a", { kind: "pay", amount: 1 }, meta)),
    );
    expect(results.filter((result) => result.outcome.kind === "paid")).toHaveLength(10);
    expect((await purses(store).load("a")).state).toMatchObject({ held: 0, refusals: 40 });
  });

  it("decides a refusal again on fresh state, and only then refuses", async () => {
    const here = purses(store);
    const there = purses(store);
    await here.execute("a", { kind: "fill", amount: 1 }, meta);
    await there.execute("a", { kind: "fill", amount: 500 }, meta);
    // `here` still believes in 1; refusing 200 from that belief would be wrong.
    expect(await here.execute("a", { kind: "pay", amount: 200 }, meta)).toMatchObject({ outcome: { kind: "paid" }, state: { held: 301 } });
    await there.execute("a", { kind: "fill", amount: 1 }, meta);
    expect(await here.execute("a", { kind: "look", amount: 0 }, meta)).toMatchObject({ outcome: { held: 302 } });
  });

  it("decides an acceptance on cached state once", async () => {
    const repository = purses(store);
    await repository.execute("a", { kind: "fill", amount: 1 }, meta);
    decisions.made = 0;
    await repository.execute("a", { kind: "fill", amount: 1 }, meta);
    expect(decisions.made).toBe(1);
  });

  it("reads past its cache when asked to", async () => {
    const here = purses(store);
    await here.load("a");
    await purses(store).execute("a", { kind: "fill", amount: 4 }, meta);
    expect(await here.load("a", { fresh: true })).toMatchObject({ state: { held: 4 } });
    expect(here.loadCached("a")).toMatchObject({ state: { held: 4 } });
  });

  it("keeps its cache within the bound, known and made-up streams apart", async () => {
    const repository = purses(store, { cache: { entries: 10, bytes: 1_000_000 } });
    for (let i = 0; i < 10; i++) await repository.execute(`real-${i}`, { kind: "fill", amount: 1 }, meta);
    for (let i = 0; i < 100; i++) await repository.load(`made-up-${i}`);
    expect(Array.from({ length: 10 }, (_, i) => repository.loadCached(`real-${i}`)).every((one) => one?.revision === 0)).toBe(true);
    expect(Array.from({ length: 100 }, (_, i) => repository.loadCached(`made-up-${i}`)).filter((one) => one !== undefined)).toHaveLength(
      10,
    );
  });
});

describe("when the store fails", () => {
  const failing = (times: number, after: boolean): EventStore => ({
    ...store,
    append: async (...args) => {
      if (times-- > 0) {
        if (after) await store.append(...args);
        throw new EventStoreUnavailable("no answer");
      }
      return store.append(...args);
    },
  });

  it("asks once more with the same events, so that a lost answer changes nothing", async () => {
    for (const lostAfterCommit of [true, false]) {
      const id = String(lostAfterCommit);
      const executed = await purses(failing(1, lostAfterCommit)).execute(id, { kind: "fill", amount: 1 }, meta);
      expect(executed).toMatchObject({ revision: 0, state: { held: 1 } });
      expect(await store.readStream(`purse-${id}`)).toHaveLength(1);
    }
  });

  it("gives up after the second time and forgets what it believed", async () => {
    const repository = purses(failing(2, true));
    await expect(repository.execute("a", { kind: "fill", amount: 1 }, meta)).rejects.toThrow(EventStoreUnavailable);
    expect(repository.loadCached("a")).toBeUndefined();
    expect(await repository.load("a")).toMatchObject({ state: { held: 1 } });
  });

  it("gives up when it only ever meets conflicts", async () => {
    const repository = purses({ ...store, append: async () => ({ kind: "conflict", actual: 7 }) });
    await expect(repository.execute("a", { kind: "fill", amount: 1 }, meta)).rejects.toThrow("too contended");
  });
});

describe("an event this release does not know", () => {
  const newer: typeof purse = {
    ...purse,
    events: {
      ...purse.events,
      Filled: { ...purse.events.Filled, version: 2, upcasters: { 1: (data) => data } },
      Paid: { ...purse.events.Paid, version: 2, ignorable: true },
    },
  };
  const newerPurses = () => createStreamRuntime({ store, clock: { now: () => NOW }, region: "eu1", service: "test" }).repository(newer);

  it("parks its stream: neither read nor written, as unavailable", async () => {
    await newerPurses().execute("a", { kind: "fill", amount: 1 }, meta);
    const repository = purses(store);
    await expect(repository.load("a")).rejects.toThrow(StreamParked);
    await expect(repository.execute("a", { kind: "fill", amount: 1 }, meta)).rejects.toThrow(EventStoreUnavailable);
    expect(await repository.execute("b", { kind: "fill", amount: 1 }, meta)).toMatchObject({ revision: 0 });
  });

  it("is passed over when its writer said it may be", async () => {
    await purses(store).execute("a", { kind: "fill", amount: 9 }, meta);
    await newerPurses().execute("a", { kind: "pay", amount: 1 }, meta);
    expect(await purses(store).load("a")).toMatchObject({ state: { held: 9 }, revision: 1 });
  });
});
