import { randomUUID } from "node:crypto";
import type { Consumer, Kafka } from "kafkajs";
import { comparePositions, type Position } from "@grantline/event-store";
import type { KafkaConnection } from "./connection.ts";
import { headerOf } from "./stored-event-of.ts";

const PATIENCE_MS = 20_000;

/**
 * The place of the relay, told by the last message of each partition: `after` says what had been acknowledged before its batch was sent, so the
 * highest of them is safe. Undefined when the topic is empty or missing.
 * @throws when Kafka can't tell within 20 seconds.
 */
export async function lastPublished(kafka: Kafka, topic: string, { clientId }: KafkaConnection): Promise<Position | undefined> {
  const ends = await endsOf(kafka, topic);
  if (ends.size === 0) return undefined;
  // A group of its own, which is removed again: kafkajs reads in no other way.
  const groupId = `${clientId}.look.${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 200 });
  try {
    return await highestAfter(consumer, topic, ends);
  } finally {
    await consumer.disconnect();
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteGroups([groupId]).catch(() => undefined); // it expires by itself
    await admin.disconnect();
  }
}

/** Offset of the last message, by partition; partitions without one are left out. */
async function endsOf(kafka: Kafka, topic: string): Promise<ReadonlyMap<number, bigint>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    if (!(await admin.listTopics()).includes(topic)) return new Map();
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(
      offsets.flatMap(({ partition, low, high }) => (BigInt(high) > BigInt(low) ? [[partition, BigInt(high) - 1n] as const] : [])),
    );
  } finally {
    await admin.disconnect();
  }
}

async function highestAfter(consumer: Consumer, topic: string, ends: ReadonlyMap<number, bigint>): Promise<Position | undefined> {
  const waitedFor = new Set(ends.keys());
  let highest: Position | undefined;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the last messages of ${topic} could not be read in time`)), PATIENCE_MS);
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          const end = ends.get(partition);
          if (end === undefined || BigInt(message.offset) < end) return;
          const after = headerOf(message, "after");
          if (after !== undefined && (highest === undefined || comparePositions(after, highest) > 0)) highest = after;
          waitedFor.delete(partition);
          if (waitedFor.size > 0) return;
          clearTimeout(late);
          resolve();
        },
      })
      .catch((error: unknown) => {
        clearTimeout(late);
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    for (const [partition, offset] of ends) consumer.seek({ topic, partition, offset: String(offset) });
  });
  return highest;
}
