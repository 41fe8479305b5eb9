// Fake: the reader, which counts how often the file is looked into.
import { describe, expect, it, vi } from "vitest";
import type { StoredEvent } from "@grantline/event-store";
import { someEvents } from "./fixtures/some-events.ts";
import type { Reader } from "./reader.ts";
import { followFile, type OwnAppends } from "./subscription.ts";

const EXCEPT = "issuance-";

function logOf(...streams: readonly string[]) {
  const log: StoredEvent[] = [];
  const write = (stream: string): void => {
    log.push({ ...someEvents(stream, 0, 1)[0]!, position: String(log.length + 1) });
  };
  for (const stream of streams) write(stream);
  let reads = 0;
  const reader = {
    head: () => log.length,
    all: (after: number) => {
      reads += 1;
      return log.filter(({ position, stream }) => Number(position) > after && !stream.startsWith(EXCEPT));
    },
  } as unknown as Reader;
  return { write, reader, reads: () => reads };
}

const own = (after: number, upTo: number, ...streams: readonly string[]): OwnAppends => ({
  after,
  upTo,
  only: (prefix) => streams.every((stream) => stream.startsWith(prefix)),
});

function following(log: ReturnType<typeof logOf>, options: { readonly fail?: () => boolean } = {}) {
  const seen: string[] = [];
  let reached = "0";
  const feed = followFile(log.reader, {
    from: "0",
    onEvents: (events, upTo) => {
      if (options.fail?.() === true) throw new Error("not now");
      seen.push(...events.map(({ stream }) => stream));
      reached = upTo;
    },
    filter: { except: EXCEPT },
    onEnd: () => undefined,
    onTrouble: () => undefined,
  });
  return { feed, seen, reaches: (position: string) => vi.waitFor(() => expect(reached).toBe(position), 5_000) };
}

describe("a subscription that is told what this process has appended", () => {
  it("reads nothing of what is all left out, and still says how far it is", async () => {
    const log = logOf("grant-1");
    const { feed, seen, reaches } = following(log);
    await reaches("1");
    const before = log.reads();
    log.write("issuance-a");
    log.write("issuance-a");
    feed.wake(own(1, 2, "issuance-a"));
    feed.wake(own(2, 3, "issuance-a"));
    await reaches("3");
    expect(log.reads()).toBe(before);
    log.write("grant-2");
    feed.wake(own(3, 4, "grant-2"));
    await reaches("4");
    expect(seen).toEqual(["grant-1", "grant-2"]);
    await feed.subscription.close();
  });

  it("looks where something stands between its own appends, or when it is not told what came", async () => {
    const log = logOf("grant-1");
    const { feed, seen, reaches } = following(log);
    await reaches("1");
    log.write("grant-of-another-process");
    log.write("issuance-a");
    feed.wake(own(2, 3, "issuance-a"));
    await reaches("3");
    log.write("grant-of-a-third");
    feed.wake();
    await reaches("4");
    expect(seen).toEqual(["grant-1", "grant-of-another-process", "grant-of-a-third"]);
    await feed.subscription.close();
  });

  it("reads again what could not be handed over", async () => {
    const log = logOf("grant-1");
    let failures = 1;
    const { feed, seen, reaches } = following(log, { fail: () => failures-- > 0 });
    log.write("issuance-a");
    feed.wake(own(1, 2, "issuance-a"));
    await reaches("2");
    expect(seen).toEqual(["grant-1"]);
    await feed.subscription.close();
  });
});
