// Real: a Kafka broker that is killed, SQLite event store and read model, relay and consumer. In our place: the lease (its own tests).
import { setTimeout as pause } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CHECKPOINT, createParkedMessages, createReadModelLedger, createRelay, type Publisher } from "@grantline/feed";
import { START, type StoredEvent } from "@grantline/event-store";
import { kafkaLib, type KafkaGround, startKafka } from "@grantline/testing/ground";
import { anyLease, clock, everythingOn, type FeedPlace, openFeedPlace, silent } from "./fixtures/feed-place.ts";
import { consumeKafka, openKafkaPublisher, type KafkaConsumerOptions } from "./index.ts";

describe.skipIf(kafkaLib() === undefined)("needs Kafka: the feed over Kafka", () => {
  let kafka: KafkaGround;
  let place: FeedPlace;
  const ends: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka.stop());
  beforeEach(async () => {
    place = await openFeedPlace();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
    await place.close();
  });

  const connection = () => ({ brokers: kafka.brokers, clientId: "test", log: silent });
  const publisher = (settings?: Record<string, Record<string, string>>): Publisher =>
    openKafkaPublisher({
      ...connection(),
      topicPrefix: place.topicPrefix,
      region: "eu1",
      partitions: 4,
      replicationFactor: 1,
      ...(settings === undefined ? {} : { settings }),
    });

  function relay(more: { readonly publisher?: Publisher; readonly counted?: object[] } = {}) {
    const { publisher: to = publisher(), counted = [] } = more;
    const { lease, end } = anyLease();
    const metrics = { feed: (_name: string, state: object) => void counted.push(state) };
    const one = createRelay({
      store: place.store,
      publisher: to,
      checkpoints: place.readModel,
      clock,
      log: silent,
      metrics,
      batchSize: 50,
      idleMs: 20,
    });
    const running = one.run(lease);
    const stop = async () => {
      end();
      await running;
      await to.close();
    };
    ends.push(stop);
    return { relay: one, stop };
  }

  async function consumer(group: string, onEvent: KafkaConsumerOptions["onEvent"]) {
    const parked = createParkedMessages(place.readModel, group);
    const one = await consumeKafka({
      ...connection(),
      group: `${place.topicPrefix}.${group}`,
      topic: `${place.topicPrefix}.events`,
      onEvent,
      parked,
      store: place.store,
      ledger: createReadModelLedger(place.readModel, group),
    });
    ends.push(one.close);
    return { consumer: one, parked };
  }

  const published = async (): Promise<void> => {
    const head = await place.store.head();
    while ((await place.readModel.checkpoint(CHECKPOINT)) !== head) await pause(20);
  };
  const raised = (generation: number) => ({ type: "ClientGenerationRaised", data: { generation, reason: "test" } });
  async function fill(streams: number, each: number): Promise<void> {
    for (let n = 1; n <= each; n += 1)
      await Promise.all(Array.from({ length: streams }, (_, stream) => place.append(`client-c${stream}`, raised(n))));
  }
  const names = (events: readonly StoredEvent[]) => events.map(({ stream, revision }) => `${stream}/${revision}`);
  const inOrder = (events: readonly StoredEvent[]) =>
    events.every(
      ({ stream, revision }, index) =>
        revision === 0 || events.slice(0, index).some((one) => one.stream === stream && one.revision === revision - 1),
    );

  it("brings every event to a consumer once, each stream's in order, byte for byte", async () => {
    await fill(20, 5);
    const counted: { behind?: number; published?: number }[] = [];
    relay({ counted });
    await published();
    const seen: StoredEvent[] = [];
    await consumer("all", (event) => void seen.push(event));
    await fill(20, 5);
    while (seen.length < 200) await pause(20);
    expect(inOrder(seen)).toBe(true);
    const stored = await place.store.readAll(START, 1_000);
    expect(seen.toSorted((a, b) => Number(a.position) - Number(b.position))).toEqual(stored);
    expect(counted.reduce((sum, one) => sum + (one.published ?? 0), 0)).toBe(200);
    while (counted.at(-1)?.behind !== 0) await pause(50);
  });

  it("survives a broker that is killed: nothing is lost, nothing is handled twice", async () => {
    relay();
    const seen: StoredEvent[] = [];
    await fill(5, 4);
    await published();
    await consumer("crash", (event) => void seen.push(event));
    await kafka.kill("SIGKILL");
    await fill(5, 4);
    await pause(1_500);
    expect((await place.readModel.checkpoint(CHECKPOINT)) !== (await place.store.head())).toBe(true);
    await kafka.start();
    await published();
    while (new Set(names(seen)).size < 40) await pause(50);
    expect(names(seen)).toHaveLength(40);
    expect(inOrder(seen)).toBe(true);
  });

  it("goes on from the topic when its checkpoint is lost, with the last batch at most again", async () => {
    await fill(10, 12);
    const first = relay();
    await published();
    await first.stop();
    await place.readModel.clear(CHECKPOINT);
    await fill(10, 1);
    relay();
    await published();
    const messages = await everythingOn(kafka.brokers, `${place.topicPrefix}.events`);
    expect(messages.length).toBeLessThanOrEqual(130 + 50);
    expect(new Set(messages.map(({ headers }) => headers["position"])).size).toBe(130);
  });

  it("begins anew when the log is shorter than what was published of it: a backup was put back", async () => {
    await fill(2, 1);
    await place.readModel.write(CHECKPOINT, [], "999");
    relay();
    await published();
    expect(await everythingOn(kafka.brokers, `${place.topicPrefix}.events`)).toHaveLength(2);
  });

  it("keeps the last word on each thing on the compacted topic", async () => {
    const settings = {
      revocations: { "segment.ms": "100", "max.compaction.lag.ms": "100", "min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "0" },
    };
    await fill(2, 40);
    relay({ publisher: publisher(settings) });
    await published();
    const topic = `${place.topicPrefix}.revocations`;
    const words = async () =>
      (await everythingOn(kafka.brokers, topic)).map(
        ({ key, value }) => [key, (JSON.parse(value) as { generation: number }).generation] as const,
      );
    expect(await words()).toHaveLength(80);
    // The segment being written is never compacted: new ones are begun by what is revoked meanwhile.
    for (let generation = 41; (await words()).filter(([key]) => key === "client:c0").length > 10; generation += 1) {
      await place.append("client-c1", raised(generation));
      await place.append("client-c0", raised(generation));
      await pause(300);
    }
    const { generation } = JSON.parse((await place.store.readLast("client-c0"))?.body ?? "{}").data as { generation: number };
    await published();
    expect(new Map(await words()).get("client:c0")).toBe(generation);
  });

  it("parks a poison message and only its stream; a stranger's message hurts nobody", async () => {
    await fill(3, 2);
    relay();
    await published();
    const raw = new Kafka({ brokers: [...kafka.brokers], clientId: "stranger", logLevel: logLevel.NOTHING }).producer();
    await raw.connect();
    await raw.send({ topic: `${place.topicPrefix}.events`, messages: [{ key: "client-c1", value: "{not json" }, { value: null }] });
    await raw.disconnect();
    let broken = true;
    const seen: StoredEvent[] = [];
    const { consumer: one, parked } = await consumer("poison", (event) => {
      if (broken && event.stream === "client-c1" && event.revision === 1) throw new Error("poison");
      seen.push(event);
    });
    await fill(3, 1);
    while ((await parked.list()).length < 2 || seen.length < 7) await pause(20);
    expect((await parked.list()).map(({ event, reason }) => [`${event.stream}/${event.revision}`, reason])).toEqual([
      ["client-c1/1", "handler-failed: Error: poison"],
      ["client-c1/2", "stream-parked"],
    ]);
    broken = false;
    expect(await one.retry("client-c1")).toBe(2);
    expect(names(seen)).toHaveLength(9);
    expect(inOrder(seen)).toBe(true);
  });

  it("makes its topics with what they need, and tells where it can't reach the broker", async () => {
    relay();
    await place.append("client-c1", raised(1));
    await published();
    const admin = new Kafka({ brokers: [...kafka.brokers], clientId: "judge", logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: `${place.topicPrefix}.revocations` }],
    });
    const settings = Object.fromEntries(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? []);
    expect(settings).toMatchObject({ "cleanup.policy": "compact,delete", "unclean.leader.election.enable": "false" });
    await admin.disconnect();
    const nowhere = openKafkaPublisher({ ...connection(), brokers: ["127.0.0.1:1"], topicPrefix: "x", region: "eu1" });
    await expect(nowhere.publish([{ topic: "events", key: "k", headers: {}, value: "{}" }])).rejects.toThrow(
      /ECONNREFUSED|Connection|broker/i,
    );
    await nowhere.close();
  });
});
