// Real: Redis, the SQLite event store on disk, regions, stream runtimes, issuance writers. The ways between a process and both can be cut.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EventStoreUnavailable, type EventStore } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { noRedis, startRedis, type TestRedis } from "@grantline/testing/ground";
import { startProcess, type ProcessOptions, type RegionProcess } from "./fixtures/region-process.ts";

/** After so long an append that could not be told is answered, milliseconds. */
const HELD_BACK = 1_000;

describe.skipIf(noRedis)("needs Redis: a region of processes over one store and one Redis", () => {
  let redis: TestRedis;
  let folder: string;
  let store: EventStore;
  let keySpace: string;
  let one: RegionProcess;
  let two: RegionProcess;
  const started: RegionProcess[] = [];
  const start = async (more: Partial<ProcessOptions> = {}): Promise<RegionProcess> => {
    const process = await startProcess({ store, redisPort: redis.port, keySpace, ...more });
    started.push(process);
    return process;
  };
  const jti = (): string => `t-${randomUUID()}`;
  const timed = async (work: Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await work;
    return performance.now() - began;
  };

  const readable = (process: RegionProcess): Promise<boolean> =>
    process.redis.changeLog.since().then(
      () => true,
      () => false,
    );

  beforeAll(async () => {
    redis = await startRedis({ replica: true });
  });
  afterAll(() => redis?.stop());
  beforeEach(async () => {
    keySpace = randomUUID();
    folder = await mkdtemp("/var/tmp/grantline-region-");
    store = await openSqliteEventStore({ file: join(folder, "events.db") });
    [one, two] = [await start(), await start()];
  });
  afterEach(async () => {
    for (const process of started.splice(0)) await process.stop();
    await store.close();
    await rm(folder, { recursive: true });
  });

  it("shows a revocation to the other process at once", async () => {
    for (let n = 0; n < 20; n++) {
      const id = jti();
      expect(await two.status(id)).toBe("none");
      await one.revoke(id);
      expect(await two.status(id)).toBe("revoked");
    }
    expect(one.troubles).toEqual([]);
  });

  it("goes on from Redis and memory while the store is gone for a process, and knows what others do meanwhile", async () => {
    const [kept, revoked] = [jti(), jti()];
    expect([await two.status(kept), await two.status(revoked)]).toEqual(["none", "none"]);
    two.way.cut();
    await one.revoke(revoked);
    expect(await two.status(revoked)).toBe("revoked");
    expect(await two.status(kept)).toBe("none");
    await pause(HELD_BACK + 300);
    expect(await two.status(revoked)).toBe("revoked");
    expect(await two.status(kept)).toBe("none");
    two.way.mend();
    await expect.poll(() => two.region.age(), { timeout: 5_000 }).toBeLessThan(HELD_BACK);
  });

  it("is right through the store while Redis is gone for all, and acknowledges a revocation when nobody can miss it any more", async () => {
    const ids = [jti(), jti(), jti()];
    for (const id of ids) expect(await two.status(id)).toBe("none");
    one.redisWay.cut();
    two.redisWay.cut();
    const took = await timed(one.revoke(ids[0]!));
    expect(took).toBeGreaterThan(HELD_BACK);
    expect(await two.status(ids[0]!)).toBe("revoked");
    one.redisWay.mend();
    two.redisWay.mend();
    await expect.poll(async () => timed(one.revoke(jti())), { timeout: 10_000 }).toBeLessThan(HELD_BACK / 2);
    await expect.poll(() => readable(two), { timeout: 10_000 }).toBe(true);
    expect(await two.status(ids[0]!)).toBe("revoked");
    expect(await two.status(ids[1]!)).toBe("none");
  });

  it("holds the answer back when only the writer can't reach Redis, until the others must have heard of it from the store", async () => {
    const id = jti();
    expect(await two.status(id)).toBe("none");
    one.redisWay.cut();
    const took = await timed(one.revoke(id));
    expect(took).toBeGreaterThan(HELD_BACK);
    expect(took).toBeLessThan(HELD_BACK * 10);
    expect(await two.status(id)).toBe("revoked");
  });

  it("does not hold back what takes nothing away", async () => {
    const other = await start({ region: { takesAway: () => false } });
    other.redisWay.cut();
    // one that was held back would be so every time
    await expect.poll(() => timed(other.revoke(jti()))).toBeLessThan(HELD_BACK / 2);
  });

  it("says that nobody can say when both are gone, and knows again when one of them is back", async () => {
    const id = jti();
    await one.revoke(id);
    expect(await two.status(id)).toBe("revoked");
    two.way.cut();
    two.redisWay.cut();
    await expect(two.status(id)).rejects.toThrow(EventStoreUnavailable);
    two.redisWay.mend();
    await expect.poll(() => two.status(id).catch(() => "nobody knows"), { timeout: 10_000 }).toBe("revoked");
  });

  it("does not take a log that was flushed for one that has nothing to tell, with the store gone", async () => {
    const id = jti();
    expect(await two.status(id)).toBe("none");
    two.way.cut();
    await one.revoke(id);
    await redis.flush();
    await expect(two.status(id)).rejects.toThrow(EventStoreUnavailable);
    // The log has gone on since; what was missed is still missing.
    await one.revoke(jti());
    await expect(two.status(id)).rejects.toThrow(EventStoreUnavailable);
    two.way.mend();
    expect(await two.status(id)).toBe("revoked");
  });

  it("answers nothing wrong while Redis is flushed again and again", async () => {
    let flushing = true;
    const flushes = (async () => {
      while (flushing) {
        await redis.flush();
        await pause(Math.random() * 8);
      }
    })();
    const wrong: string[] = [];
    const worker = async (writer: RegionProcess, reader: RegionProcess): Promise<void> => {
      for (let n = 0; n < 60; n++) {
        const id = jti();
        if ((await reader.status(id)) !== "none") wrong.push(`${id} was not revoked`);
        await writer.revoke(id);
        const answers = await Promise.all([reader.status(id), writer.status(id)]);
        if (answers.some((status) => status !== "revoked")) wrong.push(`${id} is ${answers.join()}`);
      }
    };
    await Promise.all([worker(one, two), worker(two, one), worker(one, two)]);
    flushing = false;
    await flushes;
    expect(wrong).toEqual([]);
  });

  it("does not believe a state that was overtaken while its writer could not reach Redis, not even in a process started later", async () => {
    const id = jti();
    expect(await two.status(id)).toBe("none");
    // What everybody shares now says that the token was never revoked.
    await expect.poll(async () => (await two.redis.states.get(`token-${id}`))?.revision, { timeout: 5_000 }).toBe(-1);
    one.redisWay.cut();
    await one.revoke(id);
    const three = await start();
    expect((await three.redis.states.get(`token-${id}`))?.revision).toBe(-1);
    expect(await three.status(id)).toBe("revoked");
    // And what it read has mended what was wrong.
    await expect.poll(async () => (await two.redis.states.get(`token-${id}`))?.revision, { timeout: 5_000 }).toBe(0);
  });

  it("drops overtaken states where a process repairs them", async () => {
    const id = jti();
    // Nobody can name the changes of a store that was empty: let there be an event first.
    await one.revoke(jti());
    const repairing = await start({ region: { repairs: true } });
    expect(await two.status(id)).toBe("none");
    await expect.poll(async () => (await two.redis.states.get(`token-${id}`))?.revision, { timeout: 5_000 }).toBe(-1);
    one.redisWay.cut();
    await one.revoke(id);
    await expect.poll(async () => (await repairing.redis.states.get(`token-${id}`))?.revision, { timeout: 5_000 }).toBeUndefined();
  });

  it("never says yes where the writer can't reach Redis and the reader can't reach the store, as long as one that repairs reaches both", async () => {
    await one.revoke(jti()); // of an empty log nothing can be told but that there is much
    await start({ region: { repairs: true } });
    const [first, second] = [jti(), jti()];
    for (const id of [first, second]) expect(await two.status(id)).toBe("none");
    one.redisWay.cut();
    two.way.cut();
    await one.revoke(first);
    await expect(two.status(first)).rejects.toThrow(EventStoreUnavailable);
    expect(await two.status(second)).toBe("none");
    await one.revoke(second);
    await expect(two.status(second)).rejects.toThrow(EventStoreUnavailable);
    two.way.mend();
    for (const id of [first, second]) expect(await two.status(id)).toBe("revoked");
  });

  it("does not tell the change log again what a writer has told it", async () => {
    const repairing = await start({ region: { repairs: true } });
    await repairing.region.upToDate();
    const entries = async (): Promise<number> => Number(await redis.command("HGET", `gl1${keySpace}:{log}f`, "q"));
    const before = await entries();
    for (let n = 0; n < 20; n++) await one.revoke(jti());
    await pause(1_500);
    expect((await entries()) - before).toBe(20);
  });

  it("does not believe a late state that an old reader puts after a flush", async () => {
    const id = jti();
    const before = two.region.shared!.position();
    await one.revoke(id);
    await redis.flush();
    // As a process would that read the stream, stood still, and goes on now.
    await two.redis.states.put(`token-${id}`, { fold: "", state: undefined, revision: -1, hash: "", asOf: before });
    expect(await two.status(id)).toBe("revoked");
    expect(await (await start()).status(id)).toBe("revoked");
  });

  it("judges a token somebody else has just issued without asking the store", async () => {
    const token = await one.issue();
    await expect.poll(() => two.redis.states.get(`token-${token}`), { timeout: 5_000 }).toMatchObject({ revision: -1 });
    const reads = two.way.streamReads();
    expect((await two.issued(token))?.event.data.access.jti).toBe(token);
    expect(await two.status(token)).toBe("none");
    expect(two.way.streamReads()).toBe(reads);
    await one.revoke(token);
    expect(await two.status(token)).toBe("revoked");
    expect(await (await start()).status(token)).toBe("revoked");
  });

  it("is right after a failover that lost what had been told", async () => {
    const [replica] = redis.replicas;
    const id = jti();
    expect(await two.status(id)).toBe("none");
    await replica!.command("REPLICAOF", "NO", "ONE");
    await one.revoke(id);
    one.redisWay.leadTo(replica!.port);
    two.redisWay.leadTo(replica!.port);
    expect(await two.status(id)).toBe("revoked");
    await expect.poll(() => readable(two), { timeout: 10_000 }).toBe(true);
    expect(await two.status(id)).toBe("revoked");
    await replica!.command("REPLICAOF", "127.0.0.1", String(redis.port));
  });

  it("answers soon, and right, while Redis hangs", async () => {
    const id = jti();
    expect(await two.status(id)).toBe("none");
    await redis.kill("SIGSTOP");
    try {
      const revoking = one.revoke(id);
      expect(await timed(Promise.all(Array.from({ length: 50 }, () => two.status(jti()))))).toBeLessThan(10_000);
      await revoking;
      expect(await two.status(id)).toBe("revoked");
    } finally {
      await redis.kill("SIGCONT");
    }
  });
});
