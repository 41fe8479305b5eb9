import type { BinaryEventType, EventData } from "@eventstore/db-client";
import type { ReadResp } from "@eventstore/db-client/generated/streams_pb.js";
import type { SealedEvent, StoredEvent } from "@grantline/event-store";

export type RecordedEvent = ReadResp.ReadEvent.RecordedEvent;

/** Beside the body, in the event's metadata: what must be read without parsing it. */
interface Beside {
  readonly hash: string;
  readonly revision: number;
}

/** The body goes as bytes, not as JSON: a server or client that parsed and wrote it again would break its hash (P10). */
export function toEventData({ id, type, body, hash, revision }: SealedEvent): EventData {
  const beside: Beside = { hash, revision };
  const data: BinaryEventType = { type, data: Uint8Array.from(Buffer.from(body, "utf8")), metadata: beside };
  return { id, contentType: "application/octet-stream", ...data } as EventData;
}

/**
 * A record as it was appended, with its place in $all. Every record that was not written through the old TCP transactions has its own commit
 * position, equal to its prepare position, so one number says it all.
 * @throws TypeError when the record is none of ours.
 */
export function toStored(record: RecordedEvent, prefix: string): StoredEvent {
  const stream = streamOf(record).slice(prefix.length);
  const revision = Number(record.getStreamRevision());
  const { hash, revision: said } = besideOf(record, stream);
  if (said !== revision) throw new TypeError(`event ${revision} of ${stream} in EventStoreDB says that it is revision ${said}`);
  return {
    id: record.getId()?.getString() ?? "",
    stream,
    revision,
    type: typeOf(record),
    body: Buffer.from(record.getData_asU8()).toString("utf8"),
    hash,
    position: positionOf(record),
  };
}

export function streamOf(record: RecordedEvent): string {
  return Buffer.from(record.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString("utf8");
}

export function typeOf(record: RecordedEvent): string {
  return record.getMetadataMap().get("type") ?? "";
}

export function positionOf(record: RecordedEvent): string {
  return String(record.getCommitPosition());
}

function besideOf(record: RecordedEvent, stream: string): Beside {
  const text = Buffer.from(record.getCustomMetadata_asU8()).toString("utf8");
  try {
    return JSON.parse(text) as Beside;
  } catch (error) {
    throw new TypeError(`an event of ${stream} in EventStoreDB was not written by Grantline: it has no hash beside it`, { cause: error });
  }
}
