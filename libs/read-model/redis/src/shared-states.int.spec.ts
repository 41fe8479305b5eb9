// Real: Redis servers, single with a replica and as a cluster of three masters.
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SharedState, SharedStates } from "@grantline/event-store";
import { noRedis, startRedis, type TestRedis } from "@grantline/testing/ground";
import { liveGrant, liveIssuances } from "./fixtures/live-tokens.ts";
import { openForwarder } from "./fixtures/forwarder.ts";
import { openRedis, RedisUnavailable, type RedisHandle, type RedisOptions } from "./index.ts";

const NOW = 1_800_000_000;
const state = (revision: number, asOf = String(revision + 100), more: Partial<SharedState> = {}): SharedState => ({
  fold: "fold",
  state: { at: revision, text: 'ä"\u0005\u0003' },
  revision,
  hash: "h",
  asOf,
  ...more,
});

for (const shape of ["single", "cluster"] as const) {
  describe.skipIf(noRedis)(`needs Redis: shared states, ${shape}`, () => {
    let redis: TestRedis;
    const handles: RedisHandle[] = [];
    const open = async (options: Partial<RedisOptions> = {}): Promise<SharedStates> => {
      // Redis may have to wait for its turn on a busy machine
      const handle = await openRedis({ urls: redis.urls, commandTimeoutMs: 5_000, clock: { now: () => NOW }, ...options });
      handles.push(handle);
      return handle.states;
    };
    beforeAll(async () => {
      redis = await startRedis({ cluster: shape === "cluster" });
    });
    afterEach(async () => {
      for (const handle of handles.splice(0)) await handle.close();
      await redis.flush();
    });
    afterAll(() => redis?.stop());

    it("gives every process what one of them has put, as it was", async () => {
      const [one, two] = [await open(), await open()];
      expect(await two.get("grant-a")).toBeUndefined();
      await one.put("grant-a", state(3));
      expect(await two.get("grant-a")).toEqual(state(3));
      const { stream, state: grant } = liveGrant(NOW, 3);
      await one.put(stream, grant);
      expect(await two.get(stream)).toEqual(grant);
      await one.put("client-none", state(-1, "7"));
      expect(await two.get("client-none")).toMatchObject({ revision: -1, asOf: "7" });
    });

    it("ends with the highest revision, known for the longest, whatever the order and however often states are put", async () => {
      const [one, two] = [await open(), await open()];
      const puts = fc.array(fc.record({ revision: fc.integer({ min: -1, max: 6 }), asOf: fc.integer({ min: 1, max: 1_200 }) }), {
        minLength: 1,
        maxLength: 12,
      });
      await fc.assert(
        fc.asyncProperty(puts, fc.boolean(), async (all, atOnce) => {
          const stream = `grant-${randomUUID()}`;
          const calls = [...all, ...all].map(
            ({ revision, asOf }, n) =>
              () =>
                (n % 2 === 0 ? one : two).put(stream, state(revision, String(asOf))),
          );
          if (atOnce) await Promise.all(calls.map((call) => call()));
          else for (const call of calls) await call();
          const highest = Math.max(...all.map(({ revision }) => revision));
          const latest = Math.max(...all.filter(({ revision }) => revision === highest).map(({ asOf }) => asOf));
          expect(await one.get(stream)).toMatchObject({ revision: highest, asOf: String(latest) });
        }),
        { numRuns: 60 },
      );
    });

    it("drops what is known to be old, and nothing else", async () => {
      const states = await open();
      await states.put("grant-a", state(3));
      await states.put("grant-b", state(3));
      await states.atLeast([
        { stream: "grant-a", revision: 4 },
        { stream: "grant-b", revision: 3 },
        { stream: "grant-c", revision: 1 },
      ]);
      expect(await states.get("grant-a")).toBeUndefined();
      expect(await states.get("grant-b")).toEqual(state(3));
    });

    it("keeps what belongs to another key space apart", async () => {
      const [one, other] = [await open(), await open({ keySpace: "restored" })];
      await one.put("grant-a", state(3));
      expect(await other.get("grant-a")).toBeUndefined();
    });

    it("gives back the records of tokens byte for byte, until the token has ended", async () => {
      const [one, two] = [await open(), await open()];
      const events = liveIssuances(NOW, 200);
      await one.putEvents(events, ({ revision }) => (revision === 7 ? NOW - 61 : NOW + 900));
      for (const event of events.filter(({ revision }) => revision !== 7))
        expect(await two.getEvent(event.stream, event.revision)).toEqual(event);
      expect(await two.getEvent(events[0]!.stream, 7)).toBeUndefined();
      expect(await two.getEvent(events[0]!.stream, 200)).toBeUndefined();
      const keys = (await Promise.all(redis.masters.map((master) => master.command("KEYS", "gl1:*}i")))).flatMap((text) =>
        text.split("\n").filter(Boolean),
      );
      expect(keys).toHaveLength(4);
      for (const key of keys) {
        const answers = await Promise.all(redis.masters.map((master) => master.command("TTL", key).catch(() => "")));
        const seconds = Number(answers.find((answer) => /^\d+$/.test(answer)));
        expect(seconds).toBeGreaterThan(900);
        expect(seconds).toBeLessThanOrEqual(960);
      }
    });

    it("knows of a token that has just been issued that nobody has revoked it, and of one that was that somebody did", async () => {
      const [one, two] = [await open(), await open()];
      const [event] = liveIssuances(NOW, 1);
      const stream = `token-${event!.stream.slice("issuance-".length)}.0`;
      expect(await two.get(stream)).toBeUndefined();
      await one.putEvents([event!], () => NOW + 900);
      expect(await two.get(stream)).toEqual({ fold: "", state: undefined, revision: -1, hash: "", asOf: event!.position });
      // Looked up in the store later: that costs no entry of its own.
      await two.put(stream, state(-1, "9000000"));
      expect(await one.get(stream)).toMatchObject({ revision: -1, asOf: "9000000" });
      await two.put(stream, state(-1, "8000000"));
      expect(await one.get(stream)).toMatchObject({ asOf: "9000000" });
      expect(await one.getEvent(event!.stream, 0)).toEqual(event);
      await one.put(stream, state(0, "9000001"));
      expect(await two.get(stream)).toMatchObject({ revision: 0, asOf: "9000001" });
      await two.put(stream, state(-1, "9000002"));
      expect(await one.get(stream)).toMatchObject({ revision: 0 });
    });

    it("takes any id for a stream's, also one that would change the slot", async () => {
      const states = await open();
      for (const id of ["", "{", "}{", "{x}", "a}b{c}", "ä", "x".repeat(500), "con-sent-x"]) {
        await states.put(`client-${id}`, state(id.length));
        expect(await states.get(`client-${id}`)).toEqual(state(id.length));
      }
    });

    it("ignores what was put before Redis was started again", async () => {
      const states = await open();
      await states.put("grant-a", state(3));
      const [first] = redis.masters;
      await first!.kill("SIGKILL");
      await first!.start();
      await expect
        .poll(
          () =>
            states
              .put("grant-b", state(1))
              .then(() => states.get("grant-b"))
              .catch(() => undefined),
          { timeout: 15_000 },
        )
        .toEqual(state(1));
      expect(await states.get("grant-a")).toBeUndefined();
    });

    it("fails soon while Redis hangs", async () => {
      const states = await open({ commandTimeoutMs: 2_000 });
      await states.put("grant-a", state(3));
      for (const master of redis.masters) await master.kill("SIGSTOP");
      const began = performance.now();
      await expect(states.get("grant-a")).rejects.toThrow(RedisUnavailable);
      await Promise.allSettled(Array.from({ length: 200 }, () => states.get("grant-a")));
      expect(performance.now() - began).toBeLessThan(6_000);
      for (const master of redis.masters) await master.kill("SIGCONT");
      await expect.poll(() => states.get("grant-a").catch(() => undefined), { timeout: 10_000 }).toEqual(state(3));
    });
  });
}

