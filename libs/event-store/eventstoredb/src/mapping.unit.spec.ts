import sharedPb from "@eventstore/db-client/generated/shared_pb.js";
import streamsPb from "@eventstore/db-client/generated/streams_pb.js";
import { describe, expect, it } from "vitest";
import { oneEvent } from "./double/events.ts";
import { toEventData, toStored, type RecordedEvent } from "./mapping.ts";

function recorded(stream: string, revision: number, data: Uint8Array, metadata: string): RecordedEvent {
  const record = new streamsPb.ReadResp.ReadEvent.RecordedEvent();
  record.setId(new sharedPb.UUID().setString("0199f0d2-0000-7000-8000-000000000001"));
  record.setStreamIdentifier(new sharedPb.StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(stream))));
  record.setStreamRevision(String(revision)).setCommitPosition("18446744073709551614").setPreparePosition("18446744073709551614");
  record.getMetadataMap().set("type", "ThingHappened");
  return record.setData(data).setCustomMetadata(Uint8Array.from(Buffer.from(metadata)));
}

describe("an event on its way to EventStoreDB and back", () => {
  it("travels as bytes, with hash and revision beside it and nothing else of its content", () => {
    const event = oneEvent("thing-1");
    const data = toEventData(event);
    expect(data).toMatchObject({ id: event.id, type: "ThingHappened", contentType: "application/octet-stream" });
    expect(data.metadata).toEqual({ hash: event.hash, revision: 0 });
    expect(Buffer.from(data.data as Uint8Array).toString("utf8")).toBe(event.body);
  });

  it("comes back byte for byte, without the prefix, at a position no number of ours could hold", () => {
    const event = oneEvent("thing-1");
    const { data, metadata } = toEventData(event);
    const record = recorded("one.thing-1", 0, data as Uint8Array, JSON.stringify(metadata));
    expect(toStored(record, "one.")).toEqual({
      ...event,
      id: "0199f0d2-0000-7000-8000-000000000001",
      position: "18446744073709551614",
    });
  });

  it("is refused when it was not written by us or says another revision than the one it stands at", () => {
    expect(() => toStored(recorded("other", 0, Uint8Array.of(1), ""), "")).toThrow(/was not written by Grantline/);
    expect(() => toStored(recorded("thing-1", 4, Uint8Array.of(1), '{"hash":"x","revision":3}'), "")).toThrow(/says that it is revision 3/);
  });
});
