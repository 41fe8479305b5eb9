// Real: Redis servers, single with a replica and as a cluster of three masters.
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChangeLog, StreamChange } from "@grantline/event-store";
import { noRedis, startRedis, type TestRedis } from "@grantline/testing/ground";
import { openForwarder, type Forwarder } from "./fixtures/forwarder.ts";
import { openRedis, RedisUnavailable, type RedisHandle } from "./index.ts";

const change = (n: number, word = "s"): StreamChange => ({ stream: `grant-${word}${n}`, revision: n });
const changes = (from: number, to: number, word?: string): StreamChange[] =>
  Array.from({ length: to - from + 1 }, (_, i) => change(from + i, word));

/** Redis may have to wait for its turn on a busy machine; a quarter of a second is no matter of these tests. */
const PATIENT_MS = 5_000;

for (const shape of ["single", "cluster"] as const) {
  describe.skipIf(noRedis)(`needs Redis: the change log, ${shape}`, () => {
    let redis: TestRedis;
    let forwarder: Forwarder;
    const handles: RedisHandle[] = [];
    const open = async (urls = redis.urls, commandTimeoutMs = PATIENT_MS): Promise<ChangeLog> => {
      const handle = await openRedis({ urls, commandTimeoutMs });
      handles.push(handle);
      return handle.changeLog;
    };
    beforeEach(async () => {
      redis = await startRedis({ cluster: shape === "cluster", replica: shape === "single" });
      forwarder = await openForwarder(redis.port);
    });
    afterEach(async () => {
      for (const handle of handles.splice(0)) await handle.close();
      await forwarder.close();
      await redis.stop();
    });

    it("tells what was told since the last look, many at first", async () => {
      const [one, two] = [await open(), await open()];
      expect(await two.since()).toBe("many");
      expect(await two.since()).toEqual([]);
      await one.tell([change(1), change(2)]);
      await one.tell([change(3)]);
      expect(await two.since()).toEqual([change(1), change(2), change(3)]);
      expect(await two.since()).toEqual([]);
      expect(await one.since()).toBe("many");
    });

    it("shows every change to who looks after it was told, with two writers racing", async () => {
      const [one, two, reader] = [await open(), await open(), await open()];
      await reader.since();
      const heard: StreamChange[] = [];
      for (let round = 0; round < 20; round++) {
        const [a, b] = [changes(round * 10, round * 10 + 4, "a"), changes(round * 10, round * 10 + 4, "b")];
        await Promise.all([one.tell(a), two.tell(b), reader.since().then((some) => heard.push(...(some as StreamChange[])))]);
        heard.push(...((await reader.since()) as StreamChange[]));
        expect(heard).toHaveLength((round + 1) * 10);
      }
      expect(new Set(heard.map(({ stream }) => stream)).size).toBe(200);
    });

    it("says many after a flush, also when others have told as much again", async () => {
      const [writer, reader] = [await open(), await open()];
      await writer.tell(changes(1, 10));
      await reader.since();
      await redis.flush();
      expect(await reader.since()).toBe("many");
      await redis.flush();
      await writer.tell(changes(1, 10));
      expect(await reader.since()).toBe("many");
      await writer.tell([change(11)]);
      expect(await reader.since()).toEqual([change(11)]);
    });

    it("says many after a flush of a log that was empty when it was read", async () => {
      const [writer, reader] = [await open(), await open()];
      await reader.since();
      await writer.tell([change(1)]);
      await redis.flush();
      expect(await reader.since()).toBe("many");
    });

    it("says many when too much was told, and goes on from there", async () => {
      const [writer, reader] = [await open(), await open()];
      await reader.since();
      await writer.tell(changes(1, 6_000));
      expect(await reader.since()).toBe("many");
      await writer.tell([change(6_001)]);
      expect(await reader.since()).toEqual([change(6_001)]);
    });

    it("says many when the entries after the one read last are gone or altered", async () => {
      const [writer, reader] = [await open(), await open()];
      const stream = await findStream(redis, writer);
      await reader.since();
      await writer.tell(changes(1, 5));
      await onMasters(redis, "XTRIM", stream, "MAXLEN", "3");
      expect(await reader.since()).toBe("many");
      await writer.tell(changes(6, 8));
      expect(await reader.since()).toEqual(changes(6, 8));
      await writer.tell(changes(9, 11));
      await onMasters(redis, "DEL", stream);
      expect(await reader.since()).toBe("many");
    });

    it("fails at once without a connection, and soon when Redis hangs", async () => {
      const log = await open(redis.urls, 2_000);
      await log.since();
      for (const master of redis.masters) await master.kill("SIGSTOP");
      let began = performance.now();
      await expect(log.tell([change(1)])).rejects.toThrow(RedisUnavailable);
      expect(performance.now() - began).toBeLessThan(8_000);
      began = performance.now();
      await expect(log.since()).rejects.toThrow(RedisUnavailable);
      expect(performance.now() - began).toBeLessThan(1_500);
      for (const master of redis.masters) await master.kill("SIGCONT");
      await expect
        .poll(
          () =>
            log.tell([change(2)]).then(
              () => "told",
              () => "not",
            ),
          { timeout: 10_000 },
        )
        .toBe("told");
    });

    if (shape === "cluster") return;

    it("says many after a failover that lost entries nobody had read, though what was read last is still there", async () => {
      const [writer, reader] = [await open([forwarder.url]), await open([forwarder.url])];
      await writer.tell(changes(1, 95));
      await reader.since();
      const [replica] = redis.replicas;
      await expect.poll(() => replica!.command("HGET", "gl1:{log}f", "q"), { timeout: 10_000 }).toBe("95");
      // From here on the replica misses what is acknowledged to the writer: 96 to 100 are lost.
      await replica!.command("REPLICAOF", "NO", "ONE");
      await writer.tell(changes(96, 100));
      forwarder.leadTo(replica!.port);
      await told(writer, changes(96, 98, "other"));
      await expect.poll(() => reader.since().catch(() => "not yet"), { timeout: 10_000 }).toBe("many");
      await writer.tell([change(200)]);
      expect(await reader.since()).toEqual([change(200)]);
    });

    it("says many also when nobody has told anything since the failover", async () => {
      const [writer, reader] = [await open([forwarder.url]), await open([forwarder.url])];
      await writer.tell(changes(1, 5));
      await reader.since();
      const [replica] = redis.replicas;
      await expect.poll(() => replica!.command("HGET", "gl1:{log}f", "q"), { timeout: 10_000 }).toBe("5");
      await replica!.command("REPLICAOF", "NO", "ONE");
      await writer.tell(changes(6, 7));
      forwarder.leadTo(replica!.port);
      await expect.poll(() => reader.since().catch(() => "not yet"), { timeout: 10_000 }).toBe("many");
    });

    it("says many when the old master comes back as it was told to be by the new one, even to who never left it", async () => {
      const [replica] = redis.replicas;
      const [writer, reader] = [await open([forwarder.url]), await open()];
      await writer.tell(changes(1, 95));
      await reader.since();
      await expect.poll(() => replica!.command("HGET", "gl1:{log}f", "q"), { timeout: 10_000 }).toBe("95");
      await replica!.command("REPLICAOF", "NO", "ONE");
      await writer.tell(changes(96, 100));
      forwarder.leadTo(replica!.port);
      await told(writer, changes(96, 98, "other"));
      await redis.command("REPLICAOF", "127.0.0.1", String(replica!.port));
      await expect.poll(() => redis.command("INFO", "replication"), { timeout: 10_000 }).toContain("master_link_status:up");
      await redis.command("REPLICAOF", "NO", "ONE");
      expect(await reader.since()).toBe("many");
    });

    it("does not let a replica answer that may be behind", async () => {
      const [replica] = redis.replicas;
      const reader = await open([replica!.url]);
      await expect(reader.since()).rejects.toThrow(RedisUnavailable);
      await expect(reader.tell([change(1)])).rejects.toThrow(RedisUnavailable);
    });

    it("says many when the log was put back to what it was and others were told instead", async () => {
      const [writer, reader] = [await open(), await open()];
      await writer.tell(changes(1, 95));
      for (const key of ["f", "s"]) await redis.command("COPY", `gl1:{log}${key}`, `{log}kept-${key}`);
      await writer.tell(changes(96, 100));
      await reader.since();
      for (const key of ["f", "s"]) await redis.command("COPY", `{log}kept-${key}`, `gl1:{log}${key}`, "REPLACE");
      await writer.tell(changes(96, 102, "other"));
      expect(await reader.since()).toBe("many");
    });

    it("says many after a restart that forgot everything", async () => {
      const [writer, reader] = [await open(), await open()];
      await writer.tell(changes(1, 5));
      await reader.since();
      await redis.kill("SIGKILL");
      await redis.start();
      await expect.poll(() => reader.since().catch(() => "not yet"), { timeout: 10_000 }).toBe("many");
      await told(writer, [change(6)]);
      expect(await reader.since()).toEqual([change(6)]);
    });
  });
}

