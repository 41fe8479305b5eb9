import { Kafka, type logCreator, logLevel } from "kafkajs";
import type { FeedLog } from "@grantline/feed";

export interface KafkaConnection {
  /** host:port of some of the brokers; they name the others. */
  readonly brokers: readonly string[];
  /** Names this client in the broker's logs and quotas. */
  readonly clientId: string;
  readonly log: FeedLog;
}

const CONNECT_MS = 3_000;
const REQUEST_MS = 10_000;
const SAID_EVERY_MS = 10_000;
const SAID = 100;

/**
 * A client that gives up after some seconds: whoever uses it has more patience, and asks anew whether it may still act. Retrying for long in here
 * would send what a process meant to say before it was paused.
 */
export function openKafka({ brokers, clientId, log }: KafkaConnection): Kafka {
  return new Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
    logLevel: logLevel.ERROR,
    logCreator: toOurLog(log),
  });
}

/**
 * kafkajs calls an error what it is about to try again, many times a second: a warning, and the same one not more often than every ten seconds.
 * Its fields may hold payloads, so few are taken.
 */
function toOurLog(log: FeedLog): logCreator {
  const saidAt = new Map<string, number>();
  return () => (entry) => {
    const { message, error, groupId } = entry.log;
    const now = performance.now();
    const what = `${entry.namespace} ${message}`;
    if (now - (saidAt.get(what) ?? -Infinity) < SAID_EVERY_MS) return;
    if (saidAt.size >= SAID) saidAt.clear();
    saidAt.set(what, now);
    log.warn({ kafka: entry.namespace, ...(error === undefined ? {} : { error }), ...(groupId === undefined ? {} : { groupId }) }, message);
  };
}
