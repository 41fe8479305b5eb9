import { CloudEvent, Kafka } from "cloudevents";
import { describe, expect, it } from "vitest";
import { type SealedEvent, sealEvents, type StoredEvent } from "@grantline/event-store";
import { definitionsOf } from "@grantline/domain/catalogue";
import { messagesOf, structuredCloudEvent } from "./index.ts";

const meta = {
  correlationId: "c1",
  actor: { kind: "operator", id: "o1" },
  region: "eu1",
  service: "token-service",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
} as const;

function stored(stream: string, type: string, data: object, more: object = {}): StoredEvent {
  const definitions = definitionsOf(stream) ?? { [type]: { version: 1, ignorable: true } };
  const [sealed] = sealEvents({
    stream,
    previousHash: "",
    revision: 3,
    events: [{ type, data }],
    definitions,
    meta: { ...meta, ...more },
    atMs: 1_790_000_000_123,
  });
  return { ...(sealed as SealedEvent), position: "17" };
}

const suspended = stored("client-c1", "ClientSuspended", { reason: "abuse", generation: 2 });

describe("an event on the feed", () => {
  it("is a CloudEvent in binary mode, by the word of the SDK", () => {
    const [message] = messagesOf(suspended, "12");
    expect(message).toMatchObject({ topic: "events", key: "client-c1", value: suspended.body });
    expect(message?.headers).toMatchObject({ position: "17", after: "12", ce_type: "dev.grantline.ClientSuspended.v1" });
    // The SDK reads `value`, which its type leaves to KafkaMessage.
    const wire = { headers: { ...message?.headers }, key: "client-c1", value: message?.value, body: message?.value };
    const read = Kafka.toEvent(wire) as CloudEvent<object>;
    expect(read.validate()).toBe(true);
    expect(read).toMatchObject({
      specversion: "1.0",
      id: suspended.id,
      source: "eu1",
      type: "dev.grantline.ClientSuspended.v1",
      time: "2026-09-21T14:13:20.123Z",
      subject: "client-c1",
      datacontenttype: "application/json",
      traceparent: meta.traceparent,
      partitionkey: "client-c1",
      revision: "3",
      hash: suspended.hash,
    });
    expect(read.data).toEqual(JSON.parse(suspended.body));
  });

  it("is one in structured mode as well", () => {
    const structured = structuredCloudEvent(suspended);
    expect(structured).toContain(suspended.body);
    const read = new CloudEvent(JSON.parse(structured) as object);
    expect(read.validate()).toBe(true);
    expect(read).toMatchObject({ id: suspended.id, position: "17", data: { type: "ClientSuspended", data: { generation: 2 } } });
  });

  it("has no traceparent when nobody traced it", () => {
    const { traceparent: _traceparent, ...untraced } = meta;
    const event = { ...suspended, body: JSON.stringify({ ...JSON.parse(suspended.body), meta: untraced }) };
    expect(messagesOf(event, "0")[0]?.headers).not.toHaveProperty("ce_traceparent");
  });
});

describe("what else an event says", () => {
  it("is a revocation under the key of what was revoked", () => {
    const [, revocation, ...more] = messagesOf(suspended, "12");
    expect(more).toEqual([]);
    expect(revocation).toMatchObject({ topic: "revocations", key: "client:c1" });
    expect(JSON.parse(revocation?.value as string)).toEqual({
      kind: "client",
      id: "c1",
      generation: 2,
      reason: "abuse",
      position: "17",
      stream: "client-c1",
      revision: 3,
      at: "2026-09-21T14:13:20.123Z",
      region: "eu1",
    });
  });

  it.each([
    ["security-w-20260921", "LoginFailed", { reason: "password-wrong", count: 3, minute: 1_790_000_000 }, ["events", "alerts"]],
    ["grant-g1", "RefreshReuseDetected", { clientId: "c", generation: 1 }, ["events", "alerts"]],
    ["keyring-eu1", "SigningKeyCompromised", { kid: "k", reason: "leaked" }, ["events", "revocations", "alerts"]],
    ["grant-g1", "RefreshRetried", { generation: 1 }, ["events"]],
    ["novelty-x", "FromTheFuture", {}, ["events"]],
    ["finding-x", "AnomalyDetected", {}, ["events", "alerts"]],
  ])("%s %s is told on its topics", (stream, type, data, topics) => {
    expect(messagesOf(stored(stream, type, data), "0").map(({ topic }) => topic)).toEqual(topics);
  });
});
