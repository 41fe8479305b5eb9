import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Decider } from "@grantline/domain/kernel";
import { createStreamRuntime, EventStoreUnavailable, StreamParked, verifyStream } from "@grantline/event-store";
import type { EventStore, Snapshot, SnapshotStore, StreamRepository, StreamRuntimeOptions } from "@grantline/event-store";
import { openFolder } from "./fixtures/sqlite-place.ts";
import { openSqliteEventStore } from "./open.ts";

/** A purse: money goes in, and out while there is enough. A refused payment is a fact; a look is not. */
type PurseEvent =
  | { readonly type: "Filled"; readonly data: { readonly amount: number } }
  | { readonly type: "Paid"; readonly data: { readonly amount: number } }
  | { readonly type: "PaymentRefused"; readonly data: { readonly amount: number } };
type PurseCommand = { readonly kind: "fill" | "pay" | "look"; readonly amount: number };
interface Purse { readonly held: number; readonly refusals: number; readonly lastAt: number }
type PurseOutcome = { readonly kind: "filled" | "paid" | "looked" | "refused"; readonly held: number };

const about = { about: "test", ignorable: false, fields: { amount: { kind: "public", about: "test" } } } as const;
let decisions = 0;
const purse: Decider<Purse, PurseCommand, PurseEvent, PurseOutcome> = {
  stream: "purse",
  events: { Filled: { version: 1, ...about }, Paid: { version: 1, ...about }, PaymentRefused: { version: 1, ...about } },
  initial: { held: 0, refusals: 0, lastAt: 0 },
  decide: ({ kind, amount }, { held }) => {
    decisions++;
    if (kind === "look") return { events: [], outcome: { kind: "looked", held } };
    if (kind === "fill") return { events: [{ type: "Filled", data: { amount } }], outcome: { kind: "filled", held: held + amount } };
    if (held < amount) return { events: amount > 100 ? [] : [{ type: "PaymentRefused", data: { amount } }], outcome: { kind: "refused", held } };
    return { events: [{ type: "Paid", data: { amount } }], outcome: { kind: "paid", held: held - amount } };
  },
  evolve: (state, event) => {
    if (event.type === "Filled") return { ...state, held: state.held + event.data.amount, lastAt: event.at };
    if (event.type === "Paid") return { ...state, held: state.held - event.data.amount, lastAt: event.at };
    return { ...state, refusals: state.refusals + 1, lastAt: event.at };
  },
};
const meta = { correlationId: "c", actor: { kind: "system", id: "test" } } as const;
const NOW = 1_800_000_000;

let folder: Awaited<ReturnType<typeof openFolder>>;
let store: EventStore;
const opened: EventStore[] = [];

async function open(options: { readonly listen?: string; readonly connect?: string } = {}): Promise<EventStore> {
  const one = await openSqliteEventStore({ file: folder.file, ...options });
  opened.push(one);
  return one;
}
function purses(on: EventStore, more: Partial<StreamRuntimeOptions> = {}): StreamRepository<Purse, PurseCommand, PurseOutcome> {
  return createStreamRuntime({ store: on, clock: { now: () => NOW }, region: "eu1", service: "test", ...more }).repository(purse);
}
beforeEach(async () => {
  folder = await openFolder();
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  await folder.remove();
});

describe("running a decider on its stream", () => {
  beforeEach(async () => {
    store = await open();
  });

  it("appends what was decided and answers with the state after it", async () => {
    const repository = purses(store);
    const executed = await repository.execute("a", { kind: "fill", amount: 5 }, meta);
    expect(executed).toEqual({ outcome: { kind: "filled", held: 5 }, state: { held: 5, refusals: 0, lastAt: NOW }, revision: 0, position: "1" });
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
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? here : there).execute("a", { kind: "pay", amount: 1 }, meta)));
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
    decisions = 0;
    await repository.execute("a", { kind: "fill", amount: 1 }, meta);
    expect(decisions).toBe(1);
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
    expect(Array.from({ length: 100 }, (_, i) => repository.loadCached(`made-up-${i}`)).filter((one) => one !== undefined)).toHaveLength(10);
  });
});

