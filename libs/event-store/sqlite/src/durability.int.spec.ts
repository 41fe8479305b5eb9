import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStoreUnavailable, NO_STREAM } from "@grantline/event-store";
import type { EventStore, StoredEvent } from "@grantline/event-store";
import { startAppender } from "./fixtures/appender.ts";
import type { Acknowledged } from "./fixtures/appender.ts";
import { someEvents } from "./fixtures/some-events.ts";
import { openFolder } from "./fixtures/sqlite-place.ts";
import { openSqliteEventStore } from "./open.ts";

let folder: Awaited<ReturnType<typeof openFolder>>;
beforeEach(async () => {
  folder = await openFolder();
});
afterEach(() => folder.remove());

async function everything(store: EventStore): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for (let page = await store.readAll("0", 5_000); page.length > 0; page = await store.readAll(all.at(-1)!.position, 5_000))
    all.push(...page);
  return all;
}

/** P1: what was acknowledged is there, at its place; and the log has no holes. */
function expectKept(all: readonly StoredEvent[], acknowledged: readonly Acknowledged[]): void {
  const place = new Map(all.map((event) => [Number(event.position), `${event.stream} ${event.revision}`]));
  expect(acknowledged.filter((one) => place.get(one.position) !== `${one.stream} ${one.revision}`)).toEqual([]);
  expect(all.every((event, i) => Number(event.position) === i + 1)).toBe(true);
  for (const events of Map.groupBy(all, (event) => event.stream).values())
    expect(events.every((event, i) => event.revision === i)).toBe(true);
}

describe("kill -9", () => {
  it("of the writing process loses nothing that was acknowledged", { timeout: 120_000 }, async () => {
    const acknowledged: Acknowledged[] = [];
    for (let round = 0; round < 6; round++) {
      const appender = await startAppender(folder.file, folder.socket, "alone");
      await appender.reached(50 + round * 97);
      await appender.kill();
      acknowledged.push(...appender.acknowledged);
      const store = await openSqliteEventStore({ file: folder.file });
      expectKept(await everything(store), acknowledged);
      await store.close();
    }
    expect(acknowledged.length).toBeGreaterThan(1_000);
  });

  it("of a process that appends through the socket hurts nobody else", async () => {
    const owner = await openSqliteEventStore({ file: folder.file, listen: folder.socket });
    const peers = await Promise.all([1, 2].map(() => startAppender(folder.file, folder.socket, "connect")));
    await peers[0]!.reached(200);
    await peers[0]!.kill();
    const before = peers[1]!.acknowledged.length;
    await peers[1]!.reached(before + 200);
    expect(await owner.append("own-1", NO_STREAM, someEvents("own-1", 0, 1))).toMatchObject({ kind: "appended" });
    await peers[1]!.kill();
    expectKept(
      await everything(owner),
      peers.flatMap((peer) => peer.acknowledged),
    );
    await owner.close();
  });

  it("of the owner fails what its peers had asked, and they go on with the next owner", async () => {
    const owner = await startAppender(folder.file, folder.socket, "listen", 1);
    const troubles: string[] = [];
    const peer = await openSqliteEventStore({ file: folder.file, connect: folder.socket, onTrouble: (what) => troubles.push(what) });
    expect(await peer.append("peer-1", NO_STREAM, someEvents("peer-1", 0, 1))).toMatchObject({ kind: "appended" });
    owner.freeze();
    const events = someEvents("peer-1", 1, 1);
    const asked = peer.append("peer-1", 0, events).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await owner.kill();
    expect(await asked).toBeInstanceOf(EventStoreUnavailable);
    expect(troubles[0]).toContain("broke");

    const next = await startAppender(folder.file, folder.socket, "listen", 1);
    // The same events again, since their fate was unknown: stored once.
    expect(await peer.append("peer-1", 0, events)).toMatchObject({ kind: "appended", revision: 1 });
    expect(await peer.readStream("peer-1")).toHaveLength(2);
    await next.kill();
    await peer.close();
  });
});

describe("a revocation acknowledged to another process", () => {
  it("is among the changes the moment it is acknowledged, 300 times out of 300", async () => {
    const owner = await openSqliteEventStore({ file: folder.file, listen: folder.socket });
    const appender = await startAppender(folder.file, folder.socket, "connect", 5);
    const cursor = owner.changes!()!;
    const known = new Map<string, number>();
    let checked = 0;
    while (checked < 300) {
      await appender.reached(checked + 1);
      const told = appender.acknowledged.slice(checked);
      const changes = cursor.poll();
      if (changes === "many") throw new Error("300 events are not many");
      for (const { stream, revision } of changes) known.set(stream, revision);
      for (const { stream, revision } of told) expect(known.get(stream) ?? -1).toBeGreaterThanOrEqual(revision);
      checked += told.length;
    }
    await appender.kill();
    await owner.close();
  });

  it("reaches a subscription of another process within moments", async () => {
    const owner = await openSqliteEventStore({ file: folder.file, listen: folder.socket });
    const peer = await openSqliteEventStore({ file: folder.file, connect: folder.socket });
    const seen: string[] = [];
    const subscription = peer.subscribe("0", (events) => void seen.push(...events.map((event) => event.stream)));
    await owner.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1));
    await vi.waitFor(() => expect(seen).toEqual(["thing-1"]), { timeout: 20_000, interval: 5 });
    await subscription.close();
    await peer.close();
    await owner.close();
  });
});
