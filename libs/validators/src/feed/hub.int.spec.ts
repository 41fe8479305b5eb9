// Real: the server's SQLite store, deciders and clock. Fake: failures of the store, where a test says so.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventStoreUnavailable } from "@grantline/event-store";
import { createEventReader, type ServerSentEvent } from "../client/server-sent-events.ts";
import { startValidatorWorld, type ValidatorWorld } from "../testing/world.ts";
import { createConnection } from "./connection.ts";
import type { Follows } from "./entry.ts";
import { createRevocationHub, type HubSources, type RevocationHub } from "./hub.ts";

let world: ValidatorWorld;
const META = { correlationId: "test", actor: { kind: "operator" as const, id: "test" } };
beforeAll(async () => {
  world = await startValidatorWorld();
});
afterAll(() => world.close());

/** Joins a hub and collects what comes. */
async function follow(hub: RevocationHub, options: { readonly after?: string; readonly follows?: Follows } = {}) {
  const events: ServerSentEvent[] = [];
  const connection = createConnection(() => hub.leave(follower));
  const follower = { connection, follows: options.follows ?? ("everything" as const), clientStream: "someone" };
  const parse = createEventReader();
  await hub.join(follower, options.after);
  const reading = (async () => {
    for await (const text of connection.stream) events.push(...parse(text));
  })();
  const leave = async (): Promise<void> => {
    connection.end();
    await reading;
  };
  const of = (name: string) => events.filter(({ event }) => event === name);
  return { of, leave, events };
}

/** Revokes so many tokens nobody ever had; their names, in the order of the log. */
async function revokeMany(count: number): Promise<readonly string[]> {
  const { tokens, clock } = world.platform.context;
  const ids = Array.from({ length: count }, (_, index) => `w-${index}.${Math.floor(Math.random() * 1e9)}`);
  const one = (jti: string) =>
    tokens.execute(jti, { kind: "revoke", now: clock.now(), jti, clientId: "c", exp: clock.now() + 900, reason: "test" }, META);
  await Promise.all(ids.map(one));
  return ids;
}

const idsOf = (events: readonly ServerSentEvent[]) => events.map(({ data }) => (JSON.parse(data) as { id: string }).id);

describe("a hub", () => {
  it("tells everything missed, however many pages of the log, once and in order, and then what comes", async () => {
    const { context } = world.platform;
    const before = await context.store.head();
    const missed = await revokeMany(1_203);
    const line = await follow(createRevocationHub(context), { after: before });
    const later = await revokeMany(5);
    await expect.poll(() => line.of("revocation").length, { timeout: 10_000 }).toBe(missed.length + later.length);
    const told = line.of("revocation");
    expect(new Set(idsOf(told))).toEqual(new Set([...missed, ...later]));
    expect(told.map(({ id }) => Number(id))).toEqual(told.map(({ id }) => Number(id)).toSorted((a, b) => a - b));
    await line.leave();
  });

  it("tells one that missed too much to begin anew, instead of reading the log to it", async () => {
    const { context } = world.platform;
    const before = await context.store.head();
    await revokeMany(601);
    const line = await follow(createRevocationHub(context, { mostMissed: 100 }), { after: before });
    await expect.poll(() => line.of("reset").length).toBe(1);
    expect(line.of("revocation")).toEqual([]);
    await line.leave();
  });

  it("says nothing of the store while that does not answer, and misses nothing when it is back (P7)", async () => {
    const { store } = world.platform.context;
    let away = false;
    const head = () => (away ? Promise.reject(new EventStoreUnavailable("away")) : store.head());
    const context: HubSources = { ...world.platform.context, store: { ...store, head } };
    const line = await follow(createRevocationHub(context));
    await expect.poll(() => line.of("checkpoint").length).toBeGreaterThan(1);
    away = true;
    await pause(100);
    const silent = line.of("checkpoint").length;
    await pause(1_200);
    expect(line.of("checkpoint").length).toBe(silent);
    const [id] = await revokeMany(1);
    away = false;
    await expect.poll(() => idsOf(line.of("revocation"))).toEqual([id]);
    await expect.poll(() => line.of("checkpoint").length).toBeGreaterThan(silent);
    await line.leave();
  });

  it("says to a newcomer only what was found out after it came: of what came before, nothing was told to it (P5)", async () => {
    const { store } = world.platform.context;
    let now = 1_000;
    let gate = Promise.resolve();
    const head = async () => {
      await gate;
      return store.head();
    };
    const hub = createRevocationHub({ ...world.platform.context, clock: { now: () => now }, store: { ...store, head } });
    const first = await follow(hub);
    await expect.poll(() => first.of("checkpoint").length).toBeGreaterThan(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    // one look at the store is under way now, begun before the newcomer
    await pause(600);
    now = 2_000;
    const newcomer = await follow(hub);
    expect(newcomer.of("checkpoint")).toEqual([]);
    resolve();
    await expect.poll(() => newcomer.of("checkpoint").length).toBeGreaterThan(0);
    expect(newcomer.of("checkpoint").map(({ data }) => (JSON.parse(data) as { at: number }).at)).not.toContain(1_000);
    await Promise.all([first.leave(), newcomer.leave()]);
  });

  it("that can't begin says so to who joins, and begins with the next", async () => {
    const { store } = world.platform.context;
    let away = true;
    const head = () => (away ? Promise.reject(new EventStoreUnavailable("away")) : store.head());
    const hub = createRevocationHub({ ...world.platform.context, store: { ...store, head } });
    await expect(Promise.all([follow(hub), follow(hub)])).rejects.toBeInstanceOf(EventStoreUnavailable);
    await expect.poll(() => hub.count()).toBe(0);
    away = false;
    const line = await follow(hub);
    await expect.poll(() => line.of("checkpoint").length).toBeGreaterThan(0);
    await line.leave();
  });

  it("tells nobody of a token whose resource is not known, but an admin", async () => {
    const hub = createRevocationHub(world.platform.context);
    const [admin, other] = [await follow(hub), await follow(hub, { follows: [world.notes.resource_id] })];
    await revokeMany(1);
    await expect.poll(() => admin.of("revocation").length).toBe(1);
    await expect.poll(() => other.of("checkpoint").length).toBeGreaterThan(1);
    expect(other.of("revocation")).toEqual([]);
    await Promise.all([admin.leave(), other.leave()]);
  });

  it("rests when nobody follows, and begins again with the next", async () => {
    let subscriptions = 0;
    const { store } = world.platform.context;
    const subscribe: typeof store.subscribe = (...args) => {
      subscriptions += 1;
      const subscription = store.subscribe(...args);
      return {
        close: async () => {
          await subscription.close();
          subscriptions -= 1;
        },
      };
    };
    const hub = createRevocationHub({ ...world.platform.context, store: { ...store, subscribe } });
    const lines = await Promise.all([follow(hub), follow(hub), follow(hub)]);
    expect([hub.count(), subscriptions]).toEqual([3, 1]);
    await Promise.all(lines.map((line) => line.leave()));
    await expect.poll(() => [hub.count(), subscriptions]).toEqual([0, 0]);
    const again = await follow(hub);
    const [id] = await revokeMany(1);
    await expect.poll(() => idsOf(again.of("revocation"))).toEqual([id]);
    await again.leave();
  });
});