describe("when the store fails", () => {
  beforeEach(async () => {
    store = await open();
  });
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
  const newer: typeof purse = { ...purse, events: { ...purse.events, Filled: { ...purse.events.Filled, version: 2 }, Paid: { ...purse.events.Paid, version: 2, ignorable: true } } };
  const newerPurses = () => createStreamRuntime({ store, clock: { now: () => NOW }, region: "eu1", service: "test" }).repository(newer);

  it("parks its stream: neither read nor written, as unavailable", async () => {
    store = await open();
    await newerPurses().execute("a", { kind: "fill", amount: 1 }, meta);
    const repository = purses(store);
    await expect(repository.load("a")).rejects.toThrow(StreamParked);
    await expect(repository.execute("a", { kind: "fill", amount: 1 }, meta)).rejects.toThrow(EventStoreUnavailable);
    expect(await repository.execute("b", { kind: "fill", amount: 1 }, meta)).toMatchObject({ revision: 0 });
  });

  it("is passed over when its writer said it may be", async () => {
    store = await open();
    await purses(store).execute("a", { kind: "fill", amount: 9 }, meta);
    await newerPurses().execute("a", { kind: "pay", amount: 1 }, meta);
    expect(await purses(store).load("a")).toMatchObject({ state: { held: 9 }, revision: 1 });
  });
});

describe("snapshots", () => {
  const memory = () => {
    const kept = new Map<string, Snapshot>();
    const snapshots: SnapshotStore = { get: async (stream) => kept.get(stream), put: async (stream, snapshot) => void kept.set(stream, JSON.parse(JSON.stringify(snapshot)) as Snapshot) };
    return { kept, snapshots };
  };
  /** Counts events read. */
  const counting = () => {
    let read = 0;
    const counted: EventStore = { ...store, readStream: async (...args) => store.readStream(...args).then((events) => ((read += events.length), events)) };
    return { counted, read: () => read };
  };
  beforeEach(async () => {
    store = await open();
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
    for (const bad of [{ ...good, hash: "other" }, { ...good, fold: "other" }, { ...good, revision: 900 }]) {
      kept.set("purse-a", { ...bad, state: { held: 1_000_000 } });
      expect((await purses(store, { snapshots }).load("a")).state.held).toBe(250);
    }
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

describe("two processes' handles on one store", () => {
  it("never answer from a cache that is older than what the other was told", async () => {
    const owner = purses(await open({ listen: folder.socket }));
    const peer = purses(await open({ connect: folder.socket }));
    for (let i = 0; i < 200; i++) {
      const [writer, reader] = i % 2 === 0 ? [owner, peer] : [peer, owner];
      await writer.execute(`p${i % 3}`, { kind: "fill", amount: 1 }, meta);
      const held = Math.floor(i / 3) + 1;
      expect((reader.loadCached(`p${i % 3}`) ?? (await reader.load(`p${i % 3}`))).state.held).toBe(held);
      expect((writer.loadCached(`p${i % 3}`) ?? (await writer.load(`p${i % 3}`))).state.held).toBe(held);
    }
  });

  it("know of a stream the other opened after both had found it missing", async () => {
    const owner = purses(await open({ listen: folder.socket }));
    const peer = purses(await open({ connect: folder.socket }));
    for (const one of [owner, peer]) expect(await one.load("a")).toMatchObject({ revision: -1 });
    await peer.execute("a", { kind: "fill", amount: 1 }, meta);
    for (const one of [owner, peer]) expect(await one.load("a")).toMatchObject({ revision: 0 });
  });

  it("still answer from memory while both are writing", async () => {
    const owner = purses(await open({ listen: folder.socket }));
    const peer = purses(await open({ connect: folder.socket }));
    const work = (one: typeof owner, name: string) => Promise.all(Array.from({ length: 50 }, (_, i) => one.execute(`${name}-${i}`, { kind: "fill", amount: 1 }, meta)));
    await Promise.all([work(owner, "o"), work(peer, "p")]);
    const cached = (one: typeof owner, name: string) => Array.from({ length: 50 }, (_, i) => one.loadCached(`${name}-${i}`)).filter((state) => state !== undefined);
    expect(cached(owner, "o")).toHaveLength(50);
    expect(cached(peer, "p")).toHaveLength(50);
  });
});
