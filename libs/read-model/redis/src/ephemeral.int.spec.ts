// Real: Redis servers, single with a replica and as a cluster of three masters. Fake: the clock.
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { EphemeralStore } from "@grantline/read-model";
import { runEphemeralStoreContract } from "@grantline/read-model/contract";
import { noRedis, startRedis, type TestRedis } from "@grantline/testing/ground";
import { openForwarder, type Forwarder } from "./fixtures/forwarder.ts";
import { openRedis, RedisUnavailable, type RedisHandle } from "./index.ts";

for (const shape of ["single", "cluster"] as const) {
  describe.skipIf(noRedis)(`needs Redis: the ephemeral store, ${shape}`, () => {
    let redis: TestRedis;
    beforeAll(async () => {
      redis = await startRedis({ cluster: shape === "cluster" });
    });
    afterAll(() => redis?.stop());

    runEphemeralStoreContract(`Redis, ${shape}`, {
      async open(clock) {
        const keySpace = randomUUID();
        const handles: RedisHandle[] = [];
        const open = async (): Promise<EphemeralStore> => {
          // Redis may have to wait for its turn on a busy machine
          const handle = await openRedis({ urls: redis.urls, commandTimeoutMs: 5_000, keySpace, clock });
          handles.push(handle);
          return handle.ephemeral;
        };
        const closeAll = async (): Promise<void> => {
          for (const handle of handles.splice(0)) await handle.close();
        };
        return {
          store: await open(),
          second: open,
          async reopen() {
            await closeAll();
            return open();
          },
          async lose() {
            await redis.flush();
            return open();
          },
          dispose: closeAll,
        };
      },
    });
  });
}

describe.skipIf(noRedis)("needs Redis: a loss of the ephemeral store", () => {
  let redis: TestRedis;
  let forwarder: Forwarder;
  let handle: RedisHandle;
  let now = 1_000_000;
  beforeEach(async () => {
    now = 1_000_000;
    redis = await startRedis({ replica: true, saves: true });
    forwarder = await openForwarder(redis.port);
    handle = await openRedis({ urls: [forwarder.url], clock: { now: () => now } });
  });
  afterEach(async () => {
    await handle.close();
    await forwarder.close();
    await redis.stop();
  });
  const since = (): Promise<number> => handle.ephemeral.completeSince();

  it("is told after a restart, even one that kept almost everything", async () => {
    expect(await handle.ephemeral.addIfAbsent("jti", now + 600)).toBe(true);
    expect(await since()).toBe(1_000_000);
    now += 100;
    await redis.kill("SIGKILL");
    await redis.start();
    await expect.poll(since, { timeout: 10_000 }).toBe(1_000_100);
  });

  it("is told after a failover to a replica, whatever that has kept", async () => {
    expect(await since()).toBe(1_000_000);
    await expect.poll(() => redis.replicas[0]!.command("DBSIZE"), { timeout: 10_000 }).toBe("1");
    now += 100;
    await redis.replicas[0]!.command("REPLICAOF", "NO", "ONE");
    forwarder.leadTo(redis.replicas[0]!.port);
    await expect.poll(since, { timeout: 10_000 }).toBe(1_000_100);
    expect(await since()).toBe(1_000_100);
  });

  it("lets no yes rest on what was said before it", async () => {
    expect(await handle.ephemeral.addIfAbsent("jti", now + 600)).toBe(true);
    expect(await since()).toBe(1_000_000);
    now += 50;
    await redis.flush();
    // The caller asked before the flush, and would now take the replay for the first.
    await expect(handle.ephemeral.addIfAbsent("jti", now + 600)).rejects.toThrow(RedisUnavailable);
    expect(await since()).toBe(1_000_050);
    expect(await handle.ephemeral.addIfAbsent("another", now + 600)).toBe(true);
  });

  it("fails within its time while Redis hangs, waits for nothing after that, and works again after", async () => {
    await handle.close();
    handle = await openRedis({ urls: redis.urls, commandTimeoutMs: 2_000, clock: { now: () => now } });
    await redis.kill("SIGSTOP");
    const began = performance.now();
    await expect(handle.ephemeral.addIfAbsent("a", now + 60)).rejects.toThrow(RedisUnavailable);
    expect(performance.now() - began).toBeLessThan(8_000);
    const again = performance.now();
    await Promise.allSettled(Array.from({ length: 100 }, (_, n) => handle.ephemeral.addIfAbsent(`b${n}`, now + 60)));
    expect(performance.now() - again).toBeLessThan(1_500);
    await redis.kill("SIGCONT");
    await expect.poll(() => handle.ephemeral.addIfAbsent("c", now + 60).catch(() => false), { timeout: 5_000 }).toBe(true);
  });

  it("keeps no key in clear", async () => {
    await handle.ephemeral.addIfAbsent("dpop:somebody's jti", now + 60);
    expect(await redis.command("KEYS", "*jti*")).toBe("");
  });
});
