import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EphemeralStore } from "./port.ts";

/** Opens the store under test, empty at first. `reopen` closes it and opens the same data again; `second` is another handle on it. */
export interface EphemeralStoreFactory {
  open(clock: { now(): number }): Promise<{
    readonly store: EphemeralStore;
    reopen(): Promise<EphemeralStore>;
    second(): Promise<EphemeralStore>;
    /** Loses everything, as a flush or a deleted file does, and opens again. */
    lose(): Promise<EphemeralStore>;
    dispose(): Promise<void>;
  }>;
}

/** What every ephemeral store must keep: a key has one first caller, and a loss is told. */
export function runEphemeralStoreContract(name: string, factory: EphemeralStoreFactory): void {
  describe(`ephemeral store contract: ${name}`, () => {
    let now = 1_000_000;
    let opened: Awaited<ReturnType<EphemeralStoreFactory["open"]>>;
    beforeEach(async () => {
      now = 1_000_000;
      opened = await factory.open({ now: () => now });
    });
    afterEach(() => opened.dispose());

    it("says yes to the first and no to the rest", async () => {
      expect(await opened.store.addIfAbsent("a", now + 60)).toBe(true);
      expect(await opened.store.addIfAbsent("a", now + 60)).toBe(false);
      expect(await opened.store.addIfAbsent("b", now + 60)).toBe(true);
    });

    it("gives 50 parallel callers over two handles exactly one yes", async () => {
      const second = await opened.second();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? opened.store : second).addIfAbsent("same", now + 60)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it("forgets a key when it has expired, not before", async () => {
      await opened.store.addIfAbsent("a", now + 10);
      now += 9;
      expect(await opened.store.addIfAbsent("a", now + 10)).toBe(false);
      now += 1;
      expect(await opened.store.addIfAbsent("a", now + 10)).toBe(true);
      expect(await opened.store.addIfAbsent("a", now + 10)).toBe(false);
    });

    it("tells keys apart whatever is in them, and however long they are", async () => {
      const keys = ["x", "X", "x ", "x\u0000", "'; DROP TABLE seen --", "k".repeat(100_000), `${"k".repeat(99_999)}j`];
      for (const key of keys) expect(await opened.store.addIfAbsent(key, now + 60)).toBe(true);
      for (const key of keys) expect(await opened.store.addIfAbsent(key, now + 60)).toBe(false);
    });

    it("keeps what it has seen across a restart, and stays complete since the same time", async () => {
      await opened.store.addIfAbsent("a", now + 600);
      const since = await opened.store.completeSince();
      now += 100;
      const store = await opened.reopen();
      expect(await store.addIfAbsent("a", now + 600)).toBe(false);
      expect(await store.completeSince()).toBe(since);
    });

    it("is complete since it began, and after a loss only since then", async () => {
      expect(await opened.store.completeSince()).toBe(now);
      now += 500;
      const store = await opened.lose();
      expect(await store.completeSince()).toBe(now);
    });

    it("holds a value until it expires or is set anew, for every handle", async () => {
      const second = await opened.second();
      await opened.store.put("lease", "one", now + 10);
      expect(await second.get("lease")).toBe("one");
      await second.put("lease", "two", now + 20);
      expect(await opened.store.get("lease")).toBe("two");
      now += 20;
      expect(await opened.store.get("lease")).toBeUndefined();
      expect(await opened.store.get("never")).toBeUndefined();
    });

    it("counts to 50 for 50 parallel callers over two handles, and begins anew when the count has expired", async () => {
      const second = await opened.second();
      const counts = await Promise.all(
        Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? opened.store : second).increment("bucket", now + 10)),
      );
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
      now += 5;
      expect(await second.increment("bucket", now + 10)).toBe(51);
      now += 5;
      expect(await second.increment("bucket", now + 10)).toBe(1);
    });

    it("counts many at once, and tells a count without changing it", async () => {
      const second = await opened.second();
      expect(await opened.store.increment("batch", now + 10, 40)).toBe(40);
      expect(await second.increment("batch", now + 10, 2)).toBe(42);
      expect(await second.increment("batch", now + 10, 0)).toBe(42);
      now += 10;
      expect(await opened.store.increment("batch", now + 10, 0)).toBe(0);
    });

    it("swaps a value for another only where the expected one is, and says which one is", async () => {
      const second = await opened.second();
      expect(await opened.store.swap("state", "one", "two", now + 10)).toEqual({ swapped: false });
      expect(await opened.store.swap("state", undefined, "one\n1", now + 10)).toEqual({ swapped: true });
      expect(await second.swap("state", undefined, "two", now + 10)).toEqual({ swapped: false, found: "one\n1" });
      expect(await second.swap("state", "one\n1", "two", now + 20)).toEqual({ swapped: true });
      now += 19;
      expect(await opened.store.get("state")).toBe("two");
      now += 1;
      expect(await opened.store.swap("state", "two", "three", now + 10)).toEqual({ swapped: false });
      expect(await opened.store.swap("state", undefined, "three", now + 10)).toEqual({ swapped: true });
    });

    it("lets 50 parallel callers over two handles swap one after the other", async () => {
      const second = await opened.second();
      const addOne = async (store: EphemeralStore): Promise<void> => {
        for (let seen: string | undefined; ;) {
          const answer = await store.swap("sum", seen, String(Number(seen ?? 0) + 1), now + 10);
          if (answer.swapped) return;
          seen = answer.found;
        }
      };
      await Promise.all(Array.from({ length: 50 }, (_, n) => addOne(n % 2 === 0 ? opened.store : second)));
      expect(await second.get("sum")).toBe("50");
    });

    it("goes on with many keys long after they expired", async () => {
      for (let round = 0; round < 3; round += 1) {
        for (let n = 0; n < 200; n += 1) expect(await opened.store.addIfAbsent(`k${n}`, now + 10)).toBe(true);
        now += 100;
      }
    });
  });
}
