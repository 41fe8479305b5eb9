import { structuredCloudEvent } from "@grantline/feed";
import { lineFormat } from "./format.ts";

/** CloudEvents 1.0, one JSON object a line, with the attributes of the Kafka topics. */
export const cloudEvents = lineFormat(
  { id: "cloudevents", extension: "cloudevents.jsonl", contentType: "application/cloudevents+jsonl", needsOrigins: false },
  ({ stored }) => `${structuredCloudEvent(stored)}\n`,
);
