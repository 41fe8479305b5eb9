import { describe, expect, it } from "vitest";
import type { Lease } from "@grantline/feed";
import type { ReadModelRow } from "@grantline/read-model";
import { createEngine } from "./engine.ts";
import { createKeptState } from "./kept-state.ts";
import { watchForAnomalies, type WatchOptions } from "./watch.ts";

/** A read model of one table, in memory. */
function memory() {
  const rows = new Map<string, ReadModelRow>();
  const place: { checkpoint: string | undefined } = { checkpoint: undefined };
  const told: string[] = [];
  const cleared: string[] = [];
  const options = {
    readModel: {
      get: async (_table: string, key: string) => rows.get(key),
      checkpoint: async () => place.checkpoint,
      clear: async (name: string) => {
        cleared.push(name);
        if (name === "anomalies.v1") return;
        rows.clear();
        place.checkpoint = undefined;
      },
      write: async (_name: string, writes: readonly { kind: string; row?: ReadModelRow }[], checkpoint?: string) => {
        for (const { row } of writes) if (row !== undefined) rows.set(row.key, row);
        place.checkpoint = checkpoint;
      },
    },
    store: { head: async () => "100" },
    log: { info: () => undefined, warn: () => undefined, error: (_members: object, text: string) => void told.push(text) },
  };
  return { rows, place, told, cleared, options: options as unknown as Parameters<typeof createKeptState>[0] };
}

async function saved() {
  const world = memory();
  const kept = createKeptState(world.options);
  const engine = createEngine();
  await kept.load(engine);
  engine.observe({
    position: "7",
    id: "e7",
    at: 1_900_000_000,
    type: "GrantAuthorized",
    data: {},
    subject: "s1",
    from: "person",
    network: "n",
    agent: "a",
  });
  kept.reached("9");
  await kept.save(engine);
  return { ...world, engine };
}

describe("what the detectors know", () => {
  it("is found again with its place", async () => {
    const { options, engine } = await saved();
    const other = createEngine();
    expect(await createKeptState(options).load(other)).toBe("9");
    expect(other.save()).toEqual(engine.save());
  });

  it("of an earlier version is thrown away: nobody would erase a person from it (P9)", async () => {
    expect((await saved()).cleared).toContain("anomalies.v1");
  });

  it("of an erased person goes while detection is switched off, too (P9)", async () => {
    const { options, rows } = await saved();
    const text = () => [...rows.values()].map(({ value }) => String(value)).join("");
    expect(text()).toContain("subject:s1");
    const erased = { type: "SubjectErased", stream: "subject-s1", position: "10" };
    const work = new AbortController();
    const store = {
      head: async () => "100",
      subscribe: (_from: string, handler: (events: readonly object[], upTo: string) => Promise<void>) => {
        void handler([erased], "10").then(() => work.abort());
        return { close: async () => undefined };
      },
    };
    const watching = {
      ...options,
      store,
      flags: { enabled: () => false },
      observe: ({ type }: { readonly type: string }) =>
        // it keeps things of people itself
        type === "SubjectErased" ? Promise.resolve(undefined) : Promise.reject(new Error("nothing is looked at")),
    };
    await watchForAnomalies(watching as unknown as WatchOptions, { signal: work.signal } as Lease);
    expect(text()).not.toContain("subject:s1");
  });

  it.each<[string, (rows: Map<string, ReadModelRow>, place: { checkpoint: string | undefined }) => void]>([
    ["is lost", (rows) => rows.clear()],
    ["is rubbish", (rows) => rows.set("part-0", { key: "part-0", revision: 0, value: "rubbish" })],
    ["is JSON of something else", (rows) => rows.set("part-0", { key: "part-0", revision: 0, value: "[1]" })],
    ["is no text", (rows) => rows.set("part-0", { key: "part-0", revision: 0, value: 7 })],
    ["lies beyond the log", (_rows, place) => (place.checkpoint = "101")],
  ])("is made anew from the log where it %s, and that is told", async (_how, harm) => {
    const { options, rows, place, told } = await saved();
    harm(rows, place);
    const engine = createEngine();
    expect(await createKeptState(options).load(engine)).toBe("0");
    expect(engine.save()).toEqual(createEngine().save());
    expect(told).toHaveLength(1);
    expect(place.checkpoint).toBeUndefined();
  });
});