describe.skipIf(noRedis)("needs Redis: shared states and who answers", () => {
  it("ignores what was put before a failover, on the replica that took over", async () => {
    const redis = await startRedis({ replica: true });
    const forwarder = await openForwarder(redis.port);
    const handle = await openRedis({ urls: [forwarder.url] });
    const [replica] = redis.replicas;
    await handle.states.put("grant-a", state(3));
    await expect.poll(() => replica!.command("DBSIZE"), { timeout: 10_000 }).toBe("1");
    await replica!.command("REPLICAOF", "NO", "ONE");
    await handle.states.put("grant-a", state(4));
    forwarder.leadTo(replica!.port);
    const got = (): Promise<unknown> => handle.states.get("grant-a").catch(() => "no answer");
    const put = (): Promise<unknown> =>
      handle.states
        .put("grant-b", state(1))
        .then(() => handle.states.get("grant-b"))
        .catch(() => undefined);
    await expect.poll(put, { timeout: 10_000 }).toEqual(state(1));
    expect(await replica!.command("EXISTS", "gl1:{a}sgrant")).toBe("1");
    expect(await got()).toBeUndefined();
    await handle.close();
    await forwarder.close();
    await redis.stop();
  });

  it("opens without a Redis, says so by failing, and works when there is one", async () => {
    const redis = await startRedis();
    await redis.kill("SIGKILL");
    const troubles: string[] = [];
    const handle = await openRedis({ urls: redis.urls, patienceMs: 100, onTrouble: (what) => troubles.push(what) });
    expect(handle.connected()).toBe(false);
    await expect(handle.changeLog.since()).rejects.toThrow(RedisUnavailable);
    expect(await handle.states.get("grant-a")).toBeUndefined();
    await expect(handle.readModel.get("t.v1", "a")).rejects.toThrow(RedisUnavailable);
    expect(troubles.length).toBeGreaterThan(0);
    await redis.start();
    await expect.poll(() => handle.changeLog.since().catch(() => "not yet"), { timeout: 10_000 }).toBe("many");
    await handle.close();
    await redis.stop();
  });

  it("needs less than 400 bytes for a live token", async () => {
    const redis = await startRedis();
    const handle = await openRedis({ urls: redis.urls, commandTimeoutMs: 10_000, clock: { now: () => NOW } });
    const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await redis.command("INFO", "memory"))?.[1]);
    // The connections, the scripts and the first tables are there before it is measured.
    const put = async (grants: number, issued: number): Promise<void> => {
      await handle.states.putEvents(liveIssuances(NOW, issued), () => NOW + 900);
      for (let n = 0; n < grants; n++) {
        const { stream, state: grant } = liveGrant(NOW, (n % 3) + 1);
        await handle.states.put(stream, grant);
      }
    };
    await put(30, 100);
    const before = await used();
    await put(1_500, 3_000);
    const each = ((await used()) - before) / 6_000;
    process.stdout.write(`${Math.round(each)} bytes of Redis for a live token\n`);
    expect(each).toBeLessThan(400);
    await handle.close();
    await redis.stop();
  });
});
