// Real: SQLite event store and read model in a temp folder. Fake: nothing.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSnapshots, ProjectionsBehind, projections, readParked, tables, type GrantRow, type Projection } from "@grantline/read-model";
import { authorized, redeemed, registered, revoked, rotated } from "./fixtures/events.ts";
import { openProjecting, type Projecting } from "./fixtures/projecting.ts";

let at: Projecting;
beforeEach(async () => {
  at = await openProjecting();
});
afterEach(() => at.dispose());

const grant = async (id: string): Promise<GrantRow | undefined> => (await at.model.get(tables.grants, id))?.value as GrantRow | undefined;

describe("the projector", () => {
  it("catches up with what was there and follows what comes, so that a caller reads its own writes", async () => {
    await at.append("grant-a", authorized("c1", "s1"));
    const projector = at.projector();
    projector.start();
    await projector.caughtUp();
    expect((await grant("a"))?.status).toBe("authorized");
    for (let n = 1; n <= 20; n += 1) {
      await at.append("grant-a", n === 1 ? redeemed : rotated(n));
      await projector.caughtUp();
      expect((await grant("a"))?.rotations).toBe(n - 1);
    }
    expect((await projector.status()).phase).toBe("live");
  });

  it("lists grants by client, by subject and by each of their resources", async () => {
    await at.append("grant-a", authorized("c1", "s1", ["r1", "r2"]));
    await at.append("grant-b", authorized("c1", "s2", ["r2"]));
    await at.append("grant-c", authorized("c2", "s1", ["r1"]), redeemed, revoked);
    const projector = at.projector();
    projector.start();
    await projector.caughtUp();
    const ids = async (where: Record<string, string>): Promise<string[]> =>
      (await at.model.list(tables.grants, { where, limit: 10 })).rows.map((row) => row.key);
    expect(await ids({ client: "c1" })).toEqual(["a", "b"]);
    expect(await ids({ subject: "s1" })).toEqual(["a", "c"]);
    expect(await ids({ resource: "r2" })).toEqual(["a", "b"]);
    expect(await ids({ subject: "s1", status: "authorized" })).toEqual(["a"]);
  });

  it("goes on after a restart from its checkpoint and reads nothing before it (P12)", async () => {
    await at.append("grant-a", authorized("c1", "s1"));
    const first = at.projector();
    first.start();
    await first.caughtUp();
    await first.stop();
    await at.append("grant-b", authorized("c1", "s1"));
    await at.reopenModel();
    const read: string[] = [];
    const store = { ...at.store, readAll: (after: string, limit: number) => (read.push(after), at.store.readAll(after, limit)) };
    const second = at.projector({ store });
    second.start();
    await second.caughtUp();
    expect((await grant("b"))?.status).toBe("authorized");
    expect(read[0]).toBe("1");
  });

  it("persists how far it is even when events change no row", async () => {
    const projector = at.projector();
    projector.start();
    await at.append("login-x", { type: "SubjectLinked", data: { subject: "s" } });
    await projector.caughtUp();
    await projector.stop();
    expect(await at.model.checkpoint(tables.grants)).toBe(await at.store.head());
  });

  it("makes a process that does not project wait for the one that does", async () => {
    const reader = at.projector({ active: false, patienceMs: 400 });
    reader.start();
    await at.append("grant-a", authorized("c1", "s1"));
    await expect(reader.caughtUp()).rejects.toThrow(ProjectionsBehind);
    at.projector().start();
    await reader.caughtUp();
    expect((await grant("a"))?.status).toBe("authorized");
    const status = await reader.status();
    expect(status.phase).toBe("inactive");
    expect(status.projections[0]?.position).toBe("1");
  });

  it("gives up waiting after its patience, and at a stop", async () => {
    const projector = at.projector({ patienceMs: 50 });
    await at.append("grant-a", authorized("c1", "s1"));
    await expect(projector.caughtUp()).rejects.toThrow(ProjectionsBehind);
    const waiting = at.projector();
    const never = waiting.caughtUp("99");
    await Promise.all([expect(never).rejects.toThrow(/stopped/), waiting.stop()]);
  });

  it("tries again after a failure of the store or the read model, and loses nothing", async () => {
    let failures = 3;
    const fail = (): void => {
      if (failures-- > 0) throw new Error("no answer");
    };
    const store = { ...at.store, readAll: async (after: string, limit: number) => (fail(), at.store.readAll(after, limit)) };
    const projector = at.projector({ store });
    await at.append("grant-a", authorized("c1", "s1"));
    projector.start();
    await projector.caughtUp();
    expect((await grant("a"))?.status).toBe("authorized");
    expect(at.problems.filter((problem) => problem.message.includes("trying again"))).toHaveLength(3);
  });

  it("goes on after a write failed while it was live", async () => {
    let failing = false;
    const readModel = {
      ...at.model,
      write: async (...args: Parameters<typeof at.model.write>) => {
        if (failing) {
          failing = false;
          throw new Error("disk full");
        }
        return at.model.write(...args);
      },
    };
    const projector = at.projector({ readModel });
    projector.start();
    await at.append("grant-a", authorized("c1", "s1"));
    await projector.caughtUp();
    failing = true;
    await at.append("grant-a", redeemed);
    await projector.caughtUp();
    expect((await grant("a"))?.status).toBe("active");
  });
});

