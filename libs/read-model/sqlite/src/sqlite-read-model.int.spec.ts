// Real: SQLite files in a temp folder, child processes. Fake: the clock.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ReadModel } from "@grantline/read-model";
import { runReadModelContract } from "@grantline/read-model/contract";
import { openSqliteReadModel } from "./index.ts";

runReadModelContract("SQLite", {
  async open(clock) {
    const dir = mkdtempSync(join(tmpdir(), "read-model-"));
    const file = join(dir, "deep", "read-model.db");
    let model = await openSqliteReadModel({ file, clock });
    return {
      model,
      async reopen() {
        await model.close();
        model = await openSqliteReadModel({ file, clock });
        return model;
      },
      async dispose() {
        await model.close();
        rmSync(dir, { recursive: true });
      },
    };
  },
});

describe("the SQLite read model", () => {
  let dir: string;
  let file: string;
  const opened: ReadModel[] = [];
  const open = async (): Promise<ReadModel> => {
    const model = await openSqliteReadModel({ file });
    opened.push(model);
    return model;
  };
  const write = (model: ReadModel, key: string, revision = 1): Promise<void> =>
    model.write("t.v1", [{ kind: "put", table: "t.v1", row: { key, revision, value: key, columns: { c: "x" } } }], String(revision));

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "read-model-"));
    file = join(dir, "read-model.db");
  });
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.close();
    rmSync(dir, { recursive: true });
  });

  it("throws a file away that is no database, and begins anew", async () => {
    writeFileSync(file, "this is no database, and long enough to be looked at as one".repeat(100));
    const model = await open();
    expect(await model.checkpoint("t.v1")).toBeUndefined();
    await write(model, "a");
    expect((await model.get("t.v1", "a"))?.value).toBe("a");
  });

  it("throws a file of another schema away", async () => {
    const model = await open();
    await write(model, "a");
    await model.close();
    const raw = new DatabaseSync(file);
    raw.exec("PRAGMA user_version = 0");
    raw.close();
    expect(await (await open()).get("t.v1", "a")).toBeUndefined();
  });

  it("marks a file found damaged in use, and the next start discards it", async () => {
    const model = await open();
    for (let n = 0; n < 2_000; n += 1) await write(model, `key-${n}`, n);
    await model.close();
    const bytes = readFileSync(file);
    bytes.fill(0x5a, 4_096 * 2);
    writeFileSync(file, bytes);
    const damaged = await open();
    const readAll = async (): Promise<void> => {
      for (let n = 0; n < 2_000; n += 1) await damaged.get("t.v1", `key-${n}`);
    };
    await expect(readAll()).rejects.toThrow(/malformed/);
    expect(existsSync(`${file}.discard`)).toBe(true);
    await damaged.close();
    const fresh = await open();
    expect(await fresh.checkpoint("t.v1")).toBeUndefined();
    expect(existsSync(`${file}.discard`)).toBe(false);
  });

  it("shows one process's writes, clears and promotions to another at once", async () => {
    const [one, two] = [await open(), await open()];
    await write(one, "a");
    expect((await two.get("t.v1", "a"))?.value).toBe("a");
    await two.clear("t.v1");
    expect(await one.get("t.v1", "a")).toBeUndefined();
    await write(one, "b");
    expect((await two.list("t.v1", { where: { c: "x" }, limit: 5 })).rows.map((row) => row.key)).toEqual(["b"]);
  });

  it("lets several handles write at the same time without losing any", async () => {
    const models = await Promise.all([open(), open(), open()]);
    await Promise.all(models.flatMap((model, m) => Array.from({ length: 100 }, (_, n) => write(model, `${m}-${n}`))));
    expect((await models[0]!.list("t.v1", { limit: 1_000 })).rows).toHaveLength(300);
  });

  it("takes the rows of a dropped table out of the file, in small steps", async () => {
    const model = await open();
    const rows = Array.from(
      { length: 1_200 },
      (_, n) => ({ kind: "put", table: "t.v1", row: { key: `k${n}`, revision: 1, value: n, columns: { c: ["x", "y"] } } }) as const,
    );
    await model.write("t.v1", rows);
    await model.clear("t.v1");
    const raw = new DatabaseSync(file);
    const count = (table: string): unknown => raw.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"];
    await expect.poll(() => [count("rows"), count("columns"), count("tables")]).toEqual([0, 0, 0]);
    raw.close();
  });
});
