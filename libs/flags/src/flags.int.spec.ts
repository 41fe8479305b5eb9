// Real: the SQLite event store with its writer and a second connection as a worker process has it, the stream runtime, the OpenFeature SDK. Made: a store that is gone.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSetting, flagDecider, type FlagName, type FlagSetting } from "@grantline/domain/flag";
import { createStreamRuntime, EventStoreUnavailable, type EventStore } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { OpenFeature, ProviderEvents } from "@openfeature/server-sdk";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { bucketOf, createFlags, OPEN_FEATURE_DOMAIN, provideFlags, type FlagRepository } from "./index.ts";

const FLAG: FlagName = "upstream.authorization";
const open = defaultSetting(FLAG);
const clock = { now: () => Math.floor(Date.now() / 1_000) };
const silent = { warn: () => undefined };

/** A primary with its writer, and a worker beside it: two processes as far as caches go. */
async function twoProcesses() {
  const dir = mkdtempSync(join(tmpdir(), "grantline-flags-"));
  const files = { file: join(dir, "events.db") };
  const primary = await openSqliteEventStore({ ...files, listen: join(dir, "w.sock") });
  const worker = await openSqliteEventStore({ ...files, connect: join(dir, "w.sock") });
  onTestFinished(async () => {
    await worker.close();
    await primary.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { here: repositoryOn(primary), there: repositoryOn(worker) };
}

function repositoryOn(store: EventStore): FlagRepository {
  return createStreamRuntime({ store, clock, region: "eu1", service: "test" }).repository(flagDecider);
}

async function followed(flags: Parameters<typeof createFlags>[0]["flags"], lookEveryMs?: number) {
  const made = createFlags({ flags, log: silent, ...(lookEveryMs === undefined ? {} : { lookEveryMs }) });
  onTestFinished(() => made.close());
  await made.refresh();
  return made;
}

const set = (on: FlagRepository, setting: FlagSetting, reason = "test") =>
  on.execute(
    FLAG,
    { kind: "set", now: clock.now(), name: FLAG, setting, reason },
    { correlationId: "c-1", actor: { kind: "operator", id: "op" } },
  );

describe("flags in one of several processes", () => {
  it("know of a kill switch thrown in another one without being asked", async () => {
    const { here, there } = await twoProcesses();
    const flags = await followed(there);
    const heard: FlagName[] = [];
    flags.onChanged((name) => heard.push(name));
    expect(flags.enabled(FLAG, { subject: "s1" })).toBe(true);
    await set(here, { ...open, enabled: false });
    await vi.waitFor(() => expect(heard).toEqual([FLAG]), { timeout: 10_000, interval: 5 });
    expect(flags.evaluate(FLAG, { subject: "s1" })).toEqual({ on: false, reason: "killed" });
  });

  it("find it out by the question itself where nobody looks", async () => {
    const { here, there } = await twoProcesses();
    const flags = await followed(there, 3_600_000);
    await set(here, { ...open, enabled: false });
    await vi.waitFor(() => expect(flags.enabled(FLAG)).toBe(false), { timeout: 10_000, interval: 5 });
  });

  it("go by what was last known while the store is gone, tell so once, and catch up when it is back", async () => {
    const { here, there } = await twoProcesses();
    let gone = false;
    const told: string[] = [];
    const flags = createFlags({
      flags: {
        loadCached: (id) => (gone ? undefined : there.loadCached(id)),
        load: (id) => (gone ? Promise.reject(new EventStoreUnavailable("gone")) : there.load(id)),
      },
      log: { warn: (_members, text) => void told.push(text) },
      lookEveryMs: 10,
    });
    onTestFinished(() => flags.close());
    await set(here, { ...open, providers: { entra: 0 } });
    await flags.refresh();
    gone = true;
    await set(here, { ...open, enabled: false });
    for (let asked = 0; asked < 50; asked += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(flags.enabled(FLAG, { provider: "github" })).toBe(true);
      expect(flags.enabled(FLAG, { provider: "entra" })).toBe(false);
    }
    await vi.waitFor(() => expect(told).toHaveLength(1), 20_000);
    gone = false;
    await vi.waitFor(() => expect(flags.enabled(FLAG, { provider: "github" })).toBe(false), { timeout: 10_000, interval: 5 });
  });
});

describe("a percentage", () => {
  it("takes about that part of the subjects, the same ones each time, and keeps them when it grows", async () => {
    const { here } = await twoProcesses();
    const flags = await followed(here, 3_600_000);
    const subjects = Array.from({ length: 4_000 }, (_, index) => `subject-${index}`);
    const chosen = async (rollout: number) => {
      await set(here, { ...open, rollout });
      flags.enabled(FLAG);
      return subjects.filter((subject) => flags.enabled(FLAG, { subject }));
    };
    const [few, more] = [await chosen(10), await chosen(30)];
    expect(few.length).toBeGreaterThan(300);
    expect(few.length).toBeLessThan(500);
    expect(more.length).toBeGreaterThan(1_050);
    expect(more.length).toBeLessThan(1_350);
    expect(more).toEqual(expect.arrayContaining(few));
    expect(await chosen(10)).toEqual(few);
  });

  it("takes other subjects of another flag", () => {
    expect(bucketOf("gateway.calls", "s1")).not.toBe(bucketOf("gateway.upstream", "s1"));
    expect(bucketOf("gateway.calls", "s1")).toBe(bucketOf("gateway.calls", "s1"));
  });
});

describe("our provider in the OpenFeature SDK", () => {
  it("answers what Flags answers, tells of changes, and refuses flags and types it does not have", async () => {
    const { here } = await twoProcesses();
    const flags = await followed(here);
    await provideFlags(flags);
    onTestFinished(() => OpenFeature.close());
    const client = OpenFeature.getClient(OPEN_FEATURE_DOMAIN);
    expect(await client.getBooleanDetails(FLAG, false, { targetingKey: "s1" })).toMatchObject({
      value: true,
      variant: "on",
      reason: "STATIC",
    });

    const changed: unknown[] = [];
    client.addHandler(ProviderEvents.ConfigurationChanged, (details) => void changed.push(details?.flagsChanged));
    await set(here, { ...open, rollout: 50, providers: { entra: 0 }, clients: { on: ["c1"], off: [] } });
    await vi.waitFor(() => expect(changed).toEqual([[FLAG]]), { timeout: 10_000, interval: 5 });
    expect(await client.getBooleanDetails(FLAG, true, { provider: "entra" })).toMatchObject({ value: false, reason: "TARGETING_MATCH" });
    expect(await client.getBooleanValue(FLAG, false, { client: "c1" })).toBe(true);
    for (let index = 0; index < 50; index += 1) {
      const subject = `s${index}`;
      expect(await client.getBooleanValue(FLAG, false, { targetingKey: subject })).toBe(flags.enabled(FLAG, { subject }));
    }
    expect(await client.getBooleanDetails("no.such-flag", true)).toMatchObject({ value: true, errorCode: "FLAG_NOT_FOUND" });
    expect(await client.getStringDetails(FLAG, "x")).toMatchObject({ value: "x", errorCode: "TYPE_MISMATCH" });
  });
});