describe("a read model that is lost or of another store", () => {
  it("is made anew while serving when another process cleared it (P6)", async () => {
    await at.append("grant-a", authorized("c1", "s1"));
    const projector = at.projector();
    projector.start();
    await projector.caughtUp();
    for (const table of Object.values(tables)) await at.model.clear(table);
    await at.append("grant-b", authorized("c1", "s1"));
    await projector.caughtUp();
    expect([(await grant("a"))?.status, (await grant("b"))?.status]).toEqual(["authorized", "authorized"]);
  });

  it("is made anew although nothing is appended: by who lists, and by itself (P6)", async () => {
    await at.append("grant-a", authorized("c1", "s1"));
    const projector = at.projector();
    projector.start();
    await projector.caughtUp();
    const lose = async (): Promise<void> => {
      for (const table of Object.values(tables)) await at.model.clear(table);
    };
    await lose();
    expect((await projector.fresh(() => grant("a")))?.status).toBe("authorized");
    const other = at.projector({ active: false });
    await lose();
    expect((await other.fresh(() => grant("a")))?.status).toBe("authorized");
  });

  it("is read again when it was lost while it was read (P6)", async () => {
    await at.append("grant-a", authorized("c1", "s1"));
    const projector = at.projector();
    projector.start();
    let reads = 0;
    const found = await projector.fresh(async () => {
      if (reads++ === 0) for (const table of Object.values(tables)) await at.model.clear(table);
      return grant("a");
    });
    expect([found?.status, reads]).toEqual(["authorized", 2]);
  });

  it("is made anew when its checkpoint is beyond the store's head", async () => {
    await at.append("grant-a", authorized("c1", "s1"));
    await at.model.write(tables.grants, [{ kind: "put", table: tables.grants, row: { key: "ghost", revision: 9, value: {} } }], "500");
    await createSnapshots(at.model).put("grant-ghost", { fold: "f", state: {}, revision: 3, hash: "h" });
    const projector = at.projector();
    projector.start();
    await projector.caughtUp();
    expect(await grant("ghost")).toBeUndefined();
    expect((await grant("a"))?.status).toBe("authorized");
    expect(await createSnapshots(at.model).get("grant-ghost")).toBeUndefined();
    expect(at.problems[0]?.message).toMatch(/not of this store/);
  });

  it("is made anew when it was made from events this store does not have", async () => {
    const other = await openProjecting();
    await other.append("grant-z", authorized("c9", "s9"));
    await other.append("grant-a", authorized("c9", "s9"));
    const first = other.projector({ readModel: at.model });
    first.start();
    await first.caughtUp();
    await first.stop();
    await other.dispose();
    await at.append("grant-a", authorized("c1", "s1"));
    await at.append("grant-b", authorized("c1", "s1"));
    const projector = at.projector();
    projector.start();
    await projector.caughtUp();
    expect(await grant("z")).toBeUndefined();
    expect((await grant("a"))?.clientId).toBe("c1");
  });
});

