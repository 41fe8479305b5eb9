import type { EachMessagePayload } from "kafkajs";
import { createSequencer, type ParkedMessages, type RevisionLedger, type Sequencer, type SequencerOptions } from "@grantline/feed";
import { type KafkaConnection, openKafka } from "./connection.ts";
import { storedEventOf } from "./stored-event-of.ts";

export interface KafkaConsumerOptions extends KafkaConnection, Pick<SequencerOptions, "onEvent" | "store" | "transient" | "metrics"> {
  /** Consumers of one group share the partitions. */
  readonly group: string;
  /** Full name: `{prefix}.events` or `{prefix}.alerts`. */
  readonly topic: string;
  readonly parked: ParkedMessages;
  /** Default: remembers until the process ends. */
  readonly ledger?: RevisionLedger;
  /** A message that is none of ours; it can belong to no stream, so it is told and left. Default: the log. */
  readonly onForeign?: (where: { readonly partition: number; readonly offset: string }) => void;
}

export interface KafkaConsumer {
  /** After a fix: tries a parked stream again. How many events were handled. */
  retry(stream: string): Promise<number>;
  close(): Promise<void>;
}

/** A consumer may be silent for so long before its partitions go to another; also how long it waits for its own former self after a broker has crashed. */
const SESSION_MS = 10_000;
/** A broker holds an empty answer back for so long; a consumer that closes waits for it. News are told at once. */
const LONG_POLL_MS = 500;

/**
 * Follows a topic from its first message on: at least once, each stream's events in order and without a gap, those already handled left out, those
 * that can't be handled parked (P11). The offset is committed after the event was handled or parked. Resolves when it has joined its group.
 * @throws when Kafka can't be reached.
 */
export async function consumeKafka(options: KafkaConsumerOptions): Promise<KafkaConsumer> {
  const { group, topic, log } = options;
  const consumer = openKafka(options).consumer({
    groupId: group,
    allowAutoTopicCreation: false,
    sessionTimeout: SESSION_MS,
    maxWaitTimeInMs: LONG_POLL_MS,
    // For ever: a broker that is away comes back. kafkajs joins anew and goes on from the last commit.
    retry: { retries: Number.MAX_SAFE_INTEGER, initialRetryTime: 200, maxRetryTime: 5_000, restartOnFailure: async () => true },
  });
  const sequencer = createSequencer({ ...options, name: group });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise<void>((resolve) => void consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    autoCommit: true,
    eachMessage: (payload) => takeMessage(options, sequencer, payload),
  });
  await joined;
  log.info({ group, topic }, "consuming from Kafka");
  return { retry: sequencer.retry, close: () => consumer.disconnect() };
}

async function takeMessage(options: KafkaConsumerOptions, sequencer: Sequencer, payload: EachMessagePayload): Promise<void> {
  const { message, partition, heartbeat } = payload;
  const event = storedEventOf(message);
  if (event !== undefined) {
    await sequencer.take(event, heartbeat);
    return;
  }
  const where = { partition, offset: message.offset };
  options.log.error({ ...where, topic: payload.topic, group: options.group }, "a message on our topic is no event of ours");
  options.onForeign?.(where);
}
