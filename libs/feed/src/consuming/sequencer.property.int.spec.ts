// Real: SQLite event store and read model. What Kafka may do to a feed (repeat, reorder, lose, replay) is done to it here by fast-check.
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventStoreUnavailable, NO_STREAM, sealEvents, START, type EventStore, type StoredEvent } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import type { ReadModel } from "@grantline/read-model";
import { openSqliteReadModel } from "@grantline/read-model-sqlite";
import { createMemoryLedger, createParkedMessages, createReadModelLedger, createSequencer, type SequencerOptions } from "./index.ts";

const STREAMS = 3;
const EACH = 5;
let dir: string;
let store: EventStore;
let readModel: ReadModel;
let events: readonly StoredEvent[];
let runs = 0;

beforeAll(async () => {
  dir = await mkdtemp("/var/tmp/grantline-feed-");
  store = await openSqliteEventStore({ file: join(dir, "events.db") });
  readModel = await openSqliteReadModel({ file: join(dir, "read.db"), clock: { now: () => 1_790_000_000 } });
  const definitions = { ThingHappened: { version: 1, ignorable: false } };
  const meta = { correlationId: "c", actor: { kind: "system", id: "t" }, region: "eu1", service: "t" } as const;
  for (let stream = 0; stream < STREAMS; stream += 1) {
    const name = `thing-${stream}`;
    const happened = Array.from({ length: EACH }, (_, n) => ({ type: "ThingHappened", data: { n } }));
    await store.append(
      name,
      NO_STREAM,
      sealEvents({ stream: name, previousHash: "", revision: 0, events: happened, definitions, meta, atMs: 0 }),
    );
  }
  events = await store.readAll(START, 1_000);
});
afterAll(async () => {
  await store.close();
  await readModel.close();
  await rm(dir, { recursive: true });
});

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A consumer of its own, and what it has handled: `stream/revision` in order. */
function consumer(more: Partial<SequencerOptions> = {}) {
  runs += 1;
  const name = `run-${runs}`;
  const handled: string[] = [];
  const parked = createParkedMessages(readModel, name);
  const onEvent = ({ stream, revision }: StoredEvent) => void handled.push(`${stream}/${revision}`);
  const options = { name, onEvent, parked, ledger: createReadModelLedger(readModel, name), store, log, pauseMs: 1, ...more };
  return { handled, parked, options, sequencer: createSequencer(options) };
}

const inOrder = Array.from({ length: STREAMS }, (_, stream) =>
  Array.from({ length: EACH }, (_each, revision) => `thing-${stream}/${revision}`),
);
function byStream(handled: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: STREAMS }, (_, stream) => handled.filter((one) => one.startsWith(`thing-${stream}/`)));
}

describe("a feed that repeats, reorders, loses and replays", () => {
  const deliveries = fc.array(fc.nat(STREAMS * EACH - 1), { maxLength: 40 });
  const lasts = [EACH - 1, 2 * EACH - 1, 3 * EACH - 1];

  it("is each stream's events once and in order all the same, over restarts too", async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, fc.nat(40), async (order, restartAt) => {
        const first = consumer();
        let { sequencer } = first;
        for (const [index, at] of [...order, ...lasts].entries()) {
          if (index === restartAt) sequencer = createSequencer(first.options);
          await sequencer.take(events[at] as StoredEvent);
        }
        expect(byStream(first.handled)).toEqual(inOrder);
        // The same suffix again changes nothing.
        for (const event of events.slice(restartAt % events.length)) expect(await sequencer.take(event)).toBe("duplicate");
        expect(byStream(first.handled)).toEqual(inOrder);
      }),
      { numRuns: 30 },
    );
  });

  it("is in order and without repetition with a ledger that forgets, from the first one seen on", async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, async (order) => {
        const { sequencer, handled } = consumer({ ledger: createMemoryLedger() });
        for (const at of [...order, ...lasts]) await sequencer.take(events[at] as StoredEvent);
        for (const [stream, seen] of byStream(handled).entries()) expect(seen).toEqual((inOrder[stream] as string[]).slice(-seen.length));
      }),
      { numRuns: 30 },
    );
  });

  it("repeats a stream that a small ledger has forgotten, and no more", async () => {
    const { sequencer, handled } = consumer({ ledger: createMemoryLedger(1) });
    for (const at of [0, EACH, 0, 0]) await sequencer.take(events[at] as StoredEvent);
    expect(handled).toEqual(["thing-0/0", "thing-1/0", "thing-0/0"]);
  });
});