describe("an event that can't be folded (P11)", () => {
  const poison: Projection = {
    ...projections[0]!,
    fold: (previous, event, id) => {
      if (id === "bad" && event.event.type === "CodeRedeemed") throw new TypeError("poison");
      return projections[0]!.fold(previous, event, id);
    },
  };

  it("is parked with what follows in its stream, told, and stops nobody else", async () => {
    const projector = at.projector({ projections: [poison] });
    projector.start();
    await at.append("grant-bad", authorized("c1", "s1"), redeemed, rotated(1));
    await at.append("grant-good", authorized("c1", "s1"), redeemed);
    await at.append("grant-bad", revoked);
    await projector.caughtUp();
    expect((await grant("bad"))?.status).toBe("authorized");
    expect((await grant("good"))?.status).toBe("active");
    const parked = await readParked(at.model, tables.grants);
    expect(parked.map(({ revision, reason }) => [revision, reason])).toEqual([
      [1, "fold-failed: TypeError: poison"],
      [2, "stream-parked"],
      [3, "stream-parked"],
    ]);
    expect((await projector.status()).projections[0]?.parked).toBe(3);
    expect(at.problems.map((problem) => problem.fields["stream"])).toEqual(["grant-bad"]);
    await projector.stop();
  });

  it("stays parked across a restart and is folded after the fix, when it is retried", async () => {
    const before = at.projector({ projections: [poison] });
    before.start();
    await at.append("grant-bad", authorized("c1", "s1"), redeemed);
    await before.caughtUp();
    expect(await before.retryParked()).toBe(0);
    await before.stop();
    const fixed = at.projector();
    fixed.start();
    await at.append("grant-bad", rotated(1));
    await fixed.caughtUp();
    expect((await fixed.status()).projections[0]?.parked).toBe(2);
    expect(await fixed.retryParked()).toBe(1);
    expect(await grant("bad")).toMatchObject({ status: "active", rotations: 1 });
    expect((await fixed.status()).projections[0]?.parked).toBe(0);
    await at.append("grant-bad", revoked);
    await fixed.caughtUp();
    expect((await grant("bad"))?.status).toBe("revoked");
    const incremental = await at.dump();
    await fixed.rebuild();
    expect(await at.dump()).toBe(incremental);
  });

  it("is of a type nobody knows: parked, unless its writer said that it may be skipped", async () => {
    const projector = at.projector();
    projector.start();
    await at.append("grant-a", authorized("c1", "s1"));
    await at.appendUnknown("grant-a", "GrantDecorated", true);
    await at.append("grant-a", redeemed);
    await at.append("grant-b", authorized("c1", "s1"));
    await at.appendUnknown("grant-b", "GrantTransferred", false);
    await at.append("grant-b", redeemed);
    await projector.caughtUp();
    expect((await grant("a"))?.status).toBe("active");
    expect((await grant("b"))?.status).toBe("authorized");
    expect((await readParked(at.model, tables.grants)).map((parked) => parked.reason)).toEqual(["unknown-event", "stream-parked"]);
  });

  it("waits likewise where each event is a row", async () => {
    const failed = (n: number) => ({ type: "LoginFailed", data: { reason: "login-failed", count: n, minute: 0 } }) as const;
    const security = projections.find((projection) => projection.name === "security")!;
    let broken = true;
    const fragile: Projection = {
      ...security,
      fold: (previous, event, id) => {
        if (broken && (event.event.data as { count: number }).count === 2) throw new Error("poison");
        return security.fold(previous, event, id);
      },
    };
    const projector = at.projector({ projections: [fragile] });
    projector.start();
    await at.append("security-w-20270101", failed(1), failed(2), failed(3));
    await at.append("security-v-20270101", failed(4));
    await projector.caughtUp();
    const counts = async (): Promise<number[]> =>
      (await at.model.list(tables.security, { limit: 9 })).rows.map((row) => (row.value as { count: number }).count).sort();
    expect(await counts()).toEqual([1, 4]);
    broken = false;
    expect(await projector.retryParked()).toBe(1);
    expect(await counts()).toEqual([1, 2, 3, 4]);
  });
});

