import type { Kafka } from "kafkajs";
import type { FeedTopic } from "@grantline/feed";

const DAY_MS = 86_400_000;

export interface TopicOptions {
  /** Topics are called {prefix}.events, {prefix}.revocations and {prefix}.alerts. */
  readonly topicPrefix: string;
  /** For new topics; -1: as the broker has it. */
  readonly partitions?: number;
  readonly replicationFactor?: number;
  /** Settings of a new topic besides or instead of ours. */
  readonly settings?: Partial<Record<FeedTopic, Readonly<Record<string, string>>>>;
}

export const TOPICS: readonly FeedTopic[] = ["events", "revocations", "alerts"];
const PARTITIONS = 12;
/** With three replicas an acknowledged message survives the loss of one broker. */
const SAFE_REPLICAS = 3;

export function topicName(prefix: string, topic: FeedTopic): string {
  return `${prefix}.${topic}`;
}

/** What a topic of ours is like. Documented in docs/reference/asyncapi.yaml, which is made from this. */
export const TOPIC_SETTINGS: Readonly<Record<FeedTopic, Readonly<Record<string, string>>>> = {
  // The store has everything: what is no more on the topic is read from there.
  events: { "cleanup.policy": "delete", "retention.ms": String(7 * DAY_MS) },
  // The last word on each thing stays; but not for longer than any access token can live.
  revocations: {
    "cleanup.policy": "compact,delete",
    "retention.ms": String(90 * DAY_MS),
    "max.compaction.lag.ms": String(DAY_MS),
    "min.cleanable.dirty.ratio": "0.2",
  },
  alerts: { "cleanup.policy": "delete", "retention.ms": String(90 * DAY_MS) },
};

/** Makes the topics that are missing. Those that exist are left as an operator made them. */
export async function ensureTopics(kafka: Kafka, options: TopicOptions): Promise<void> {
  const { topicPrefix, partitions = PARTITIONS, replicationFactor = -1, settings = {} } = options;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = TOPICS.filter((topic) => !existing.has(topicName(topicPrefix, topic)));
    if (missing.length === 0) return;
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map((topic) => ({
        topic: topicName(topicPrefix, topic),
        numPartitions: partitions,
        replicationFactor,
        configEntries: entries({
          ...(replicationFactor >= SAFE_REPLICAS ? { "min.insync.replicas": "2" } : {}),
          ...TOPIC_SETTINGS[topic],
          ...settings[topic],
        }),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

function entries(settings: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries({ "unclean.leader.election.enable": "false", ...settings }).map(([name, value]) => ({ name, value }));
}
