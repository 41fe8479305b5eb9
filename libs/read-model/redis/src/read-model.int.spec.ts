// Real: Redis servers, single and as a cluster of three masters. Fake: the clock.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CheckpointMoved, type ProjectionWrite, type ReadModel } from "@grantline/read-model";
import { runReadModelContract } from "@grantline/read-model/contract";
import { noRedis, startRedis, type TestRedis } from "@grantline/testing/ground";
import { openRedis, type RedisHandle } from "./index.ts";

for (const shape of ["single", "cluster"] as const) {
  describe.skipIf(noRedis)(`needs Redis: the read model, ${shape}`, () => {
    let redis: TestRedis;
    beforeAll(async () => {
      redis = await startRedis({ cluster: shape === "cluster" });
    });
    afterAll(() => redis?.stop());

    runReadModelContract(`Redis, ${shape}`, {
      async open(clock) {
        const keySpace = randomUUID();
        let handle = await openRedis({ urls: redis.urls, keySpace, clock });
        return {
          model: handle.readModel,
          async reopen() {
            await handle.close();
            handle = await openRedis({ urls: redis.urls, keySpace, clock });
            return handle.readModel;
          },
          dispose: () => handle.close(),
        };
      },
    });

    describe("beyond the contract", () => {
      let now = 1_000_000;
      const handles: RedisHandle[] = [];
      let keySpace = "";
      const open = async (): Promise<ReadModel> => {
        const handle = await openRedis({ urls: redis.urls, keySpace, clock: { now: () => now } });
        handles.push(handle);
        return handle.readModel;
      };
      beforeAll(() => {
        keySpace = randomUUID();
      });
      afterAll(async () => {
        for (const handle of handles) await handle.close();
      });
      const row = (key: string, more: object = {}): ProjectionWrite => ({
        kind: "put",
        table: "t.v1",
        row: { key, revision: 1, value: key, columns: { c: "x" }, ...more },
      });

      it("takes a set that has taken over for the old one at once, for every process, and its rows leave the memory", async () => {
        const [one, two] = [await open(), await open()];
        await one.write(
          "t.v1",
          Array.from({ length: 500 }, (_, n) => row(`old${n}`, { columns: { c: ["x", `n${n}`] } })),
          "5",
        );
        const rows = Array.from({ length: 700 }, (_, n) => ({ ...row(`new${n}`), table: "t.v1~rebuild" }) as ProjectionWrite);
        await one.write("t.v1~rebuild", rows, "9");
        let asked = true;
        const seen = new Set<string>();
        const asking = (async () => {
          while (asked) {
            const { rows: found } = await two.list("t.v1", { where: { c: "x" }, limit: 1_000 });
            const kinds = new Set(found.map(({ key }) => key.slice(0, 3)));
            seen.add(`${[...kinds].join("+")} ${found.length}`);
          }
        })();
        await one.promote("t.v1", "~rebuild");
        await expect.poll(async () => (await two.list("t.v1", { where: { c: "x" }, limit: 1 })).rows[0]?.key).toBe("new0");
        asked = false;
        await asking;
        expect([...seen].filter((each) => each !== "old 500" && each !== "new 700")).toEqual([]);
        expect(await two.checkpoint("t.v1")).toBe("9");
        const keys = async (): Promise<number> =>
          (await Promise.all(redis.masters.map((master) => master.command("--raw", "KEYS", `gl1${keySpace}:*`))))
            .join("\n")
            .split("\n")
            .filter(Boolean).length;
        // Facts, rows, keys and one index are what the new set needs.
        await expect.poll(keys, { timeout: 10_000 }).toBe(4);
      });

      it("looks through many keys in short steps", async () => {
        const model = await open();
        const many = Array.from({ length: 4_500 }, (_, n) =>
          row(`k${String(n).padStart(5, "0")}`, { columns: { a: "1", b: n === 4_400 ? "rare" : "2", d: "3" } }),
        );
        await model.write("t.v1", many);
        expect((await model.list("t.v1", { where: { a: "1", b: "rare" }, limit: 10 })).rows.map(({ key }) => key)).toEqual(["k04400"]);
        const page = await model.list("t.v1", { where: { a: "1", d: "3" }, limit: 1_000 });
        expect(page.rows).toHaveLength(1_000);
        now += 10;
        await model.write(
          "t.v1",
          many.map((each) => ({ ...each, row: { ...(each as { row: object }).row, expiresAt: now + 1 } }) as ProjectionWrite),
        );
        now += 2;
        expect((await model.list("t.v1", { where: { a: "1", d: "3" }, limit: 10 })).rows).toEqual([]);
      });

      it("takes rows that have expired out of the memory while it writes", async () => {
        const model = await open();
        await model.write("s.v1", [
          { kind: "put", table: "s.v1", row: { key: "a", revision: 1, value: 1, columns: { c: "x" }, expiresAt: now + 5 } },
        ]);
        now += 100;
        await model.write("s.v1", [{ kind: "put", table: "s.v1", row: { key: "b", revision: 1, value: 1 } }]);
        const sizes = await Promise.all(
          redis.masters.map((master) => master.command("HLEN", `gl1${keySpace}:{rm.s}:1`).catch(() => "moved")),
        );
        expect(sizes).toContain("1");
      });

      it("lets one of many writers move a checkpoint", async () => {
        const models = await Promise.all([open(), open(), open()]);
        const tries = await Promise.allSettled(
          Array.from({ length: 30 }, (_, n) => models[n % 3]!.write("race.v1", [], String(n + 1), "0")),
        );
        expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
        for (const each of tries) if (each.status === "rejected") expect(each.reason).toBeInstanceOf(CheckpointMoved);
      });

      it("refuses a table that is not called like its projection, and a suffix that can't be told from a name", async () => {
        const model = await open();
        await expect(model.write("grants.v1", [row("a")])).rejects.toThrow(/belongs to/);
        await expect(model.promote("grants.v1", "new")).rejects.toThrow(TypeError);
      });
    });
  });
}
