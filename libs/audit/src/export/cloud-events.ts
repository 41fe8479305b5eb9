import type { EventMeta } from "@grantline/event-store";
import { lineFormat } from "./format.ts";

interface Body {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly version: number;
  readonly at: string;
  readonly meta: EventMeta;
}

/** CloudEvents 1.0, one JSON object a line, as on the Kafka topics: the data is the event's body, byte for byte, so that hashes can be checked. */
export const cloudEvents = lineFormat(
  { id: "cloudevents", extension: "cloudevents.jsonl", contentType: "application/cloudevents+jsonl", needsOrigins: false },
  ({ stored }) => {
    const { id, stream, revision, type, version, at, meta } = JSON.parse(stored.body) as Body;
    const attributes = {
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
      hash: stored.hash,
      position: stored.position,
    };
    return `${JSON.stringify(attributes).slice(0, -1)},"data":${stored.body}}\n`;
  },
);
