import { describe, expect, it } from "vitest";
import { comparePositions, NO_STREAM } from "../port.ts";
import { freshStore, idsOf, someEvents } from "./place.ts";
import type { OpenPlace } from "./place.ts";

export function describeAppending(openPlace: OpenPlace): void {
  describe("appending", () => {
    const fixture = freshStore(openPlace);

    it("opens a stream that must not exist and goes on at the expected revision", async () => {
      const { store } = fixture();
      const first = await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1));
      const second = await store.append("thing-1", 0, someEvents("thing-1", 1, 2));
      expect(first).toMatchObject({ kind: "appended", revision: 0 });
      expect(second).toMatchObject({ kind: "appended", revision: 2 });
      const [before, after] = (await store.readAll("0", 10)).map((event) => event.position);
      expect(first).toMatchObject({ position: before });
      expect(comparePositions(before!, after!)).toBeLessThan(0);
    });

    it("refuses with the actual revision when the stream is elsewhere", async () => {
      const { store } = fixture();
      await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 3));
      expect(await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1))).toEqual({ kind: "conflict", actual: 2 });
      expect(await store.append("thing-1", 1, someEvents("thing-1", 2, 1))).toEqual({ kind: "conflict", actual: 2 });
      expect(await store.append("thing-1", 7, someEvents("thing-1", 8, 1))).toEqual({ kind: "conflict", actual: 2 });
      expect(await store.append("thing-2", 0, someEvents("thing-2", 1, 1))).toEqual({ kind: "conflict", actual: NO_STREAM });
      expect(await store.readStream("thing-1")).toHaveLength(3);
      expect(await store.readStream("thing-2")).toEqual([]);
    });

    it("appends all events of one call or none", async () => {
      const { store } = fixture();
      const winners = someEvents("thing-1", 0, 3);
      const losers = someEvents("thing-1", 0, 5);
      const results = await Promise.all([store.append("thing-1", NO_STREAM, winners), store.append("thing-1", NO_STREAM, losers)]);
      expect(results.map((result) => result.kind).sort()).toEqual(["appended", "conflict"]);
      const stored = idsOf(await store.readStream("thing-1"));
      expect(stored).toEqual(results[0]?.kind === "appended" ? idsOf(winners) : idsOf(losers));
    });

    it("refuses events that do not follow the expected revision", async () => {
      const { store } = fixture();
      await expect(store.append("thing-1", NO_STREAM, [])).rejects.toThrow(RangeError);
      await expect(store.append("thing-1", NO_STREAM, someEvents("thing-1", 1, 1))).rejects.toThrow(RangeError);
      await expect(store.append("thing-1", NO_STREAM, someEvents("thing-2", 0, 1))).rejects.toThrow(RangeError);
      expect(await store.head()).toBe("0");
    });

    it("lets exactly one of 50 parallel appends at one revision win", async () => {
      const { store } = fixture();
      await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1));
      const results = await Promise.all(Array.from({ length: 50 }, () => store.append("thing-1", 0, someEvents("thing-1", 1, 1))));
      expect(results.filter((result) => result.kind === "appended")).toHaveLength(1);
      expect(results.filter((result) => result.kind === "conflict" && result.actual === 1)).toHaveLength(49);
      expect(await store.readStream("thing-1")).toHaveLength(2);
    });

    it("answers a repeated append as the first time and stores nothing new", async () => {
      const { store } = fixture();
      const opening = someEvents("thing-1", 0, 1);
      const more = someEvents("thing-1", 1, 2);
      const first = await store.append("thing-1", NO_STREAM, opening);
      const second = await store.append("thing-1", 0, more);
      await store.append("thing-1", 2, someEvents("thing-1", 3, 1));
      const head = await store.head();
      expect(await store.append("thing-1", NO_STREAM, opening)).toEqual(first);
      expect(await store.append("thing-1", 0, more)).toEqual(second);
      expect(await store.append("thing-1", 0, [...more, ...someEvents("thing-1", 3, 1)])).toEqual({ kind: "conflict", actual: 3 });
      expect(await store.head()).toBe(head);
      expect(await store.readStream("thing-1")).toHaveLength(4);
    });

    it("knows a repeated append after a restart and when both are sent at once", async () => {
      const { store, reopen } = fixture();
      const events = someEvents("thing-1", 0, 2);
      const [one, other] = await Promise.all([store.append("thing-1", NO_STREAM, events), store.append("thing-1", NO_STREAM, events)]);
      expect(other).toEqual(one);
      const again = await reopen();
      expect(await again.append("thing-1", NO_STREAM, events)).toEqual(one);
      expect(await again.readStream("thing-1")).toHaveLength(2);
    });

    it("keeps everything over a restart and goes on from there", async () => {
      const { store, reopen } = fixture();
      const events = someEvents("thing-1", 0, 3);
      await store.append("thing-1", NO_STREAM, events);
      await store.append("thing-2", NO_STREAM, someEvents("thing-2", 0, 1));
      const before = await store.readAll("0", 10);
      const again = await reopen();
      expect(await again.readAll("0", 10)).toEqual(before);
      expect(await again.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1))).toEqual({ kind: "conflict", actual: 2 });
      const next = await again.append("thing-1", 2, someEvents("thing-1", 3, 1));
      expect(next.kind === "appended" && comparePositions(next.position, before.at(-1)!.position)).toBeGreaterThan(0);
    });

    it("finishes what was asked before close, and refuses afterwards", async () => {
      const { store, reopen } = fixture();
      const asked = Promise.all(
        Array.from({ length: 20 }, (_, i) => store.append(`thing-${i}`, NO_STREAM, someEvents(`thing-${i}`, 0, 1))),
      );
      const again = await reopen();
      expect((await asked).every((result) => result.kind === "appended")).toBe(true);
      expect(await again.readAll("0", 100)).toHaveLength(20);
      await expect(store.append("thing-x", NO_STREAM, someEvents("thing-x", 0, 1))).rejects.toMatchObject({
        name: "EventStoreUnavailable",
      });
    });
  });
}
