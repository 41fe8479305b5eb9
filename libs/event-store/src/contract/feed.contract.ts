import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { comparePositions, NO_STREAM, START } from "../port.ts";
import type { EventStore, StoredEvent } from "../port.ts";
import { freshStore, idsOf, someEvents } from "./place.ts";
import type { OpenPlace } from "./place.ts";

/** Appends `each` events to each of `streams` streams, side by side. */
async function write(store: EventStore, prefix: string, streams: number, each: number): Promise<void> {
  await Promise.all(
    Array.from({ length: streams }, async (_, i) => {
      const stream = `${prefix}-${i}`;
      for (let revision = 0; revision < each; revision++) await store.append(stream, revision - 1, someEvents(stream, revision, 1));
    }),
  );
}

const inOrder = (events: readonly StoredEvent[]) =>
  events.every((event, i) => i === 0 || comparePositions(events[i - 1]!.position, event.position) < 0);

export function describeFeed(openPlace: OpenPlace): void {
  describe("following the feed", () => {
    const fixture = freshStore(openPlace);

    it("brings what is there, then what comes, in order", async () => {
      const { store } = fixture();
      await write(store, "before", 5, 4);
      const seen: StoredEvent[] = [];
      const subscription = store.subscribe(START, (events) => void seen.push(...events));
      await write(store, "after", 5, 4);
      await vi.waitFor(() => expect(seen).toHaveLength(40), 20_000);
      expect(inOrder(seen)).toBe(true);
      expect(idsOf(seen)).toEqual(idsOf(await store.readAll(START, 100)));
      await subscription.close();
    });

    it("starts strictly after the position given", async () => {
      const { store } = fixture();
      await write(store, "thing", 1, 3);
      const all = await store.readAll(START, 10);
      const seen: StoredEvent[] = [];
      const subscription = store.subscribe(all[1]!.position, (events) => void seen.push(...events));
      await vi.waitFor(() => expect(seen).toHaveLength(1), 20_000);
      expect(seen[0]!.id).toBe(all[2]!.id);
      await subscription.close();
    });

    it("skips nothing while several writers append at once", async () => {
      const { store, place } = fixture();
      const other = (await place.openPeer?.()) ?? store;
      const seen: StoredEvent[] = [];
      const subscription = other.subscribe(START, (events) => void seen.push(...events));
      await Promise.all([write(store, "one", 20, 10), write(other, "two", 20, 10)]);
      await vi.waitFor(() => expect(seen).toHaveLength(400), 20_000);
      expect(inOrder(seen)).toBe(true);
      expect(new Set(idsOf(seen)).size).toBe(400);
      await subscription.close();
      if (other !== store) await other.close();
    });

    it("waits for the callback, and brings the same events again when it fails", async () => {
      const { store } = fixture();
      let running = 0;
      let failures = 2;
      const seen: StoredEvent[] = [];
      const subscription = store.subscribe(START, async (events) => {
        expect(++running).toBe(1);
        await pause(5);
        running--;
        if (failures-- > 0) throw new Error("not yet");
        seen.push(...events);
      });
      await write(store, "thing", 5, 5);
      await vi.waitFor(() => expect(seen).toHaveLength(25), 20_000);
      expect(inOrder(seen)).toBe(true);
      await subscription.close();
    });

    it("brings only what passes a filter, and tells how far it has looked", async () => {
      const { store } = fixture();
      await write(store, "wanted", 2, 3);
      await write(store, "issuance-x", 2, 3);
      const seen: StoredEvent[] = [];
      let reached = START;
      const subscription = store.subscribe(
        START,
        (events, upTo) => {
          seen.push(...events);
          reached = upTo;
        },
        { types: ["ThingHappened"], except: "issuance-" },
      );
      await write(store, "issuance-y", 1, 3);
      const head = await store.head();
      await vi.waitFor(() => expect(comparePositions(reached, head)).toBeGreaterThanOrEqual(0), 20_000);
      expect(seen).toHaveLength(6);
      expect(seen.every(({ stream }) => stream.startsWith("wanted-"))).toBe(true);
      await subscription.close();
    });

    it("brings nothing after close", async () => {
      const { store } = fixture();
      let seen = 0;
      const subscription = store.subscribe(START, (events) => void (seen += events.length));
      await subscription.close();
      await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1));
      await pause(100);
      expect(seen).toBe(0);
    });
  });
}
