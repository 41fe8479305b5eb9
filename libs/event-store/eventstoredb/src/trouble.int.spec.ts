import { EventStoreUnavailable, NO_STREAM, START, type EventStore, type StoredEvent } from "@grantline/event-store";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { oneEvent } from "./double/events.ts";
import { startDouble, type EventStoreDbDouble } from "./double/server.ts";
import { openEventStoreDb } from "./open.ts";

// Real: the official client, gRPC, broken connections. A double: the server.
describe("trouble with a double of EventStoreDB", () => {
  let double: EventStoreDbDouble;
  let store: EventStore;
  let told: string[];
  beforeEach(async () => {
    double = await startDouble();
    told = [];
    store = await openEventStoreDb({ connectionString: double.connectionString, onTrouble: (what) => void told.push(what) });
    onTestFinished(async () => {
      await store.close();
      await double.down();
    });
  });

  it("an answer that was lost is an unknown outcome, and the same ids again find that it was done", async () => {
    const event = oneEvent("thing-1");
    double.mishaps.loseAnswers = 1;
    await expect(store.append("thing-1", NO_STREAM, [event])).rejects.toBeInstanceOf(EventStoreUnavailable);
    const again = await store.append("thing-1", NO_STREAM, [event]);
    expect(again).toEqual({ kind: "appended", revision: 0, position: (await store.readLast("thing-1"))?.position });
    expect(await store.readAll(START, 10)).toHaveLength(1);
  });

  it("the same when the stream has moved on meanwhile and the server has forgotten those ids", async () => {
    const first = oneEvent("thing-1");
    double.mishaps.loseAnswers = 1;
    await expect(store.append("thing-1", NO_STREAM, [first])).rejects.toBeInstanceOf(EventStoreUnavailable);
    const peer = await openEventStoreDb({ connectionString: double.connectionString });
    onTestFinished(() => peer.close());
    expect(await peer.append("thing-1", 0, [oneEvent("thing-1", first)])).toMatchObject({ kind: "appended" });
    expect(await store.append("thing-1", NO_STREAM, [first])).toMatchObject({ kind: "appended", revision: 0 });
    expect(await store.append("thing-1", NO_STREAM, [oneEvent("thing-1")])).toEqual({ kind: "conflict", actual: 1 });
  });

  it("no answer at all is an unknown outcome after the deadline, not a hanging request", async () => {
    const event = oneEvent("thing-1");
    double.mishaps.silent = 1;
    await expect(store.append("thing-1", NO_STREAM, [event])).rejects.toBeInstanceOf(EventStoreUnavailable);
    expect(await store.append("thing-1", NO_STREAM, [event])).toMatchObject({ kind: "appended", revision: 0 });
  });

  it("a node that is not the leader sends us on, and the caller does not notice", async () => {
    double.mishaps.notLeader = 1;
    expect(await store.append("thing-1", NO_STREAM, [oneEvent("thing-1")])).toMatchObject({ kind: "appended", revision: 0 });
    expect(await store.readAll(START, 10)).toHaveLength(1);
  });

  it("with nobody there everything is unavailable, and it works again when the server is back", async () => {
    await store.append("thing-1", NO_STREAM, [oneEvent("thing-1")]);
    await double.down();
    for (const call of [
      () => store.append("thing-2", NO_STREAM, [oneEvent("thing-2")]),
      () => store.readStream("thing-1"),
      () => store.head(),
      () => store.readAll(START, 10),
    ])
      await expect(call()).rejects.toBeInstanceOf(EventStoreUnavailable);
    await double.up();
    await vi.waitFor(async () => expect(await store.readStream("thing-1")).toHaveLength(1), 10_000);
    await expect(openEventStoreDb({ connectionString: "esdb://127.0.0.1:1?tls=false" })).rejects.toBeInstanceOf(EventStoreUnavailable);
  });

  it("a subscription survives that: nothing is missed, nothing comes twice after it was handled, and it tells how far it is", async () => {
    const seen: StoredEvent[] = [];
    let reached = START;
    const subscription = store.subscribe(
      START,
      (events, upTo) => {
        seen.push(...events);
        reached = upTo;
      },
      { except: "issuance-" },
    );
    for (let index = 0; index < 5; index += 1) await store.append(`before-${index}`, NO_STREAM, [oneEvent(`before-${index}`)]);
    await vi.waitFor(() => expect(seen).toHaveLength(5), 5_000);
    await double.down();
    await double.up();
    await vi.waitFor(() => store.head(), 10_000);
    for (let index = 0; index < 5; index += 1) await store.append(`after-${index}`, NO_STREAM, [oneEvent(`after-${index}`)]);
    await vi.waitFor(() => expect(seen).toHaveLength(10), 10_000);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(10);
    expect(told.some((what) => what.includes("broke and is opened again"))).toBe(true);
    await store.append("issuance-1", NO_STREAM, [oneEvent("issuance-1")]);
    const head = await store.head();
    await vi.waitFor(() => expect(reached).toBe(head), 1_500);
    expect(seen).toHaveLength(10);
    await subscription.close();
  });
});

describe("beside others on one double of EventStoreDB", () => {
  it("the server's own records and another installation's are never seen, nor do they move the head", async () => {
    const { connectionString, log, down } = await startDouble();
    const [one, other] = [
      await openEventStoreDb({ connectionString, streamPrefix: "one." }),
      await openEventStoreDb({ connectionString, streamPrefix: "other." }),
    ];
    onTestFinished(async () => {
      await one.close();
      await other.close();
      await down();
    });
    for (let index = 0; index < 6; index += 1) await one.append(`thing-${index}`, NO_STREAM, [oneEvent(`thing-${index}`)]);
    expect(log.records.some(({ stream }) => stream.startsWith("$"))).toBe(true);
    expect(await other.head()).toBe(START);
    expect(await other.readAll(START, 100)).toEqual([]);
    expect(await other.readStream("thing-1")).toEqual([]);
    expect(await one.readAll(START, 100)).toHaveLength(6);
    expect(await one.readAll(START, 100, { types: ["ThingHappened"], except: "thing-3" })).toHaveLength(5);
    await expect(openEventStoreDb({ connectionString, streamPrefix: "$mine" })).rejects.toThrow(RangeError);
  });

  it("whoever wants to know is woken soon after anybody has appended", async () => {
    const { connectionString, down } = await startDouble();
    const [one, other] = [await openEventStoreDb({ connectionString }), await openEventStoreDb({ connectionString })];
    onTestFinished(async () => {
      await one.close();
      await other.close();
      await down();
    });
    let woken = 0;
    const end = one.onAppended?.(() => void (woken += 1));
    await vi.waitFor(async () => {
      const stream = `thing-${crypto.randomUUID()}`;
      await other.append(stream, NO_STREAM, [oneEvent(stream)]);
      expect(woken).toBeGreaterThan(0);
    }, 5_000);
    end?.();
  });
});