describe("rebuilding", () => {
  it("ends byte-identical to what came about incrementally, tells its progress and keeps the old rows until then", async () => {
    const projector = at.projector({ batchSize: 3 });
    projector.start();
    for (let n = 0; n < 10; n += 1) {
      await at.append(`grant-g${n}`, authorized(`c${n % 3}`, "s1"), redeemed);
      await at.append(`client-c${n}`, registered(`c${n}`));
      if (n % 2 === 0) await at.append(`grant-g${n}`, rotated(1), revoked);
    }
    await projector.caughtUp();
    const incremental = await at.dump();
    const seen: string[] = [];
    const done = await projector.rebuild(undefined, async (progress) => void seen.push(progress.position));
    expect(await at.dump()).toBe(incremental);
    expect(done.events).toBe(40);
    expect(done.eventsPerSecond).toBeGreaterThan(0);
    expect(seen.length).toBeGreaterThan(10);
    await at.append("grant-g1", revoked);
    await projector.caughtUp();
    expect((await grant("g1"))?.status).toBe("revoked");
  });

  it("takes in what is written while it runs, also by a projector in another process", async () => {
    const server = at.projector();
    server.start();
    for (let n = 0; n < 30; n += 1) await at.append(`grant-g${n}`, authorized("c1", "s1"), redeemed);
    await server.caughtUp();
    const tool = at.projector({ batchSize: 5 });
    const rebuilt = tool.rebuild("grants");
    for (let n = 0; n < 30; n += 1) await at.append(`grant-g${n}`, revoked);
    await rebuilt;
    await at.append("grant-last", authorized("c1", "s1"));
    await server.caughtUp();
    const rows = (await at.model.list(tables.grants, { limit: 100 })).rows;
    expect(rows.map((row) => (row.value as GrantRow).status)).toEqual([...Array.from({ length: 30 }, () => "revoked"), "authorized"]);
  });

  it("repairs rows that were damaged", async () => {
    await at.append("grant-a", authorized("c1", "s1"), redeemed);
    const projector = at.projector();
    projector.start();
    await projector.caughtUp();
    await at.model.write(tables.grants, [
      { kind: "put", table: tables.grants, row: { key: "a", revision: 99, value: { status: "wrong" } } },
    ]);
    await projector.rebuild("grants");
    expect((await grant("a"))?.status).toBe("active");
  });

  it("refuses an unknown name and a second one at the same time", async () => {
    const projector = at.projector();
    await expect(projector.rebuild("nonsense")).rejects.toThrow(/no projection nonsense; there are grants/);
    const first = projector.rebuild();
    await expect(projector.rebuild()).rejects.toThrow(/running already/);
    await first;
  });

  it("lets a new version take over beside the old one, whose table goes when it is caught up", async () => {
    await at.append("grant-a", authorized("c1", "s1"));
    const old = at.projector();
    old.start();
    await old.caughtUp();
    await old.stop();
    const next: Projection = { ...projections[0]!, version: 2 };
    const projector = at.projector({ projections: [next] });
    expect((await grant("a"))?.status).toBe("authorized");
    projector.start();
    await projector.caughtUp();
    expect((await at.model.get("grants.v2", "a"))?.value).toMatchObject({ status: "authorized" });
    await expect.poll(() => at.model.checkpoint("grants.v1")).toBeUndefined();
    expect(await grant("a")).toBeUndefined();
  });
});

describe("snapshots", () => {
  it("come back as they were put, the newest wins, and one of another fold than expected is not given", async () => {
    const snapshots = createSnapshots(at.model);
    await snapshots.put("grant-a", { fold: "f1", state: { n: 2 }, revision: 2, hash: "h2" });
    await snapshots.put("grant-a", { fold: "f1", state: { n: 1 }, revision: 1, hash: "h1" });
    expect(await snapshots.get("grant-a")).toEqual({ fold: "f1", state: { n: 2 }, revision: 2, hash: "h2" });
    expect(await createSnapshots(at.model, { expect: "f2" }).get("grant-a")).toBeUndefined();
    expect(await createSnapshots(at.model, { expect: "f1" }).get("grant-a")).toBeDefined();
  });
});