describe.skipIf(noRedis)("needs Redis: the size of the change log", () => {
  it("stays bounded", async () => {
    const redis = await startRedis();
    const keySpace = randomUUID();
    const handle = await openRedis({ urls: redis.urls, keySpace, commandTimeoutMs: PATIENT_MS });
    for (let n = 0; n < 110; n++) await handle.changeLog.tell(changes(n * 1_000, n * 1_000 + 999));
    expect(Number(await redis.command("XLEN", `gl1${keySpace}:{log}s`))).toBeLessThan(101_000);
    await handle.close();
    await redis.stop();
  });
});

/** Tells as soon as the connection stands again. */
async function told(log: ChangeLog, some: readonly StreamChange[]): Promise<void> {
  await expect
    .poll(
      () =>
        log.tell(some).then(
          () => "told",
          () => "not",
        ),
      { timeout: 10_000 },
    )
    .toBe("told");
}

async function findStream(redis: TestRedis, log: ChangeLog): Promise<string> {
  await log.tell([change(0)]);
  const found = await Promise.all(redis.masters.map((master) => master.command("KEYS", "*{log}s")));
  return found.join("");
}

async function onMasters(redis: TestRedis, ...words: string[]): Promise<void> {
  // Only one of a cluster has the key; the others say where it is.
  await Promise.all(
    redis.masters.map((master) => master.command(...words).catch((error: unknown) => expect(String(error)).toContain("MOVED"))),
  );
}
