import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BadCursor, CheckpointMoved, type ProjectionWrite, type ReadModel, type ReadModelRow } from "./port.ts";
import { runListingContract } from "./listing.contract.ts";

/** Opens the read model under test, empty at first; `reopen` closes it and opens the same data again. */
export interface ReadModelFactory {
  open(clock: { now(): number }): Promise<{ readonly model: ReadModel; reopen(): Promise<ReadModel>; dispose(): Promise<void> }>;
}

export function put(key: string, revision: number, value: unknown, more: Partial<ReadModelRow> = {}): ProjectionWrite {
  return { kind: "put", table: "things.v1", row: { key, revision, value, ...more } };
}

/** What every read-model adapter must keep (P6). */
export function runReadModelContract(name: string, factory: ReadModelFactory): void {
  describe(`read model contract: ${name}`, () => {
    let now = 1_000_000;
    let opened: Awaited<ReturnType<ReadModelFactory["open"]>>;
    let model: ReadModel;
    beforeEach(async () => {
      now = 1_000_000;
      opened = await factory.open({ now: () => now });
      model = opened.model;
    });
    afterEach(() => opened.dispose());
    const value = async (key: string): Promise<unknown> => (await model.get("things.v1", key))?.value;

    it("gives back a row as it was written", async () => {
      const row = {
        key: "a",
        revision: 3,
        value: { n: 1, list: ["x"], text: 'ä\u0000"' },
        columns: { colour: "red", tag: ["x", "y"] },
        expiresAt: now + 60,
      };
      await model.write("things.v1", [{ kind: "put", table: "things.v1", row }]);
      expect(await model.get("things.v1", "a")).toEqual(row);
    });

    it("knows nothing of rows and tables never written", async () => {
      expect(await model.get("things.v1", "a")).toBeUndefined();
      expect(await model.get("nothing.v1", "a")).toBeUndefined();
      expect(await model.list("nothing.v1", { limit: 10 })).toEqual({ rows: [] });
      expect(await model.checkpoint("nothing.v1")).toBeUndefined();
    });

    it("refuses a lower revision, takes an equal one again and a jump forward", async () => {
      await model.write("things.v1", [put("a", 5, "five")]);
      await model.write("things.v1", [put("a", 4, "four")]);
      expect(await value("a")).toBe("five");
      await model.write("things.v1", [put("a", 5, "five")]);
      expect(await value("a")).toBe("five");
      await model.write("things.v1", [put("a", 9, "nine")]);
      expect(await value("a")).toBe("nine");
    });

    it("ends the same whatever the order and however often writes come", async () => {
      const writes = [
        put("a", 1, "one", { columns: { c: "1" } }),
        put("a", 2, "two", { columns: { c: "2" } }),
        put("b", 1, "b"),
        put("a", 3, "three", { columns: { c: "3" } }),
      ];
      await model.write("things.v1", [...writes].reverse());
      await model.write("things.v1", [...writes, ...writes]);
      expect((await model.list("things.v1", { limit: 10 })).rows.map((row) => [row.key, row.value])).toEqual([
        ["a", "three"],
        ["b", "b"],
      ]);
      expect((await model.list("things.v1", { where: { c: "1" }, limit: 10 })).rows).toEqual([]);
      expect((await model.list("things.v1", { where: { c: "3" }, limit: 10 })).rows).toHaveLength(1);
    });

    it("deletes by the same guard, and a late write does not bring the row back", async () => {
      await model.write("things.v1", [put("a", 2, "two", { columns: { c: "x" } })]);
      await model.write("things.v1", [{ kind: "delete", table: "things.v1", key: "a", revision: 1 }]);
      expect(await value("a")).toBe("two");
      await model.write("things.v1", [{ kind: "delete", table: "things.v1", key: "a", revision: 3 }]);
      await model.write("things.v1", [put("a", 2, "two", { columns: { c: "x" } })]);
      expect(await value("a")).toBeUndefined();
      expect((await model.list("things.v1", { where: { c: "x" }, limit: 10 })).rows).toEqual([]);
    });

    it("writes rows and checkpoint together or not at all", async () => {
      await model.write("things.v1", [put("a", 1, "a")], "10");
      const circular: Record<string, unknown> = {};
      circular["self"] = circular;
      await expect(model.write("things.v1", [put("a", 2, "changed"), put("b", 1, circular)], "20")).rejects.toThrow(TypeError);
      expect(await value("a")).toBe("a");
      expect(await model.checkpoint("things.v1")).toBe("10");
    });

    it("refuses a write whose checkpoint has been moved by another", async () => {
      await model.write("things.v1", [put("a", 1, "a")], "10", "0");
      await expect(model.write("things.v1", [put("a", 2, "b")], "20", "5")).rejects.toThrow(CheckpointMoved);
      await expect(model.write("things.v1", [put("a", 2, "b")], "20", "0")).rejects.toThrow(CheckpointMoved);
      expect(await value("a")).toBe("a");
      await model.write("things.v1", [put("a", 2, "b")], "20", "10");
      expect(await model.checkpoint("things.v1")).toBe("20");
    });

    it("keeps one table to one projection", async () => {
      await model.write("things.v1", [put("a", 1, "a")]);
      await expect(model.write("others.v1", [put("b", 1, "b")])).rejects.toThrow(/belongs to/);
    });

    it("drops rows when their time has come", async () => {
      await model.write("things.v1", [
        put("a", 1, "a", { expiresAt: now + 10, columns: { c: "x" } }),
        put("b", 1, "b", { columns: { c: "x" } }),
      ]);
      now += 10;
      expect(await value("a")).toBeUndefined();
      expect((await model.list("things.v1", { where: { c: "x" }, limit: 10 })).rows.map((row) => row.key)).toEqual(["b"]);
      now += 3_600;
      await model.write("things.v1", [put("c", 1, "c")]);
      expect((await model.list("things.v1", { limit: 10 })).rows.map((row) => row.key)).toEqual(["b", "c"]);
    });

    it("clears a projection with its checkpoint and leaves the others", async () => {
      await model.write("things.v1", [put("a", 1, "a", { columns: { c: "x" } })], "7");
      await model.write("others.v1", [{ kind: "put", table: "others.v1", row: { key: "o", revision: 1, value: "o" } }], "8");
      await model.clear("things.v1");
      expect(await value("a")).toBeUndefined();
      expect(await model.checkpoint("things.v1")).toBeUndefined();
      expect((await model.list("things.v1", { where: { c: "x" }, limit: 10 })).rows).toEqual([]);
      expect((await model.get("others.v1", "o"))?.value).toBe("o");
      expect(await model.checkpoint("others.v1")).toBe("8");
      await model.write("things.v1", [put("a", 0, "again")]);
      expect(await value("a")).toBe("again");
    });

    it("promotes a set built beside the old one, all at once", async () => {
      await model.write("things.v1", [put("old", 1, "old"), put("both", 9, "old")], "7");
      await model.write(
        "things.v1~new",
        [{ kind: "put", table: "things.v1~new", row: { key: "both", revision: 1, value: "new", columns: { c: "x" } } }],
        "9",
      );
      expect(await value("both")).toBe("old");
      await model.promote("things.v1", "~new");
      expect(await value("old")).toBeUndefined();
      expect(await value("both")).toBe("new");
      expect((await model.list("things.v1", { where: { c: "x" }, limit: 10 })).rows).toHaveLength(1);
      expect(await model.checkpoint("things.v1")).toBe("9");
      expect(await model.checkpoint("things.v1~new")).toBeUndefined();
      expect(await model.get("things.v1~new", "both")).toBeUndefined();
    });

    it("keeps rows, filters and checkpoints across a restart", async () => {
      await model.write("things.v1", [put("a", 1, "a", { columns: { c: "x" } })], "7");
      model = await opened.reopen();
      expect(await value("a")).toBe("a");
      expect((await model.list("things.v1", { where: { c: "x" }, limit: 10 })).rows).toHaveLength(1);
      expect(await model.checkpoint("things.v1")).toBe("7");
    });

    runListingContract({ model: () => model, BadCursor });
  });
}
