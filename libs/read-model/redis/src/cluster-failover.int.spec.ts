// Real: a Redis Cluster of three masters with a replica each.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noRedis, startRedis, type TestRedis } from "@grantline/testing/ground";
import { openRedis, type RedisHandle } from "./index.ts";

const PATIENCE = { timeout: 30_000, interval: 100 };

describe.skipIf(noRedis)("needs Redis: a cluster known by one address, whose masters die", () => {
  let redis: TestRedis;
  let handle: RedisHandle;
  let now = 1_000_000;
  beforeAll(async () => {
    redis = await startRedis({ cluster: true, replica: true });
    handle = await openRedis({ urls: [redis.urls[1] as string], commandTimeoutMs: 2_000, clock: { now: () => now } });
  });
  afterAll(async () => {
    await handle?.close();
    await redis?.stop();
  });

  it("is found out to be a cluster, and used as one", async () => {
    const streams = Array.from({ length: 60 }, (_, n) => `grant-${n}`);
    for (const stream of streams) await handle.states.put(stream, { fold: "f", state: stream, revision: 0, hash: "h", asOf: "1" });
    for (const stream of streams) expect((await handle.states.get(stream))?.state).toBe(stream);
    const sizes = await Promise.all(redis.masters.map((master) => master.command("DBSIZE")));
    expect(sizes.every((size) => Number(size) > 5)).toBe(true);
    await handle.readModel.write("t.v1", [{ kind: "put", table: "t.v1", row: { key: "a", revision: 1, value: 1 } }], "1");
    expect((await handle.readModel.get("t.v1", "a"))?.value).toBe(1);
  });

  it("goes on with the replicas, and says that something may have been lost", async () => {
    await handle.changeLog.since();
    await handle.changeLog.tell([{ stream: "grant-a", revision: 1 }]);
    expect(await handle.changeLog.since()).toEqual([{ stream: "grant-a", revision: 1 }]);
    expect(await handle.ephemeral.completeSince()).toBe(1_000_000);
    await handle.states.put("grant-x", { fold: "f", state: 1, revision: 0, hash: "h", asOf: "1" });
    now += 100;
    for (const [n, master] of redis.masters.entries()) {
      await master.kill("SIGKILL");
      await expect.poll(() => redis.replicas[n]!.command("INFO", "replication"), PATIENCE).toContain("role:master");
    }
    await expect.poll(() => handle.changeLog.since().catch(() => "no answer"), PATIENCE).toBe("many");
    await expect.poll(() => handle.ephemeral.completeSince().catch(() => 0), PATIENCE).toBe(1_000_100);
    const put = (): Promise<unknown> =>
      handle.states
        .put("grant-y", { fold: "f", state: 2, revision: 0, hash: "h", asOf: "1" })
        .then(() => handle.states.get("grant-y"))
        .catch(() => undefined);
    await expect.poll(put, PATIENCE).toMatchObject({ state: 2 });
    expect(await handle.states.get("grant-x")).toBeUndefined();
    await handle.changeLog.tell([{ stream: "grant-a", revision: 2 }]);
    expect(await handle.changeLog.since()).toEqual([{ stream: "grant-a", revision: 2 }]);
    await expect.poll(() => handle.readModel.checkpoint("t.v1").catch(() => "no answer"), PATIENCE).toBe("1");
  }, 120_000);
});
