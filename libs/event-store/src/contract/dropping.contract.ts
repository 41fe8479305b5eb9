import { describe, expect, it } from "vitest";
import { NO_STREAM, START } from "../port.ts";
import { freshStore, someEvents } from "./place.ts";
import type { OpenPlace } from "./place.ts";

/** What a store that can forget must keep (P13). One that can't has no such method. */
export function describeDropping(openPlace: OpenPlace): void {
  describe("dropping", () => {
    const fixture = freshStore(openPlace);

    async function filled() {
      const { store } = fixture();
      for (const name of ["over-1", "lives-1", "over-2", "newest-1"]) await store.append(name, NO_STREAM, someEvents(name, 0, 3));
      await store.append("lives-1", 2, someEvents("lives-1", 3, 1));
      return store;
    }
    const positions = (events: readonly { readonly position: string }[]) => events.map(({ position }) => position);

    it("forgets whole streams; the others keep their events, and every event its position", async () => {
      const store = await filled();
      if (store.dropStreams === undefined) return;
      const before = await store.readAll(START, 100);
      const head = await store.head();
      expect(
        await store.dropStreams([
          { stream: "over-1", revision: 2 },
          { stream: "over-2", revision: 2 },
        ]),
      ).toBe(6);
      const left = before.filter(({ stream }) => !stream.startsWith("over-"));
      expect(await store.readAll(START, 100)).toEqual(left);
      expect(positions(await store.readStream("lives-1"))).toEqual(positions(left.filter(({ stream }) => stream === "lives-1")));
      expect(await store.head()).toBe(head);
      expect([await store.readStream("over-1"), await store.readLast("over-2")]).toEqual([[], undefined]);
      const again = await fixture().reopen();
      expect([await again.readAll(START, 100), await again.head()]).toEqual([left, head]);
      expect(await again.append("lives-1", 3, someEvents("lives-1", 4, 1))).toMatchObject({ kind: "appended", revision: 4 });
    });

    it("leaves a stream that has gone on, one that does not exist, and the newest", async () => {
      const store = await filled();
      if (store.dropStreams === undefined) return;
      const none = [
        { stream: "over-1", revision: 1 },
        { stream: "made-up", revision: 0 },
        { stream: "lives-1", revision: 3 },
      ];
      expect(await store.dropStreams(none)).toBe(0);
      expect(await store.readAll(START, 100)).toHaveLength(13);
      expect(await store.dropStreams([])).toBe(0);
    });

    it("lets the name be begun anew, and only anew, also by who appended to it before", async () => {
      const store = await filled();
      if (store.dropStreams === undefined) return;
      await store.dropStreams([{ stream: "over-1", revision: 2 }]);
      expect(await store.append("over-1", 2, someEvents("over-1", 3, 1))).toEqual({ kind: "conflict", actual: -1 });
      expect(await store.append("over-1", NO_STREAM, someEvents("over-1", 0, 1))).toMatchObject({ kind: "appended", revision: 0 });
      expect(await store.readStream("over-1")).toHaveLength(1);
      expect(await store.dropStreams([{ stream: "over-1", revision: 2 }])).toBe(0);
    });

    it("forgets long streams while others append", async () => {
      const { store, place } = fixture();
      if (store.dropStreams === undefined) return;
      for (let first = 0; first < 12_000; first += 1_000) await store.append("over-1", first - 1, someEvents("over-1", first, 1_000));
      const other = (await place.openPeer?.()) ?? store;
      let appended = 0;
      let dropping = true;
      const writing = (async () => {
        for (; dropping || appended < 5; appended++) await other.append("lives-1", appended - 1, someEvents("lives-1", appended, 1));
      })();
      await other.append("lives-2", NO_STREAM, someEvents("lives-2", 0, 1));
      expect(await store.dropStreams([{ stream: "over-1", revision: 11_999 }])).toBe(12_000);
      dropping = false;
      await writing;
      expect(await store.readStream("lives-1")).toHaveLength(appended);
      expect(await store.readAll(START, 100_000)).toHaveLength(appended + 1);
      if (other !== store) await other.close();
    });
  });
}
