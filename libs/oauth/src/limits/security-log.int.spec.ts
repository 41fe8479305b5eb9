// Real: SQLite event store in a temp folder. Fake: the clock, the key that seals addresses.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { securityEvents, type SecurityEvent } from "@grantline/domain/security";
import { EventStoreUnavailable, parseEvent, verifyStream, type EventStore } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { openSqliteEphemeralStore } from "@grantline/read-model-sqlite";
import { createWriterCount } from "./writer-count.ts";
import { createSecurityLog, type SecurityLogOptions } from "./security-log.ts";

const clock = { time: 1_800_000_030, now: () => clock.time };
const subjectKeys = { sealAddress: (value: string) => `sealed(${Buffer.from(value).toString("hex")})` };
const wrong = {
  type: "ClientAuthenticationFailed",
  reason: "client-secret-wrong",
  ip: "192.0.2.1",
  clientId: "c1",
  endpoint: "token",
} as const;

describe("the security log (P13)", () => {
  let dir: string;
  let store: EventStore;
  beforeEach(async () => {
    clock.time = 1_800_000_030;
    dir = mkdtempSync(join(tmpdir(), "security-log-"));
    store = await openSqliteEventStore({ file: join(dir, "events.db") });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });
  const open = (more: Partial<SecurityLogOptions> = {}) =>
    createSecurityLog({ store, clock, subjectKeys, region: "eu", service: "test", newWriter: () => "w1", ...more });
  const recorded = async (): Promise<SecurityEvent[]> =>
    (await store.readAll("0", 10_000)).map((event) => parseEvent<SecurityEvent>(event, securityEvents).event);

  it("writes one event for a minute's repetitions, its address sealed, into the day's stream of this writer", async () => {
    const log = open();
    for (let n = 0; n < 1_000; n += 1) log.count(wrong);
    log.count({ ...wrong, ip: "2001:db8::1" });
    log.count({ ...wrong, ip: "2001:db8::2" });
    await log.flush();
    const events = await store.readStream("security-w1-20270115");
    expect((await recorded()).map(({ type, data }) => [type, data.count])).toEqual([
      ["ClientAuthenticationFailed", 1_000],
      ["ClientAuthenticationFailed", 2],
    ]);
    expect((await recorded())[0]?.data).toEqual({
      reason: "client-secret-wrong",
      count: 1_000,
      minute: 1_800_000_000,
      clientId: "c1",
      endpoint: "token",
      prefix: subjectKeys.sealAddress("192.0.2.1"),
    });
    expect(JSON.stringify(events)).not.toContain("192.0.2.1");
    expect(verifyStream(events).kind).toBe("intact");
    await log.close();
  });

  it("goes on in its stream, and in a new one the next day", async () => {
    const log = open();
    for (const time of [0, 60, 86_400]) {
      clock.time = 1_800_000_030 + time;
      log.count(wrong);
      await log.flush();
    }
    await log.close();
    expect((await store.readStream("security-w1-20270115")).map((event) => event.revision)).toEqual([0, 1]);
    expect(await store.readStream("security-w1-20270116")).toHaveLength(1);
  });

  it("writes nothing when nothing happened, and what is left at the end", async () => {
    const log = open();
    await log.flush();
    expect(await store.head()).toBe("0");
    log.count({ type: "RateLimited", reason: "rate-limited", ip: "not an address" });
    await log.close();
    expect((await recorded()).map(({ data }) => data)).toEqual([{ reason: "rate-limited", count: 1, minute: 1_800_000_000 }]);
  });

  it("keeps a client_id in clear only when it looks like one", async () => {
    const log = open();
    const ids = [
      "gl-abc_1.x",
      "https://client.example/metadata.json",
      "someone@example.com",
      "https://someone@example.com/",
      "x".repeat(300),
      `https://e.example/${"x".repeat(300)}`,
      "has space",
    ];
    for (const clientId of ids) log.count({ ...wrong, clientId });
    await log.close();
    const kept = (await recorded()).map(({ data }) => data.clientId ?? "");
    expect(kept.slice(0, 2)).toEqual(ids.slice(0, 2));
    expect(kept.slice(2).every((id) => /^sha256:[A-Za-z0-9_-]{43}$/.test(id))).toBe(true);
  });

  it("stays within its bytes a minute under a flood, and still counts everything", async () => {
    const log = open({ bytesPerMinute: 20_000 });
    for (let n = 0; n < 20_000; n += 1) {
      log.count({ ...wrong, ip: `10.0.${n >> 8}.${n & 255}`, reason: n % 4 === 0 ? `made-up-${n % 100}` : wrong.reason });
    }
    await log.flush();
    const events = await recorded();
    expect(events.reduce((sum, event) => sum + event.data.count, 0)).toBe(20_000);
    expect((await store.readAll("0", 10_000)).reduce((sum, event) => sum + event.body.length, 0)).toBeLessThan(21_000);
    expect(events.some((event) => event.data.prefix === undefined && event.data.reason === wrong.reason)).toBe(true);
    expect(events.some((event) => event.data.reason === "over-budget")).toBe(true);
    const before = events.length;
    clock.time += 60;
    log.count(wrong);
    await log.close();
    expect((await recorded()).slice(before)[0]?.data.prefix).toBeDefined();
  });

  it("stays within its bytes a minute with all processes together, which divide them once they have heard of one another", async () => {
    const ephemeral = await openSqliteEphemeralStore({ file: join(dir, "ephemeral.db"), clock });
    const names = ["a", "b", "c", "d"];
    const logs = names.map((name) => open({ bytesPerMinute: 40_000, newWriter: () => name, writers: createWriterCount(ephemeral, clock) }));
    for (const log of logs) await log.flush();
    clock.time += 60;
    for (const log of logs) await log.flush();
    for (const [n, log] of logs.entries()) for (let m = 0; m < 2_000; m += 1) log.count({ ...wrong, ip: `10.${n}.${m >> 8}.${m & 255}` });
    for (const log of logs) await log.close();
    expect((await recorded()).reduce((sum, { data }) => sum + data.count, 0)).toBe(8_000);
    expect((await store.readAll("0", 10_000)).reduce((sum, event) => sum + event.body.length, 0)).toBeLessThan(42_000);
    await ephemeral.close();
  });

  it("goes by the number of processes it last heard of when it can't be had", async () => {
    const failures: unknown[] = [];
    let away = false;
    const writers = () => (away ? Promise.reject(new Error("away")) : Promise.resolve(4));
    const log = open({ bytesPerMinute: 40_000, writers, onFailure: (error) => failures.push(error) });
    await log.flush();
    away = true;
    await log.flush();
    for (let m = 0; m < 2_000; m += 1) log.count({ ...wrong, ip: `10.0.${m >> 8}.${m & 255}` });
    await log.close();
    expect((await store.readAll("0", 10_000)).reduce((sum, event) => sum + event.body.length, 0)).toBeLessThan(11_000);
    expect(failures).toEqual([new Error("away"), new Error("away")]);
  });

  it("sends the same events again when no answer came, so that nothing is counted twice or lost", async () => {
    let answers = 0;
    const flaky: EventStore = {
      ...store,
      append: async (...args) => {
        const result = await store.append(...args);
        answers += 1;
        if (answers === 1) throw new EventStoreUnavailable("the answer was lost");
        return result;
      },
    };
    const log = open({ store: flaky });
    log.count(wrong);
    await expect(log.flush()).rejects.toThrow(EventStoreUnavailable);
    log.count({ ...wrong, clientId: "c2" });
    await log.close();
    expect((await recorded()).map(({ data }) => [data.clientId, data.count])).toEqual([
      ["c1", 1],
      ["c2", 1],
    ]);
  });

  it("keeps what was counted while the key for addresses can't be had", async () => {
    let missing = true;
    const sealAddress = (value: string): string => {
      if (missing) throw new EventStoreUnavailable("no key for today");
      return subjectKeys.sealAddress(value);
    };
    const log = open({ subjectKeys: { sealAddress } });
    for (let n = 0; n < 3; n += 1) {
      log.count(wrong);
      await expect(log.flush()).rejects.toThrow("no key for today");
    }
    missing = false;
    log.count(wrong);
    await log.close();
    expect((await recorded()).reduce((sum, { data }) => sum + data.count, 0)).toBe(4);
  });

  it("counts only the number of each type once too much waits for a store that is away", async () => {
    let away = true;
    const gone: EventStore = {
      ...store,
      append: (...args) => (away ? Promise.reject(new EventStoreUnavailable("away")) : store.append(...args)),
    };
    const log = open({ store: gone, bytesPerMinute: 10_000_000 });
    for (let n = 0; n < 2_100; n += 1) log.count({ ...wrong, ip: `10.0.${n >> 8}.${n & 255}` });
    await expect(log.flush()).rejects.toThrow("away");
    for (let n = 0; n < 50; n += 1) log.count({ ...wrong, ip: `10.9.9.${n}` });
    away = false;
    await log.close();
    const events = await recorded();
    expect(events).toHaveLength(2_101);
    expect(events.at(-1)?.data).toMatchObject({ reason: "over-budget", count: 50 });
  });

  it("takes another name when its own is taken, and gives up when all are", async () => {
    const first = open();
    first.count(wrong);
    await first.close();
    const names = ["w1", "w2"];
    const second = open({ newWriter: () => names.shift() ?? "w2" });
    second.count(wrong);
    await second.close();
    expect(await store.readStream("security-w2-20270115")).toHaveLength(1);
    const stuck = open();
    stuck.count(wrong);
    await expect(stuck.flush()).rejects.toThrow(/belongs to another writer/);
    await expect(stuck.close()).rejects.toThrow(/belongs to another writer/);
  });

  it("flushes by itself, and tells when that failed", async () => {
    const failures: unknown[] = [];
    const gone: EventStore = { ...store, append: () => Promise.reject(new EventStoreUnavailable("away")) };
    const log = open({ store: gone, flushEveryMs: 5, onFailure: (error) => failures.push(error) });
    log.count(wrong);
    await vi.waitFor(() => expect(failures.length).toBeGreaterThan(1), 20_000);
    await expect(log.close()).rejects.toThrow("away");
    const quiet = open({ store: gone, flushEveryMs: 5 });
    quiet.count(wrong);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(quiet.close()).rejects.toThrow("away");
  });

  it("names its writer at random", async () => {
    const log = createSecurityLog({ store, clock, subjectKeys, region: "eu", service: "test" });
    log.count(wrong);
    await log.close();
    expect((await store.readAll("0", 1))[0]?.stream).toMatch(/^security-[0-9a-f]{8}-20270115$/);
  });
});
