// Real: the stream's sealing and its hash chain. Fake: the store, which can be away.
import { beforeEach, describe, expect, it } from "vitest";
import { chainHash, EventStoreUnavailable, type AppendResult, type EventStore, type SealedEvent } from "@grantline/event-store";
import { createJournal, type Journal } from "./journal.ts";

const meta = { correlationId: "c-1", actor: { kind: "user", id: "s-1" } } as const;
const closed = (n: number) =>
  ({ type: "GatewayStreamClosed", data: { server: "x", subject: "s", clientId: "c", reason: String(n) } }) as const;

let kept: Map<string, SealedEvent[]>;
let away: boolean;
let clock: { time: number; now(): number };
let journal: Journal;

beforeEach(() => {
  kept = new Map();
  away = false;
  clock = { time: 1_800_000_000, now: () => clock.time };
  let writers = 0;
  const store = {
    append(stream: string, expected: number, events: readonly SealedEvent[]): Promise<AppendResult> {
      if (away) return Promise.reject(new EventStoreUnavailable("away"));
      const there = kept.get(stream) ?? [];
      if (there.length - 1 !== expected) return Promise.resolve({ kind: "conflict", actual: there.length - 1 });
      kept.set(stream, [...there, ...events]);
      return Promise.resolve({ kind: "appended", position: "1", revision: there.length + events.length - 1 });
    },
  } as unknown as EventStore;
  journal = createJournal({ store, clock, region: "local", service: "test", most: 5, newWriter: () => `w${writers++}` });
});

describe("the journal", () => {
  it("writes what was decided in order, each event linked to the one before, a stream for each hour", async () => {
    for (const n of [1, 2]) journal.record(closed(n), meta);
    await journal.flush();
    journal.record(closed(3), { ...meta, correlationId: "c-2" });
    await journal.flush();
    clock.time += 3_600;
    journal.record(closed(4), meta);
    await journal.close();
    expect([...kept.keys()]).toEqual(["gateway-w0-2027011508", "gateway-w0-2027011509"]);
    const first = kept.get("gateway-w0-2027011508") as SealedEvent[];
    expect(first.map(({ revision }) => revision)).toEqual([0, 1, 2]);
    let hash = "";
    for (const event of first) {
      expect(event.hash).toBe(chainHash(hash, event.body));
      hash = event.hash;
    }
    expect(JSON.parse(first[2]?.body as string)).toMatchObject({
      data: { reason: "3" },
      meta: { correlationId: "c-2", region: "local", service: "test" },
    });
  });

  it("keeps what it has while the store is away, says when it is full, and loses and repeats nothing", async () => {
    away = true;
    for (const n of [1, 2, 3, 4]) journal.record(closed(n), meta);
    await expect(journal.flush()).rejects.toThrow("away");
    expect(journal.full()).toBe(false);
    journal.record(closed(5), meta);
    expect(journal.full()).toBe(true);
    away = false;
    await journal.flush();
    expect(journal.full()).toBe(false);
    expect([...kept.values()].flat().map(({ body }) => (JSON.parse(body) as { data: { reason: string } }).data.reason)).toEqual([
      "1",
      "2",
      "3",
      "4",
      "5",
    ]);
  });

  it("takes another name where its own is somebody else's", async () => {
    kept.set("gateway-w0-2027011508", [{} as SealedEvent]);
    journal.record(closed(1), meta);
    await journal.flush();
    expect(kept.get("gateway-w1-2027011508")).toHaveLength(1);
  });
});
