import { catalogue, streams, type StreamName } from "@grantline/domain/catalogue";
import type { AnyEventDefinition, AnyEventDefinitions, FieldDefinition } from "@grantline/domain/kernel";
import { revocationTypes } from "@grantline/domain/revocations";
import { ALERTING, type FeedTopic } from "@grantline/feed";
import { TOPIC_SETTINGS } from "@grantline/feed-kafka";

type Json = Readonly<Record<string, unknown>>;

interface Message {
  readonly id: string;
  readonly stream: StreamName;
  readonly type: string;
  readonly definition: AnyEventDefinition;
}

const ABOUT: Readonly<Record<FeedTopic, string>> = {
  events: "Every event there is, once or more often, in order per stream. What is no more here is read from the store.",
  revocations:
    "The last word on each thing that was revoked, by its kind and id; what a validator reads from the beginning when it starts. Where a generation is " +
    "given, take the highest one you ever saw: after a crash an older word may come again before the newer one.",
  alerts: "What a security team wants to hear of at once; a part of the events.",
};

const DESCRIPTION =
  "Grantline publishes its log to Kafka. Messages are CloudEvents 1.0 in binary mode; the key is the stream (on the topic of revocations the revoked " +
  "thing), the data the event's body, byte for byte as its hash covers it. Delivery is at least once: drop what you have by (ce_subject, ce_revision), and " +
  "where a revision is missing read it from the store. Positions belong to one region's store.";

const messages: readonly Message[] = (Object.keys(catalogue) as StreamName[]).flatMap((stream) =>
  Object.entries<AnyEventDefinition>(catalogue[stream] as AnyEventDefinitions).map(([type, definition]) => ({
    id: `${stream}.${type}.v${definition.version}`,
    stream,
    type,
    definition,
  })),
);

/** docs/reference/asyncapi.yaml as data: AsyncAPI 3.0 of the topics, their messages from the catalogue. */
export function asyncApiDocument(): Json {
  return {
    asyncapi: "3.0.0",
    info: { title: "Grantline feed", version: "1.0.0", description: DESCRIPTION, license: { name: "Apache-2.0" } },
    defaultContentType: "application/json",
    servers: {
      kafka: {
        host: "{brokers}",
        protocol: "kafka",
        description: "GRANTLINE_KAFKA_BROKERS",
        variables: { brokers: { default: "localhost:9092" } },
      },
    },
    channels: {
      events: channel(
        "events",
        messages.map(({ id }) => id),
      ),
      revocations: channel("revocations", ["Revocation"]),
      alerts: channel(
        "alerts",
        messages.filter(alerts).map(({ id }) => id),
      ),
    },
    operations: Object.fromEntries(
      Object.keys(TOPIC_SETTINGS).map((topic) => [`publish-${topic}`, { action: "send", channel: ref("channels", topic) }]),
    ),
    components: {
      messages: { ...Object.fromEntries(messages.map((message) => [message.id, eventMessage(message)])), Revocation: revocationMessage() },
      schemas: { Headers: headers(), Envelope: envelope(), Revocation: revocation() },
    },
  };
}

function alerts({ stream, type }: Message): boolean {
  return stream === "security" || ALERTING.has(type);
}

function ref(...path: readonly string[]): Json {
  return { $ref: `#/${path.join("/")}` };
}

function channel(topic: FeedTopic, ids: readonly string[]): Json {
  const { "cleanup.policy": policy, "retention.ms": retention } = TOPIC_SETTINGS[topic];
  return {
    address: `{prefix}.${topic}`,
    description: ABOUT[topic],
    parameters: { prefix: { default: "grantline", description: "GRANTLINE_KAFKA_TOPIC_PREFIX" } },
    messages: Object.fromEntries(ids.map((id) => [id, ref("components", "messages", id)])),
    bindings: {
      kafka: {
        topicConfiguration: { "cleanup.policy": policy?.split(","), "retention.ms": Number(retention) },
        bindingVersion: "0.5.0",
      },
    },
  };
}

