// Real: SQLite event store and read model. In their place: the publisher (Kafka's own tests are in libs/feed/kafka) and the lease.
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { grantEvents } from "@grantline/domain/grant";
import { type EventStore, NO_STREAM, sealEvents } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import type { ReadModel } from "@grantline/read-model";
import { openSqliteReadModel } from "@grantline/read-model-sqlite";
import { until } from "../fixtures/until.ts";
import { type Lease, LeaseLost } from "../lease/index.ts";
import type { FeedMessage, Publisher } from "../publisher.port.ts";
import { CHECKPOINT, createRelay, type RelayOptions } from "./index.ts";

const clock = { now: () => Math.floor(Date.now() / 1_000) };
let dir: string;
let store: EventStore;
let readModel: ReadModel;
let warnings: string[];
beforeEach(async () => {
  dir = await mkdtemp("/var/tmp/grantline-relay-");
  store = await openSqliteEventStore({ file: join(dir, "events.db") });
  readModel = await openSqliteReadModel({ file: join(dir, "read.db"), clock });
  warnings = [];
});
afterEach(async () => {
  await store.close();
  await readModel.close();
  await rm(dir, { recursive: true });
});

/** Remembers what it acknowledged, in order. */
function memoryPublisher(): Publisher & { readonly acknowledged: FeedMessage[]; away: boolean; place: string | undefined } {
  const publisher = {
    acknowledged: [] as FeedMessage[],
    away: false,
    place: undefined as string | undefined,
    publish: async (messages: readonly FeedMessage[]) => {
      if (publisher.away) throw new Error("Kafka is away");
      publisher.acknowledged.push(...messages);
    },
    published: async () => publisher.place,
    close: async () => undefined,
  };
  return publisher;
}

async function revoke(...grants: readonly string[]): Promise<void> {
  const meta = { correlationId: "c", actor: { kind: "system", id: "t" }, region: "eu1", service: "t" } as const;
  const events = [{ type: "GrantRevoked", data: { reason: "admin" } }];
  for (const grant of grants) {
    const stream = `grant-${grant}`;
    await store.append(
      stream,
      NO_STREAM,
      sealEvents({ stream, previousHash: "", revision: 0, events, definitions: grantEvents, meta, atMs: Date.now() - 60_000 }),
    );
  }
}

function start(publisher: Publisher, more: Partial<RelayOptions> = {}, assertHeld: Lease["assertHeld"] = async () => undefined) {
  const controller = new AbortController();
  const states: { readonly behind?: number; readonly lagSeconds?: number }[] = [];
  const relay = createRelay({
    store,
    publisher,
    checkpoints: readModel,
    clock,
    log: {
      info: () => undefined,
      warn: (_members, message) => void warnings.push(message),
      error: (_members, message) => void warnings.push(message),
    },
    metrics: { feed: (_name, state) => void states.push(state) },
    batchSize: 2,
    idleMs: 5,
    ...more,
  });
  const running = relay.run({ duty: "relay", term: 1, signal: controller.signal, assertHeld });
  const stop = async () => {
    controller.abort(new LeaseLost("over"));
    await running;
  };
  return { relay, running, states, stop };
}

const topics = (messages: readonly FeedMessage[], topic: string) =>
  messages.filter((message) => message.topic === topic).map(({ key }) => key);

describe("the relay", () => {
  it("publishes in order, revocations beside the events, and keeps its place", async () => {
    await revoke("a", "b", "c");
    const publisher = memoryPublisher();
    const { relay, stop } = start(publisher);
    await until(async () => (await readModel.checkpoint(CHECKPOINT)) === (await store.head()));
    await revoke("d");
    await until(() => publisher.acknowledged.length === 8);
    expect(topics(publisher.acknowledged, "events")).toEqual(["grant-a", "grant-b", "grant-c", "grant-d"]);
    expect(topics(publisher.acknowledged, "revocations")).toEqual(["grant:a", "grant:b", "grant:c", "grant:d"]);
    expect(publisher.acknowledged.map(({ headers }) => headers["after"])).toEqual(["0", "0", "0", "0", "2", "2", "3", "3"]);
    expect(relay.status().phase).toBe("running");
    await stop();
    expect(relay.status()).toEqual({ phase: "waiting" });
    const next = start(publisher);
    await revoke("e");
    await until(() => publisher.acknowledged.length === 10);
    await next.stop();
  });

  it("waits for Kafka as long as it takes, says how far it is behind, and catches up", async () => {
    const publisher = memoryPublisher();
    publisher.away = true;
    await revoke("a", "b", "c");
    const { relay, states, stop } = start(publisher);
    await until(() => relay.status().phase === "retrying" && warnings.length >= 3);
    await until(() => states.some(({ behind }) => behind === 3));
    expect(states.find(({ behind }) => behind === 3)?.lagSeconds).toBeGreaterThan(58);
    publisher.away = false;
    await until(() => publisher.acknowledged.length === 6);
    await stop();
  });

  it("goes on while its checkpoint can't be kept, and keeps it when that is possible again", async () => {
    let away = true;
    const gone = () => Promise.reject(new Error("the read model is gone"));
    const checkpoints: RelayOptions["checkpoints"] = {
      checkpoint: (name) => (away ? gone() : readModel.checkpoint(name)),
      write: (...args) => (away ? gone() : readModel.write(...args)),
    };
    await revoke("a", "b", "c");
    const publisher = memoryPublisher();
    publisher.place = "1";
    const { stop } = start(publisher, { checkpoints });
    await until(() => publisher.acknowledged.length === 4);
    expect(topics(publisher.acknowledged, "events")).toEqual(["grant-b", "grant-c"]);
    away = false;
    await revoke("d");
    await until(async () => (await readModel.checkpoint(CHECKPOINT)) === (await store.head()));
    await stop();
  });

  it("never sets the checkpoint back, and goes on from one that somebody else moved on", async () => {
    await revoke("a", "b");
    const publisher = memoryPublisher();
    const { stop } = start(publisher);
    await until(async () => (await readModel.checkpoint(CHECKPOINT)) === "2");
    await readModel.write(CHECKPOINT, [], "4");
    await revoke("c");
    await until(() => publisher.acknowledged.length === 6);
    await revoke("d", "e");
    await until(async () => (await readModel.checkpoint(CHECKPOINT)) === "5");
    expect(topics(publisher.acknowledged, "events")).toContain("grant-e");
    await stop();
  });

  it("publishes nothing once its lease is lost, and ends", async () => {
    await revoke("a");
    const publisher = memoryPublisher();
    const { running } = start(publisher, {}, () => Promise.reject(new LeaseLost("another's")));
    await expect(running).rejects.toThrow(LeaseLost);
    expect(publisher.acknowledged).toEqual([]);
  });
});
