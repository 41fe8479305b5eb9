import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventStore, Snapshot, SnapshotStore } from "@grantline/event-store";
import { meta, purses } from "./fixtures/purse.ts";
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

describe("snapshots", () => {
  const memory = () => {
    const kept = new Map<string, Snapshot>();
    const snapshots: SnapshotStore = {
      get: async (stream) => kept.get(stream),
      put: async (stream, snapshot) => void kept.set(stream, JSON.parse(JSON.stringify(snapshot)) as Snapshot),
    };
    return { kept, snapshots };
  };
  /** Counts events read. */
  const counting = () => {
    let read = 0;
    const counted: EventStore = {
      ...store,
      readStream: async (...args) => store.readStream(...args).then((events) => ((read += events.length), events)),
    };
    return { counted, read: () => read };
  };
  beforeEach(async () => {
    const repository = purses(store);
    for (let i = 0; i < 250; i++) await repository.execute("a", { kind: "fill", amount: 1 }, meta);
  });

  it("shorten the next fold and lead to the same state", async () => {
    const { kept, snapshots } = memory();
    const whole = await purses(store, { snapshots }).load("a");
    expect(kept.get("purse-a")).toMatchObject({ revision: 249 });
    const { counted, read } = counting();
    expect(await purses(counted, { snapshots }).load("a")).toMatchObject({ state: whole.state, revision: 249, hash: whole.hash });
    expect(read()).toBeLessThan(5);
  });

  it("are not used when they do not lie on the stream or come from another fold", async () => {
    const { kept, snapshots } = memory();
    await purses(store, { snapshots }).load("a");
    const good = kept.get("purse-a")!;
    for (const bad of [
      { ...good, hash: "other" },
      { ...good, fold: "other" },
      { ...good, revision: 900 },
    ]) {
      kept.set("purse-a", { ...bad, state: { held: 1_000_000 } });
      expect((await purses(store, { snapshots }).load("a")).state.held).toBe(250);
    }
  });

  it("of another release are not used: how it folds may differ where nobody can see it", async () => {
    const { kept, snapshots } = memory();
    await purses(store, { snapshots, release: "1.0.0" }).load("a");
    kept.set("purse-a", { ...kept.get("purse-a")!, state: { held: 1_000_000 } });
    expect((await purses(store, { snapshots, release: "1.0.0" }).load("a")).state.held).toBe(1_000_000);
    expect((await purses(store, { snapshots, release: "1.0.1" }).load("a")).state.held).toBe(250);
  });

  it("may be lost without anybody being hurt, and somebody is told", async () => {
    const told: string[] = [];
    const broken: SnapshotStore = { get: () => Promise.reject(new Error("gone")), put: () => Promise.reject(new Error("gone")) };
    const repository = purses(store, { snapshots: broken, onSnapshotFailure: (stream) => told.push(stream) });
    expect((await repository.load("a")).state.held).toBe(250);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(["purse-a", "purse-a"]);
  });
});
