import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { NO_STREAM, sealEvents, type StoredEvent } from "@grantline/event-store";
import { openPostgresEventStore } from "@grantline/event-store-postgres";
import { createMemoryLedger, createSequencer, type ParkedMessages } from "@grantline/feed";
import type { Arena, Cell, Struck } from "../cell.ts";
import { judgeTopic } from "../judge/topic.judge.ts";
import { TOPIC_PREFIX } from "../world.ts";

/** One process's clock, there and back. The users go on at both instances. */
function jump(seconds: number): Cell["strike"] {
  return async ({ world: { clock, platform } }) => {
    const origin = platform.all("token-service")[1]?.origin;
    if (clock === undefined || origin === undefined) throw new Error("this world has no clock that can be set");
    clock.set(seconds);
    await pause(2_500);
    const { headers } = await fetch(`${origin}/health/live`);
    const off = (Date.parse(headers.get("date") ?? "") - Date.now()) / 1_000;
    if (Math.abs(off - seconds) > 5) throw new Error(`the clock is ${off} s off instead of ${seconds}`);
    return { heal: async () => clock.set(0) };
  };
}

/** An event no release of ours ever wrote, and that may not be skipped, in a stream of its own. */
async function poison({ world }: Arena): Promise<Struck> {
  const store = await openPostgresEventStore({ url: world.postgresUrl });
  try {
    for (const word of ["client", "grant", "resource"]) {
      const stream = `${word}-poison${randomBytes(6).toString("hex")}`;
      const events = sealEvents({
        stream,
        previousHash: "",
        revision: 0,
        events: [{ type: "FromTheFuture", data: { anything: "<script>" } }],
        definitions: { FromTheFuture: { version: 9, ignorable: false } },
        meta: { correlationId: "faults", actor: { kind: "system", id: "faults" }, region: "local", service: "faults" },
        atMs: Date.now(),
      });
      await store.append(stream, NO_STREAM, events);
    }
  } finally {
    await store.close();
  }
  return { heal: async () => undefined };
}

/** What is on the topic, given to a consumer twice over and out of order: each event is handled once, in order of its stream. */
async function shuffledDelivery(arena: Arena): Promise<readonly string[]> {
  const { world, random } = arena;
  const brokers = world.kafka?.brokers ?? [];
  const { events, wrong } = await judgeTopic(brokers, `${TOPIC_PREFIX}.events`, world.postgresUrl);
  const delivered = [...events, ...events.filter(() => random.fraction() < 0.3)].map((event, place) => ({
    event,
    place: place + random.between(0, 60),
  }));
  const store = await openPostgresEventStore({ url: world.postgresUrl });
  const handled = new Map<string, number[]>();
  const sequencer = createSequencer({
    name: "faults",
    store,
    // from the first message on, so what it does not know was never handled
    ledger: { ...createMemoryLedger(), complete: true },
    parked: noneParked,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    onEvent: ({ stream, revision }) => void handled.set(stream, [...(handled.get(stream) ?? []), revision]),
  });
  try {
    for (const { event } of delivered.toSorted((a, b) => a.place - b.place)) await sequencer.take(event);
  } finally {
    await store.close();
  }
  arena.note(`${delivered.length} deliveries of ${events.length} messages`);
  return [...wrong, ...unordered(events, handled)];
}

const noneParked: ParkedMessages = {
  park: ({ event }) => Promise.reject(new Error(`${event.stream} was parked`)),
  blocks: async () => false,
  list: async () => [],
  drop: async () => undefined,
};

function unordered(events: readonly StoredEvent[], handled: ReadonlyMap<string, readonly number[]>): readonly string[] {
  const wrong: string[] = [];
  for (const stream of new Set(events.map((event) => event.stream))) {
    const revisions = handled.get(stream) ?? [];
    if (revisions.some((revision, n) => revision !== n)) wrong.push(`${stream} was handled as ${revisions.slice(0, 8).join(", ")}`);
  }
  return wrong.slice(0, 3);
}

export const otherFaults: readonly Cell[] = [
  {
    id: "writer/cut-from-redis",
    title: "One token-service can't reach Redis, so it can tell nobody what it appends; the others can",
    holdSeconds: { full: 12, quick: 6 },
    servedWithin: 5,
    strike: async ({ world: { links } }) => {
      await Promise.all(links.chosen({ engine: "redis", service: "token-service", instance: 0 }).map((link) => link.cut()));
      return { heal: links.healAll };
    },
  },
  {
    id: "reader/cut-from-postgres",
    title: "One token-service can't reach PostgreSQL; it hears of revocations by Redis",
    holdSeconds: { full: 12, quick: 6 },
    servedWithin: 15,
    strike: async ({ world: { links } }) => {
      await Promise.all(links.chosen({ engine: "postgres", service: "token-service", instance: 1 }).map((link) => link.cut()));
      return { heal: links.healAll };
    },
  },
  {
    id: "writer-and-reader/cut-apart",
    title: "One token-service can't reach Redis, the other can't reach PostgreSQL: what one appends, the other hears from neither",
    holdSeconds: { full: 12, quick: 8 },
    strike: async ({ world: { links } }) => {
      const first = links.chosen({ engine: "redis", service: "token-service", instance: 0 });
      const second = links.chosen({ engine: "postgres", service: "token-service", instance: 1 });
      await Promise.all([...first, ...second].map((link) => link.cut()));
      return { heal: links.healAll };
    },
  },
  {
    id: "delivery/duplicate-and-reordered",
    title: "A consumer of the topic gets a third of all messages twice, and all up to 60 places out of order",
    holdSeconds: { full: 1, quick: 1 },
    noticed: "none",
    strike: async () => ({ heal: async () => undefined }),
    judge: shuffledDelivery,
  },
  {
    id: "clock/ahead",
    title: "The clock of one token-service jumps 10 minutes ahead, and back",
    holdSeconds: { full: 10, quick: 5 },
    needs: "clock",
    strike: jump(600),
  },
  {
    id: "clock/behind",
    title: "The clock of one token-service falls 10 minutes behind, and comes back",
    holdSeconds: { full: 10, quick: 5 },
    needs: "clock",
    strike: jump(-600),
  },
  {
    id: "event/poison",
    title: "Events nobody knows and nobody may skip, in streams of clients, grants and resources",
    holdSeconds: { full: 2, quick: 1 },
    noticed: "none",
    strike: async (arena) => {
      const struck = await poison(arena);
      await pause(500);
      return struck;
    },
    judge: async (arena) =>
      arena.parked === undefined || arena.parked >= 3 ? [] : [`only ${arena.parked} of 3 poisoned streams are parked`],
  },
];
