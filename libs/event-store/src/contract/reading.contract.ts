import { describe, expect, it } from "vitest";
import { comparePositions, NO_STREAM, START } from "../port.ts";
import type { EventFilter, StoredEvent } from "../port.ts";
import { freshStore, idsOf, someEvents } from "./place.ts";
import type { OpenPlace } from "./place.ts";

export function describeReading(openPlace: OpenPlace): void {
  describe("reading", () => {
    const fixture = freshStore(openPlace);

    it("is empty at first", async () => {
      const { store } = fixture();
      expect(await store.head()).toBe(START);
      expect(await store.readAll(START, 10)).toEqual([]);
      expect(await store.readStream("thing-1")).toEqual([]);
      expect(await store.readLast("thing-1")).toBeUndefined();
    });

    it("gives a stream in order, from a revision on, up to a limit", async () => {
      const { store } = fixture();
      const events = someEvents("thing-1", 0, 10);
      await store.append("thing-1", NO_STREAM, events);
      await store.append("thing-10", NO_STREAM, someEvents("thing-10", 0, 1));
      expect(idsOf(await store.readStream("thing-1"))).toEqual(idsOf(events));
      expect(idsOf(await store.readStream("thing-1", 4))).toEqual(idsOf(events.slice(4)));
      expect(idsOf(await store.readStream("thing-1", 4, 2))).toEqual(idsOf(events.slice(4, 6)));
      expect(await store.readStream("thing-1", 10)).toEqual([]);
      expect(await store.readLast("thing-1")).toMatchObject({ revision: 9, id: events[9]!.id, hash: events[9]!.hash });
    });

    it("finds nothing under a name that no stream can have, and not the stream of a name like it", async () => {
      const { store } = fixture();
      await store.append("thing-\ufffd", NO_STREAM, someEvents("thing-\ufffd", 0, 1));
      for (const name of ["thing-\u0000", "thing-\ufffd\u0000", "thing-\ud800", "thing-\udc00x", ""]) {
        expect([name, await store.readStream(name)]).toEqual([name, []]);
        expect([name, await store.readLast(name)]).toEqual([name, undefined]);
      }
      expect(await store.readStream("thing-\ufffd")).toHaveLength(1);
    });

    it("gives back bodies and hashes byte for byte, unicode and a megabyte too", async () => {
      const { store, reopen } = fixture();
      const payload = { name: "Zoë \u{1F511} \u0000 \u2028 \ud800", big: "é".repeat(500_000) };
      const events = someEvents("thing-1", 0, 2, payload);
      await store.append("thing-1", NO_STREAM, events);
      for (const open of [() => store, reopen]) {
        const now = await open();
        expect(await now.readStream("thing-1")).toEqual(events.map((event) => ({ ...event, position: expect.any(String) as string })));
        expect(await now.readAll(START, 10)).toEqual(await now.readStream("thing-1"));
      }
    });

    it("leaves out what a filter does not want, before it counts", async () => {
      const { store } = fixture();
      for (const stream of ["thing-1", "issuance-1", "thing-2", "issuance-2"])
        await store.append(stream, NO_STREAM, someEvents(stream, 0, 2));
      const streams = async (filter: EventFilter) => (await store.readAll(START, 3, filter)).map(({ stream }) => stream);
      expect(await streams({ except: "issuance-" })).toEqual(["thing-1", "thing-1", "thing-2"]);
      expect(await streams({ types: ["ThingHappened"] })).toEqual(["thing-1", "thing-1", "issuance-1"]);
      expect(await streams({ types: ["NothingHappened"] })).toEqual([]);
      expect(await streams({ types: [] })).toEqual([]);
    });

    it("gives the same without bodies, where it can: each event's link in its chain, and its day", async () => {
      const { store } = fixture();
      if (store.readLinks === undefined) return;
      for (const stream of ["thing-1", 'thing-","at":"1999-12-31', "thing-\u{1F511}"])
        await store.append(stream, NO_STREAM, someEvents(stream, 0, 3));
      const all = (await store.readAll(START, 100)).map(({ position, stream, revision, hash }) => ({
        position,
        stream,
        revision,
        hash,
        day: "2026-01-01",
      }));
      expect(await store.readLinks(START, 100)).toEqual(all);
      expect(await store.readLinks(all[2]!.position, 4)).toEqual(all.slice(3, 7));
      expect(await store.readLinks(await store.head(), 4)).toEqual([]);
    });

    it("names the streams changed since a position, where it can", async () => {
      const { store } = fixture();
      if (store.readChanges === undefined) return;
      await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1));
      const before = await store.head();
      await store.append("thing-1", 0, someEvents("thing-1", 1, 2));
      await store.append("issuance-1", NO_STREAM, someEvents("issuance-1", 0, 1));
      const { changes, position } = await store.readChanges(before, "issuance-");
      expect(changes === "many" || changes.some(({ stream, revision }) => stream === "thing-1" && revision === 2)).toBe(true);
      expect(changes === "many" || changes.every(({ stream }) => stream === "thing-1")).toBe(true);
      expect(comparePositions(position, await store.head())).toBe(0);
      expect(await store.readChanges(position, "issuance-")).toEqual({ changes: [], position });
    });

    it("gives all streams in order of position, each event once", async () => {
      const { store } = fixture();
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          for (let revision = 0; revision < 5; revision++)
            await store.append(`thing-${i}`, revision - 1, someEvents(`thing-${i}`, revision, 1));
        }),
      );
      const all: StoredEvent[] = [];
      for (let after = START; ; after = all.at(-1)!.position) {
        const page = await store.readAll(after, 7);
        if (page.length === 0) break;
        all.push(...page);
      }
      expect(all).toHaveLength(100);
      expect(all.every((event, i) => i === 0 || comparePositions(all[i - 1]!.position, event.position) < 0)).toBe(true);
      const byStream = Map.groupBy(all, (event) => event.stream);
      expect([...byStream.values()].every((events) => events.every((event, i) => event.revision === i))).toBe(true);
      expect(await store.head()).toBe(all.at(-1)!.position);
    });

    it("reads and extends a stream of 10,000 events", async () => {
      const { store } = fixture();
      for (let first = 0; first < 10_000; first += 500) await store.append("thing-1", first - 1, someEvents("thing-1", first, 500));
      const all = await store.readStream("thing-1");
      expect(all).toHaveLength(10_000);
      expect(all.every((event, i) => event.revision === i)).toBe(true);
      expect(await store.append("thing-1", 9_999, someEvents("thing-1", 10_000, 1))).toMatchObject({ kind: "appended", revision: 10_000 });
      expect(await store.append("thing-1", 9_999, someEvents("thing-1", 10_000, 1))).toEqual({ kind: "conflict", actual: 10_000 });
    });

    it("sees an acknowledged append in head and in every read that follows it", async () => {
      const { store, place } = fixture();
      const other = (await place.openPeer?.()) ?? store;
      for (let i = 0; i < 50; i++) {
        const [writer, reader] = i % 2 === 0 ? [store, other] : [other, store];
        const result = await writer.append(`thing-${i}`, NO_STREAM, someEvents(`thing-${i}`, 0, 1));
        expect(result.kind === "appended" && (await reader.head()) === result.position).toBe(true);
        expect(await reader.readLast(`thing-${i}`)).toMatchObject({ revision: 0 });
      }
      if (other !== store) await other.close();
    });

    it("names streams appended to elsewhere to a change cursor, before anything acknowledged later is asked", async () => {
      const { store, place } = fixture();
      // Without `changes` caches of several processes go through `readChanges` and a region.
      const other = store.changes === undefined ? undefined : await place.openPeer?.();
      if (other === undefined) return;
      for (const [writer, reader] of [
        [store, other],
        [other, store],
      ] as const) {
        const cursor = reader.changes?.();
        for (let i = 0; i < 20; i++) {
          const stream = `thing-${i}-of-${writer === store ? "owner" : "peer"}`;
          await writer.append(stream, NO_STREAM, someEvents(stream, 0, 1));
          const changed = cursor?.poll();
          expect(changed === "many" || changed?.some((change) => change.stream === stream && change.revision === 0)).toBe(true);
        }
      }
      await other.close();
    });
  });
}