describe("an event that can't be handled (P11)", () => {
  const poison =
    (one: string, broken: { yes: boolean }, handled: string[]) =>
    ({ stream, revision }: StoredEvent) => {
      if (broken.yes && `${stream}/${revision}` === one) throw new Error("poison");
      handled.push(`${stream}/${revision}`);
    };

  it("is parked with what follows in its stream; other streams go on; and is handled after a fix", async () => {
    const handled: string[] = [];
    const counted: object[] = [];
    const broken = { yes: true };
    const metrics = { feed: (_name: string, state: object) => void counted.push(state) };
    const { sequencer, parked } = consumer({ onEvent: poison("thing-1/2", broken, handled), metrics });
    for (const event of [...events, ...events]) await sequencer.take(event);
    expect(byStream(handled)).toEqual([inOrder[0], inOrder[1]?.slice(0, 2), inOrder[2]]);
    expect((await parked.list()).map(({ event, reason }) => [event.revision, reason])).toEqual([
      [2, "handler-failed: Error: poison"],
      [3, "stream-parked"],
      [4, "stream-parked"],
    ]);
    expect(counted.at(-1)).toEqual({ parked: 3 });
    expect(await sequencer.retry("thing-1")).toBe(0);
    broken.yes = false;
    expect(await sequencer.retry("thing-1")).toBe(3);
    expect(byStream(handled)).toEqual(inOrder);
    expect(await parked.blocks("thing-1")).toBe(false);
    expect(counted.at(-1)).toEqual({ parked: 0 });
  });

  it("is found among those that were missing too", async () => {
    const handled: string[] = [];
    const broken = { yes: true };
    const { sequencer, parked } = consumer({ onEvent: poison("thing-0/1", broken, handled) });
    expect(await sequencer.take(events[3] as StoredEvent)).toBe("parked");
    expect((await parked.list("thing-0")).map(({ event }) => event.revision)).toEqual([1, 2, 3]);
    broken.yes = false;
    expect(await sequencer.retry("thing-0")).toBe(3);
    expect(handled).toEqual(["thing-0/0", "thing-0/1", "thing-0/2", "thing-0/3"]);
  });

  it("parks its stream when events are missing and there is no store to read them from", async () => {
    const { options, parked, handled } = consumer();
    const { store: _none, ...without } = options;
    const sequencer = createSequencer(without);
    expect(await sequencer.take(events[2] as StoredEvent)).toBe("parked");
    expect((await parked.list()).map(({ reason }) => reason)).toEqual(["gap"]);
    expect(await sequencer.retry("thing-0")).toBe(0);
    expect(await createSequencer(options).retry("thing-0")).toBe(1);
    expect(handled).toEqual(["thing-0/0", "thing-0/1", "thing-0/2"]);
  });

  it("is not poison when it is only a matter of time", async () => {
    let failures = 7;
    let waits = 0;
    const onEvent = () => {
      if ((failures -= 1) >= 0) throw new EventStoreUnavailable("away");
    };
    const { sequencer, parked } = consumer({ onEvent });
    expect(await sequencer.take(events[0] as StoredEvent, async () => void (waits += 1))).toBe("handled");
    expect(waits).toBe(7);
    expect(await parked.list()).toEqual([]);
  });
});
