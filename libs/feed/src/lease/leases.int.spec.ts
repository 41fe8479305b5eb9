// Real: SQLite event store, ephemeral store, stream runtime, processes that are killed, paused and robbed of their signs of life.
import { DatabaseSync } from "node:sqlite";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../fixtures/until.ts";
import { type Deed, openWorkplace, type Workplace } from "../fixtures/workers.ts";
import { createLeases, LeaseLost, type Lease, type LeasesOptions } from "./index.ts";

const QUICK = { beatMs: 100, lookMs: 100, silentLooks: 5, blindLooks: 10, pauseMs: 50 };
let place: Workplace;
afterEach(() => place.close());

/** In the order in which they were done, so that a deed of an older term after one of a newer is two workers at once. */
function terms(deeds: readonly Deed[]): readonly number[] {
  return deeds.map(({ term }) => term);
}
function inOrder(deeds: readonly Deed[]): boolean {
  return terms(deeds).every((term, index, all) => index === 0 || term >= (all[index - 1] as number));
}
/** Each term belongs to one holder. */
function holders(deeds: readonly Deed[]): readonly string[] {
  return [...new Set(deeds.map(({ holder, term }) => `${term}:${holder}`))];
}

describe("a duty among processes", () => {
  it("is worked at by one of three, and goes to another within 10 s of a SIGKILL", async () => {
    place = await openWorkplace();
    const workers = Object.fromEntries(await Promise.all(["a", "b", "c"].map(async (name) => [name, await place.worker(name)] as const)));
    await place.deed(() => true);
    await pause(500);
    expect(holders(place.deeds())).toHaveLength(1);
    const first = place.deeds()[0]?.holder as string;
    workers[first]?.kill("SIGKILL");
    const seconds = await place.deed(({ term }) => term === 2);
    expect(seconds).toBeLessThan(25);
    await pause(300);
    expect(holders(place.deeds())).toHaveLength(2);
    expect(inOrder(place.deeds())).toBe(true);
  });

  it("is given back at SIGTERM, so that the next need not wait for silence", async () => {
    place = await openWorkplace();
    const first = await place.worker("a");
    await place.deed(() => true);
    await place.worker("b");
    first.kill("SIGTERM");
    expect(await place.deed(({ holder }) => holder === "b")).toBeLessThan(20);
    if (first.exitCode === null) await once(first, "exit");
    expect((await place.store.readStream("lease-count")).map(({ type }) => type)).toEqual(["LeaseTaken", "LeaseReleased", "LeaseTaken"]);
  });

  it("is not touched by a holder that was paused and did not hear that it lost it", async () => {
    place = await openWorkplace(QUICK);
    for (let round = 0; round < 3; round += 1) {
      const name = `paused-${round}`;
      const sleeper = await place.worker(name);
      await place.deed(({ holder }) => holder === name);
      sleeper.kill("SIGSTOP");
      const follower = await place.worker(`next-${round}`);
      await place.deed(({ holder }) => holder === `next-${round}`);
      sleeper.kill("SIGCONT");
      const seen = place.deeds().length;
      await until(() => place.deeds().length > seen + 20);
      expect(inOrder(place.deeds())).toBe(true);
      expect(
        place
          .deeds()
          .slice(seen)
          .every(({ holder }) => holder === `next-${round}`),
      ).toBe(true);
      sleeper.kill("SIGKILL");
      follower.kill("SIGKILL");
    }
  });

  it("stays with its holder when signs of life are flushed again and again", async () => {
    place = await openWorkplace(QUICK);
    await place.worker("a");
    await place.deed(() => true);
    await place.worker("b");
    const database = new DatabaseSync(place.ephemeralFile);
    for (let times = 0; times < 10; times += 1) {
      database.exec("PRAGMA busy_timeout = 2000; DELETE FROM held");
      await pause(150);
    }
    database.close();
    expect(holders(place.deeds())).toEqual(["1:a"]);
  });
});

describe("holding a lease", () => {
  const options = (holder: string, more: Partial<LeasesOptions> = {}): LeasesOptions => ({
    leases: place.leases,
    ephemeral: place.ephemeral,
    clock: place.clock,
    holder,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    timings: QUICK,
    ...more,
  });
  const ended = (lease: Lease) => new Promise<void>((resolve) => lease.signal.addEventListener("abort", () => resolve()));
  const gone = () => Promise.reject(new Error("the ephemeral store is gone"));

  it("is noticed as lost by an idle holder, and told by the fence", async () => {
    place = await openWorkplace();
    let seen: Lease | undefined;
    const held = createLeases(options("a")).hold("idle", (lease) => {
      seen = lease;
      return ended(lease);
    });
    await until(() => seen !== undefined);
    expect(held.working()).toBe(true);
    await seen?.assertHeld();
    await place.leases.execute(
      "idle",
      { kind: "take", now: 1, holder: "b", afterTerm: 1 },
      { correlationId: "c", actor: { kind: "system", id: "b" } },
    );
    await until(() => seen?.signal.aborted === true);
    await expect(seen?.assertHeld()).rejects.toThrow(LeaseLost);
    await held.close();
    expect(held.working()).toBe(false);
  });

  it("that is lost while nobody can leave signs of life moves after the longer wait, with a new term", async () => {
    place = await openWorkplace();
    const blind = { ephemeral: { put: gone, get: gone } };
    const worked: string[] = [];
    const work = (name: string) => async (lease: Lease) => {
      worked.push(`${name}${lease.term}`);
      await ended(lease);
    };
    const one = createLeases(options("a", blind)).hold("blind", work("a"));
    await until(() => worked.length === 1);
    const two = createLeases(options("b", blind)).hold("blind", work("b"));
    await until(() => worked.length === 2);
    expect(worked).toEqual(["a1", "b2"]);
    await Promise.all([one.close(), two.close()]);
  });

  it("goes on after a failure of the work, in a new term", async () => {
    place = await openWorkplace();
    const terms: number[] = [];
    const held = createLeases(options("a")).hold("failing", async (lease) => {
      terms.push(lease.term);
      if (terms.length < 3) throw new Error("not yet");
      await ended(lease);
    });
    await until(() => terms.length === 3);
    expect(terms).toEqual([1, 2, 3]);
    await held.close();
  });

  it("can't be vouched for while the store is away", async () => {
    place = await openWorkplace();
    let away = false;
    const leases: LeasesOptions["leases"] = {
      ...place.leases,
      load: (id, how) => (away ? Promise.reject(new Error("the store is away")) : place.leases.load(id, how)),
    };
    let seen: Lease | undefined;
    const held = createLeases(options("a", { leases })).hold("away", (lease) => {
      seen = lease;
      return ended(lease);
    });
    await until(() => seen !== undefined);
    away = true;
    await expect(seen?.assertHeld()).rejects.toThrow("the store is away");
    expect(seen?.signal.aborted).toBe(false);
    away = false;
    await seen?.assertHeld();
    await held.close();
  });

  it("by many at once in one process ends with one of them, whatever the order of their looks", async () => {
    place = await openWorkplace();
    let atWork = 0;
    let most = 0;
    const duties = Array.from({ length: 12 }, (_, index) =>
      createLeases(options(`h${index}`)).hold("crowd", async (lease) => {
        atWork += 1;
        most = Math.max(most, atWork);
        await ended(lease);
        atWork -= 1;
      }),
    );
    await until(() => atWork === 1);
    await pause(400);
    expect(duties.filter((duty) => duty.working())).toHaveLength(1);
    for (const duty of duties) await duty.close();
    expect(most).toBe(1);
    expect(atWork).toBe(0);
  });
});
