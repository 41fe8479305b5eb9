import { describe, expect, it } from "vitest";
import type { ListQuery, ReadModel } from "./port.ts";

interface Listed {
  readonly model: () => ReadModel;
  readonly BadCursor: new () => Error;
}

const TABLE = "list.v1";

/** Listing part of the read-model contract: filters, order, cursors. */
export function runListingContract({ model, BadCursor }: Listed): void {
  const key = (n: number): string => `k${String(n).padStart(3, "0")}`;

  async function fill(numbers: readonly number[]): Promise<void> {
    const rows = numbers.map((n) => ({
      key: key(n),
      revision: 1,
      value: n,
      columns: { parity: n % 2 === 0 ? "even" : "odd", third: n % 3 === 0 ? "yes" : "no", tags: [`t${n}`, `d${Math.trunc(n / 10)}`] },
    }));
    await model().write(
      "list.v1",
      rows.map((row) => ({ kind: "put", table: TABLE, row }) as const),
    );
  }

  async function collect(query: ListQuery, between?: (page: number) => Promise<void>): Promise<unknown[]> {
    const values: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; ; page += 1) {
      const found = await model().list(TABLE, { ...query, ...(cursor === undefined ? {} : { cursor }) });
      values.push(...found.rows.map((row) => row.value));
      cursor = found.nextCursor;
      if (cursor === undefined) return values;
      await between?.(page);
    }
  }

  describe("listing", () => {
    const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

    it("pages through everything once, in the order of keys, either way", async () => {
      await fill(range(0, 25));
      expect(await collect({ limit: 10 })).toEqual(range(0, 25));
      expect(await collect({ limit: 10, descending: true })).toEqual(range(0, 25).reverse());
      expect(await collect({ limit: 25 })).toEqual(range(0, 25));
    });

    it("filters by one column, by several and by one of many values", async () => {
      await fill(range(0, 25));
      expect(await collect({ where: { parity: "even" }, limit: 4 })).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]);
      expect(await collect({ where: { parity: "even", third: "yes" }, limit: 2 })).toEqual([0, 6, 12, 18, 24]);
      expect(await collect({ where: { tags: "d1" }, limit: 3 })).toEqual(range(10, 20));
      expect(await collect({ where: { tags: "t7" }, limit: 3 })).toEqual([7]);
      expect(await collect({ where: { parity: "even", tags: "d2" }, limit: 3, descending: true })).toEqual([24, 22, 20]);
    });

    it("treats values and column names as data, never as a query", async () => {
      await fill([1]);
      expect(await collect({ where: { parity: "odd' OR '1'='1" }, limit: 3 })).toEqual([]);
      expect(await collect({ where: { "parity' OR 1=1 --": "odd" }, limit: 3 })).toEqual([]);
      expect(await collect({ where: { unknown: "odd" }, limit: 3 })).toEqual([]);
    });

    it("shows no row twice and misses none of the old ones while others come in", async () => {
      await fill(range(10, 20));
      const seen = await collect({ limit: 3 }, async (page) => fill([page, 100 + page]));
      expect(seen.filter((value) => (value as number) >= 10 && (value as number) < 20)).toEqual(range(10, 20));
      expect(new Set(seen).size).toBe(seen.length);
    });

    it("clamps the limit to something sane", async () => {
      await fill(range(0, 3));
      expect((await model().list(TABLE, { limit: 0 })).rows).toHaveLength(1);
      expect((await model().list(TABLE, { limit: 1e9 })).rows).toHaveLength(3);
    });

    it("refuses a tampered, foreign, oversized or made-up cursor", async () => {
      await fill(range(0, 25));
      const { nextCursor = "" } = await model().list(TABLE, { limit: 10, where: { parity: "even" } });
      const flipped = `${nextCursor.slice(0, -1)}${nextCursor.endsWith("A") ? "B" : "A"}`;
      for (const cursor of [
        flipped,
        `x${nextCursor}`,
        "",
        "a",
        "' OR 1=1 --",
        "A".repeat(5_000),
        Buffer.from("k005").toString("base64url"),
      ]) {
        await expect(model().list(TABLE, { limit: 10, where: { parity: "even" }, cursor })).rejects.toThrow(BadCursor);
      }
      await expect(model().list(TABLE, { limit: 10, where: { parity: "odd" }, cursor: nextCursor })).rejects.toThrow(BadCursor);
      await expect(model().list(TABLE, { limit: 10, cursor: nextCursor })).rejects.toThrow(BadCursor);
      await expect(model().list("other.v1", { limit: 10, where: { parity: "even" }, cursor: nextCursor })).rejects.toThrow(BadCursor);
      await expect(model().list(TABLE, { limit: 10, where: { parity: "even" }, cursor: nextCursor, descending: true })).rejects.toThrow(
        BadCursor,
      );
    });
  });
}
