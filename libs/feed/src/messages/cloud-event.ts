import type { EventMeta, StoredEvent } from "@grantline/event-store";

/** What the body of a stored event says of it. */
export interface EventBody {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly version: number;
  readonly at: string;
  readonly data: object;
  readonly meta: EventMeta;
}

/** The context attributes of CloudEvents 1.0 for an event, with our extensions. */
export interface CloudEventAttributes {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly datacontenttype: "application/json";
  /** Distributed Tracing extension: of the request that caused the event. */
  readonly traceparent?: string;
  /** Partitioning extension: events with the same one keep their order. */
  readonly partitionkey: string;
  /** Ours: place in the stream, and the hash that covers it (P10). Text: CloudEvents' Integer has 32 bits. */
  readonly revision: string;
  readonly hash: string;
}

/** The body of a stored event. Throws SyntaxError when it is no JSON. */
export function bodyOf({ body }: Pick<StoredEvent, "body">): EventBody {
  return JSON.parse(body) as EventBody;
}

/** CloudEvents 1.0 §3: source and id together name an event once. The data of the CloudEvent is the event's body, byte for byte, so that hashes can be checked. */
export function cloudEventAttributes({ hash }: Pick<StoredEvent, "hash">, body: EventBody): CloudEventAttributes {
  const { id, stream, revision, type, version, at, meta } = body;
  return {
    specversion: "1.0",
    id,
    source: meta.region,
    type: `dev.grantline.${type}.v${version}`,
    time: at,
    subject: stream,
    datacontenttype: "application/json",
    ...(meta.traceparent === undefined ? {} : { traceparent: meta.traceparent }),
    partitionkey: stream,
    revision: String(revision),
    hash,
  };
}

/** Structured mode, as JSON text: `position`, a header in binary mode, is an extension here. The body is neither parsed anew nor written anew. */
export function structuredCloudEvent(stored: StoredEvent): string {
  const attributes = { ...cloudEventAttributes(stored, bodyOf(stored)), position: stored.position };
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${stored.body}}`;
}

/** Binary mode as the Kafka binding has it: `ce_` headers, and the content type as a header of its own. */
export function cloudEventHeaders(attributes: CloudEventAttributes): Readonly<Record<string, string>> {
  const { datacontenttype, ...others } = attributes;
  return {
    "content-type": datacontenttype,
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [`ce_${name}`, String(value)])),
  };
}
