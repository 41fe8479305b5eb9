// Real: the SQLite ephemeral store, one file for two "processes". Fake: the clock.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EphemeralStore } from "@grantline/read-model";
import { openSqliteEphemeralStore } from "@grantline/read-model-sqlite";
import type { Limits } from "../context/index.ts";
import type { OAuthError } from "../errors/index.ts";
import { createLimits } from "./limits.ts";
import { createSharedLimits } from "./shared-limits.ts";

const ALLOWED = { failuresPerMinute: 6, anonymousWritesPerMinute: 4, freeLogins: 2 };

describe("limits that several processes count together", () => {
  let now: number;
  let dir: string;
  let stores: Awaited<ReturnType<typeof openSqliteEphemeralStore>>[];
  let troubles: unknown[];
  const tellings: Promise<number>[] = [];
  let one: Limits;
  let two: Limits;

  beforeEach(async () => {
    now = 1_200_000;
    troubles = [];
    dir = mkdtempSync(join(tmpdir(), "limits-"));
    const clock = { now: () => now };
    const open = () => openSqliteEphemeralStore({ file: join(dir, "ephemeral.db"), clock });
    stores = [await open(), await open()];
    const limits = (index: number) => {
      const increment: EphemeralStore["increment"] = (...counted) => {
        const telling = stores[index]!.increment(...counted);
        tellings.push(telling);
        return telling;
      };
      return createSharedLimits({
        clock,
        ephemeral: { ...stores[index]!, increment },
        ...ALLOWED,
        onTrouble: (error) => void troubles.push(error),
      });
    };
    one = limits(0);
    two = limits(1);
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    rmSync(dir, { recursive: true });
  });
  const refused = (limits: Limits, kind: "failure" | "anonymous-write" | "login", key: string) =>
    limits.check(kind, key).then(
      () => false,
      () => true,
    );

  it("stop somebody who spreads his failures over the processes", async () => {
    for (let n = 0; n < 3; n++) {
      await one.consume("failure", "192.0.2.1");
      await two.consume("failure", "192.0.2.1");
    }
    expect(await refused(one, "failure", "192.0.2.1")).toBe(true);
    expect(await refused(two, "failure", "192.0.2.1")).toBe(true);
    expect(await refused(two, "failure", "192.0.2.2")).toBe(false);
    now += 30;
    expect(await refused(two, "failure", "192.0.2.1")).toBe(false);
  });

  it("let each further wait be twice as long", async () => {
    for (let n = 0; n < 2; n++) await (n % 2 === 0 ? one : two).consume("login", "zoe");
    expect(await refused(two, "login", "ZOE")).toBe(true);
    now += 1;
    expect(await refused(one, "login", "zoe")).toBe(false);
    await two.consume("login", "zoe");
    now += 1;
    expect(await refused(one, "login", "zoe")).toBe(true);
    now += 1;
    expect(await refused(one, "login", "zoe")).toBe(false);
  });

  it("open again with the next window for anonymous writes", async () => {
    for (let n = 0; n < 4; n++) await (n % 2 === 0 ? one : two).consume("anonymous-write", "192.0.2.1");
    expect(await refused(one, "anonymous-write", "192.0.2.1")).toBe(true);
    now += 60;
    expect(await refused(one, "anonymous-write", "192.0.2.1")).toBe(false);
  });

  it("let no more of many at once pass than are allowed, however they are spread", async () => {
    const passed = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        (n % 2 === 0 ? one : two).take("anonymous-write", "192.0.2.1").then(
          () => true,
          () => false,
        ),
      ),
    );
    expect(passed.filter(Boolean)).toHaveLength(4);
    now += 59;
    expect(await refused(one, "anonymous-write", "192.0.2.1")).toBe(true);
    now += 1;
    expect(await refused(two, "anonymous-write", "192.0.2.1")).toBe(false);
  });

  it("say the same as the limits of a single process would, whatever is counted where and when", async () => {
    const step = fc.record({
      kind: fc.constantFrom("failure", "anonymous-write", "login" as const),
      key: fc.constantFrom("192.0.2.1", "2001:db8::1", "2001:DB8:0:0:1::2", "zoe", " ZOE", "\uFF3Aoe"),
      what: fc.constantFrom("check", "consume", "take" as const),
      where: fc.boolean(),
      times: fc.integer({ min: 1, max: 5 }),
      after: fc.constantFrom(0, 0, 1, 29, 30, 59, 60, 899, 900, 3_600, 86_400),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const alone = createLimits({ clock: { now: () => now }, ...ALLOWED });
        now += 1_000_000; // whatever the round before has left is forgotten
        for (const { kind, key, what, where, times, after } of steps) {
          for (let n = 0; n < times; n++) {
            const [wanted, shared] = [await answer(alone[what](kind, key)), await answer((where ? one : two)[what](kind, key))];
            expect([key, shared]).toEqual([key, wanted]);
          }
          now += after;
        }
      }),
      { numRuns: 60 },
    );
    expect(troubles).toEqual([]);
  });

  describe("for a client's own requests", () => {
    const passes = (limits: Limits, id = "c1", perMinute = 10): boolean => {
      try {
        limits.client(id, perMinute);
        return true;
      } catch {
        return false;
      }
    };
    /** What is told beside the requests has arrived. */
    const told = () => Promise.allSettled(tellings.splice(0));

    it("keep one budget over all processes, told once a second", async () => {
      let passed = 0;
      for (let second = 0; second < 20; second++) {
        for (const limits of [one, two]) if (passes(limits)) passed += 1;
        await told();
        now += 1;
      }
      // each process may let through what came in the second before it heard of the other
      expect(passed).toBeGreaterThanOrEqual(10);
      expect(passed).toBeLessThanOrEqual(12);
      expect([passes(one), passes(two), passes(one, "C1"), passes(two, "c2")]).toEqual([false, false, false, true]);
      now += 60 - (now % 60);
      expect([passes(one), passes(two)]).toEqual([true, true]);
    });

    it("say what is left, and when there is more", async () => {
      now = 1_200_030;
      expect(one.client("c3", 10)).toEqual({ "ratelimit-policy": '"client";q=10;w=60', ratelimit: '"client";r=9;t=30' });
      await told();
      now += 1;
      two.client("c3", 10);
      await told();
      now += 1;
      expect(two.client("c3", 10)).toMatchObject({ ratelimit: '"client";r=7;t=28' });
      expect(one.client("c3", undefined)).toEqual({});
    });

    it("let no process alone pass its limit, however fast it is asked", () => {
      expect(Array.from({ length: 50 }, () => passes(one)).filter(Boolean)).toHaveLength(10);
    });

    it("hold in each process alone while the store is gone, and nobody waits", async () => {
      await stores[0]!.close();
      expect(Array.from({ length: 50 }, () => passes(one)).filter(Boolean)).toHaveLength(10);
      await told();
      now += 1;
      expect([passes(one), troubles.length]).toEqual([false, 1]);
    });
  });

  it("go on in each process alone while the store is gone, and say so", async () => {
    await stores[0]!.close();
    for (let n = 0; n < 6; n++) await one.consume("failure", "192.0.2.1");
    expect(await refused(one, "failure", "192.0.2.1")).toBe(true);
    expect(troubles.length).toBeGreaterThan(0);
  });
});

/** Undefined, or what somebody refused is told. */
function answer(asked: Promise<void>): Promise<unknown> {
  return asked.then(
    () => undefined,
    (error: OAuthError) => [error.status, error.headers],
  );
}
