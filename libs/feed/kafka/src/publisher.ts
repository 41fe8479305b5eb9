import { type Kafka, Partitioners, type Producer, type TopicMessages } from "kafkajs";
import type { FeedMessage, Publisher } from "@grantline/feed";
import { type KafkaConnection, openKafka } from "./connection.ts";
import { lastPublished } from "./last-published.ts";
import { ensureTopics, topicName, TOPICS, type TopicOptions } from "./topics.ts";

export interface KafkaPublisherOptions extends KafkaConnection, TopicOptions {
  /** Of this installation; every message carries it as a header, so that mirrored topics tell their own from the others'. */
  readonly region: string;
}

const ALL_IN_SYNC = -1;

/**
 * Publishes to Kafka: idempotent producer, acknowledged by all replicas in sync, one request at a time. Opens nothing before the first message, so
 * it can be made while Kafka is away. After a failure the producer is thrown away: what it knows of sequence numbers may not hold any more.
 */
export function openKafkaPublisher(options: KafkaPublisherOptions): Publisher {
  const kafka = openKafka(options);
  let open: Promise<Producer> | undefined;

  const connect = (): Promise<Producer> => {
    open ??= connected(kafka, options);
    return open;
  };
  const discard = async (): Promise<void> => {
    const former = open;
    open = undefined;
    // It may not even have come to be; what matters is that it sends nothing any more.
    await former?.then((producer) => producer.disconnect()).catch(() => undefined);
  };

  return {
    async publish(messages) {
      try {
        const producer = await connect();
        await producer.sendBatch({ acks: ALL_IN_SYNC, topicMessages: byTopic(options, messages) });
      } catch (error) {
        await discard();
        throw error;
      }
    },
    published: () => lastPublished(kafka, topicName(options.topicPrefix, "events"), options),
    close: discard,
  };
}

async function connected(kafka: Kafka, options: KafkaPublisherOptions): Promise<Producer> {
  await ensureTopics(kafka, options);
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    // The relay has the patience, and asks its lease before each try.
    retry: { retries: 2 },
    allowAutoTopicCreation: false,
    // Java's: a key lands on the same partition whoever writes it.
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return producer;
}

function byTopic({ topicPrefix, region }: KafkaPublisherOptions, messages: readonly FeedMessage[]): TopicMessages[] {
  return TOPICS.flatMap((topic) => {
    const own = messages.filter((message) => message.topic === topic);
    if (own.length === 0) return [];
    return [
      {
        topic: topicName(topicPrefix, topic),
        messages: own.map(({ key, value, headers }) => ({ key, value, headers: { ...headers, region } })),
      },
    ];
  });
}