function eventMessage({ stream, type, definition }: Message): Json {
  const { version, about, ignorable, fields } = definition;
  const required = Object.keys(fields).filter((name) => fields[name]?.optional !== true);
  return {
    name: `dev.grantline.${type}.v${version}`,
    title: type,
    summary: about,
    description: `Stream \`${streams[stream].pattern}\`.${ignorable ? " May be skipped by a reader that does not know it." : ""}`,
    headers: ref("components", "schemas", "Headers"),
    payload: {
      allOf: [
        ref("components", "schemas", "Envelope"),
        {
          type: "object",
          properties: {
            type: { const: type },
            version: { const: version },
            data: { type: "object", ...(required.length === 0 ? {} : { required }), properties: mapped(fields, field) },
          },
        },
      ],
    },
    bindings: keyed(`The stream: ${streams[stream].pattern}`),
  };
}

function field({ kind, about }: FieldDefinition): Json {
  return { description: about, "x-grantline-kind": kind };
}

function mapped<T>(values: Readonly<Record<string, T>>, each: (value: T) => Json): Json {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, each(value)]));
}

function keyed(description: string): Json {
  return { kafka: { key: { type: "string", description }, bindingVersion: "0.5.0" } };
}

function text(description: string): Json {
  return { type: "string", description };
}

function headers(): Json {
  const properties = {
    "content-type": { type: "string", const: "application/json" },
    ce_specversion: { type: "string", const: "1.0" },
    ce_id: text("The event's id, UUIDv7."),
    ce_source: text("The region whose store it was appended to."),
    ce_type: text("dev.grantline.{Type}.v{version}"),
    ce_time: text("When it was recorded, ISO 8601 UTC."),
    ce_subject: text("Its stream."),
    ce_partitionkey: text("Its stream."),
    ce_revision: text("Its place in the stream, from 0 without a gap."),
    ce_hash: text("SHA-256 over the hash before it in its stream and the body, base64url."),
    ce_traceparent: text("W3C trace context of the request that caused it."),
    position: text("Its place in the region's log: decimal digits, to be compared by length, then by text."),
    after: text("Everything up to this position had been acknowledged when this message was sent."),
    region: text("The region that published it."),
  };
  return { type: "object", required: Object.keys(properties).filter((name) => name !== "ce_traceparent"), properties };
}

function envelope(): Json {
  const actor = {
    type: "object",
    required: ["kind", "id"],
    properties: { kind: text("user, client, agent, operator or system."), id: text("Its id.") },
  };
  const meta = {
    correlationId: text("Of the request."),
    causationId: text("Of the event that led to it."),
    traceparent: text("W3C trace context."),
    actor,
    region: text("The region."),
    service: text("The service."),
    ip: text("Sealed."),
    userAgent: text("Sealed."),
  };
  const properties = {
    id: text("UUIDv7."),
    stream: text("Its stream."),
    revision: { type: "integer", minimum: 0 },
    type: text("One of the catalogue's."),
    version: { type: "integer", minimum: 1 },
    at: text("ISO 8601 UTC with milliseconds."),
    data: { type: "object" },
    meta: { type: "object", required: ["correlationId", "actor", "region", "service"], properties: meta },
    ignorable: { type: "boolean", const: true, description: "Readers that do not know the type may skip it." },
  };
  return { type: "object", required: Object.keys(properties).filter((name) => name !== "ignorable"), properties };
}

function revocationMessage(): Json {
  return {
    name: "dev.grantline.Revocation",
    title: "Revocation",
    summary: "Something that was valid is not any more.",
    description: `Made from ${revocationTypes.join(", ")}. Headers are those of that event.`,
    headers: ref("components", "schemas", "Headers"),
    payload: ref("components", "schemas", "Revocation"),
    bindings: keyed("{kind}:{id}"),
  };
}

function revocation(): Json {
  const kinds = ["grant", "token", "subject", "client", "resource", "consent", "session", "key"];
  const properties = {
    kind: { type: "string", enum: kinds },
    id: text("grant: gid. token: jti. key: kid. session: its id. Others: the id of their stream."),
    generation: { type: "integer", description: "What was made under a lower one is dead. Absent: all of it is." },
    reason: text("A kebab id, or an operator's words."),
    position: text("Of the event."),
    stream: text("Of the event."),
    revision: { type: "integer" },
    at: text("ISO 8601 UTC."),
    region: text("Whose position it is."),
  };
  return { type: "object", required: Object.keys(properties).filter((name) => name !== "generation"), properties };
}
