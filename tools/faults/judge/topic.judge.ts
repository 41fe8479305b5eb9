import { randomBytes } from "node:crypto";
import { Kafka, logLevel, type Consumer } from "kafkajs";
import { comparePositions, type StoredEvent } from "@grantline/event-store";
import { openPostgresEventStore } from "@grantline/event-store-postgres";
import { storedEventOf } from "@grantline/feed-kafka";
import { setTimeout as pause } from "node:timers/promises";

export interface TopicVerdict {
  readonly messages: number;
  readonly repeated: number;
  readonly wrong: readonly string[];
  /** Everything on the topic, as it came. */
  readonly events: readonly StoredEvent[];
}

const PATIENCE_MS = 45_000;

/** At least once, in order per stream, none left out: the topic against the log. Waits for the relay to reach the head there is now. */
export async function judgeTopic(brokers: readonly string[], topic: string, postgresUrl: string): Promise<TopicVerdict> {
  const store = await openPostgresEventStore({ url: postgresUrl });
  try {
    const head = await store.head();
    const expected = await allEvents(store, head);
    const events = await readTopic(brokers, topic, (taken) => hasAll(expected, taken));
    return { ...judge(expected, events), events };
  } finally {
    await store.close();
  }
}

const nameOf = ({ stream, revision }: StoredEvent): string => `${stream}@${revision}`;

async function allEvents(store: Awaited<ReturnType<typeof openPostgresEventStore>>, head: string): Promise<Map<string, StoredEvent>> {
  const all = new Map<string, StoredEvent>();
  for (let after = "0"; ;) {
    const events = await store.readAll(after, 5_000);
    for (const event of events) if (comparePositions(event.position, head) <= 0) all.set(nameOf(event), event);
    const last = events.at(-1);
    if (last === undefined || comparePositions(last.position, head) >= 0) return all;
    after = last.position;
  }
}

/** Is every event of the log among those that came? */
function hasAll(expected: ReadonlyMap<string, StoredEvent>, taken: ReadonlySet<string>): boolean {
  for (const name of expected.keys()) if (!taken.has(name)) return false;
  return true;
}

/** From the first message on, until everything wanted has come or patience ends. */
async function readTopic(
  brokers: readonly string[],
  topic: string,
  complete: (taken: ReadonlySet<string>) => boolean,
): Promise<StoredEvent[]> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: "faults-judge", logLevel: logLevel.NOTHING });
  const consumer: Consumer = kafka.consumer({ groupId: `judge-${randomBytes(6).toString("hex")}`, maxWaitTimeInMs: 200 });
  const events: StoredEvent[] = [];
  const taken = new Set<string>();
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const event = storedEventOf(message);
        if (event === undefined) return;
        events.push(event);
        taken.add(nameOf(event));
      },
    });
    const until = performance.now() + PATIENCE_MS;
    while (performance.now() < until && !complete(taken)) await pause(250);
  } finally {
    await consumer.disconnect();
  }
  return events;
}

function judge(expected: ReadonlyMap<string, StoredEvent>, events: readonly StoredEvent[]): Omit<TopicVerdict, "events"> {
  const wrong: string[] = [];
  const reached = new Map<string, number>();
  let repeated = 0;
  for (const event of events) {
    const { stream, revision } = event;
    const next = (reached.get(stream) ?? -1) + 1;
    if (revision < next) repeated++;
    else if (revision > next) wrong.push(`revision ${revision} of ${stream} came when ${next} was due`);
    reached.set(stream, Math.max(next - 1, revision));
    const stored = expected.get(nameOf(event));
    if (stored !== undefined && stored.hash !== event.hash) wrong.push(`${nameOf(event)} is another on the topic than in the log`);
  }
  let missing = 0;
  for (const { stream, revision } of expected.values()) if ((reached.get(stream) ?? -1) < revision) missing++;
  if (missing > 0) wrong.push(`${missing} of ${expected.size} events never came to the topic`);
  return { messages: events.length, repeated, wrong: wrong.slice(0, 5) };
}
