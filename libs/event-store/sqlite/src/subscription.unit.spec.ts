// Fake: the reader, which counts how often the file is looked into.
import { describe, expect, it, vi } from "vitest";
import type { EventFilter, StoredEvent } from "@grantline/event-store";
import { someEvents } from "./fixtures/some-events.ts";
import type { Reader } from "./reader.ts";
import { followFile, type OwnAppends } from "./subscription.ts";

const EXCEPT = "issuance-";

/** A log in memory; `write` appends one event for each stream and says where they stand. */
function aLog() {
  const log: StoredEvent[] = [];
  let reads = 0;
  const write = (...streams: readonly string[]): OwnAppends => {
    const after = log.length;
    for (const stream of streams) log.push({ ...someEvents(stream, 0, 1)[0]!, position: String(log.length + 1) });
    return { after, upTo: log.length, events: () => log.slice(after) };
  };
  const reader = {
    head: () => log.length,
    all: (after: number, limit: number, filter: EventFilter = {}) => {
      reads += 1;
      const passing = log.filter(({ stream }) => filter.except === undefined || !stream.startsWith(filter.except));
      return passing.filter(({ position }) => Number(position) > after).slice(0, limit);
    },
  } as unknown as Reader;
  return { write, reader, reads: () => reads };
}

function following(log: ReturnType<typeof aLog>, options: { readonly fail?: () => boolean; readonly filter?: EventFilter } = {}) {
  const seen: string[] = [];
  let reached = "0";
  const feed = followFile(log.reader, {
    from: "0",
    onEvents: async (events, upTo) => {
      if (options.fail?.() === true) throw new Error("not now");
      seen.push(...events.map(({ stream }) => stream));
      reached = upTo;
    },
    filter: options.filter ?? { except: EXCEPT },
    onEnd: () => undefined,
    onTrouble: () => undefined,
  });
  return { feed, seen, reaches: (position: number) => vi.waitFor(() => expect(reached).toBe(String(position)), 5_000) };
}

describe("a subscription that is told what this process has appended", () => {
  it("reads nothing back: what passes the filter is handed over, and of what does not it says how far it is", async () => {
    const log = aLog();
    log.write("grant-1");
    const { feed, seen, reaches } = following(log);
    await reaches(1);
    const before = log.reads();
    feed.wake(log.write("issuance-a", "grant-2"));
    feed.wake(log.write("grant-3"));
    await reaches(4);
    feed.wake(log.write("issuance-a", "issuance-a"));
    await reaches(6);
    expect(log.reads()).toBe(before);
    expect(seen).toEqual(["grant-1", "grant-2", "grant-3"]);
    await feed.subscription.close();
  });

  it("knows types as the file does", async () => {
    const log = aLog();
    log.write("grant-1");
    const { feed, seen, reaches } = following(log, { filter: { types: ["SomethingElse"] } });
    await reaches(1);
    feed.wake(log.write("grant-2"));
    await reaches(2);
    expect(seen).toEqual(["grant-1"]);
    await feed.subscription.close();
  });

  it("looks where something stands between its own appends, or when it is not told what came", async () => {
    const log = aLog();
    log.write("grant-1");
    const { feed, seen, reaches } = following(log);
    await reaches(1);
    log.write("grant-of-another-process");
    feed.wake(log.write("issuance-a"));
    await reaches(3);
    log.write("grant-of-a-third");
    feed.wake();
    await reaches(4);
    expect(seen).toEqual(["grant-1", "grant-of-another-process", "grant-of-a-third"]);
    await feed.subscription.close();
  });

  it("brings again what could not be handed over, read or not", async () => {
    const log = aLog();
    log.write("grant-1");
    const failures = [true, false, true, false];
    const { feed, seen, reaches } = following(log, { fail: () => failures.shift() === true });
    await reaches(1);
    feed.wake(log.write("grant-2"));
    await reaches(2);
    expect(seen).toEqual(["grant-1", "grant-2"]);
    await feed.subscription.close();
  });

  it("brings everything once, in order, however much comes while it is busy", async () => {
    const log = aLog();
    log.write("grant-1");
    const { feed, seen, reaches } = following(log);
    await reaches(1);
    for (let batch = 0; batch < 30; batch++) feed.wake(log.write(...Array.from({ length: 100 }, (_, i) => `grant-${batch}-${i}`)));
    await reaches(3_001);
    expect(seen).toHaveLength(3_001);
    expect(new Set(seen).size).toBe(3_001);
    expect(seen.slice(1, 3)).toEqual(["grant-0-0", "grant-0-1"]);
    await feed.subscription.close();
  });
});
