// Real: SQLite and its dropping of streams, the grower, archives, the verifier, deciders. Made: the events. Fake: the clock.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { grantDecider } from "@grantline/domain/grant";
import { segmentsDecider } from "@grantline/domain/segments";
import { access, authorization } from "@grantline/domain/testing";
import { createStreamRuntime } from "@grantline/event-store";
import { createProjector, projections, tables } from "@grantline/read-model";
import { openSqliteReadModel } from "@grantline/read-model-sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { archiveLog } from "../archive/archive-log.ts";
import { type AuditWorld, openAuditWorld } from "../fixtures/audit-world.ts";
import { recordedSegments, verifyStore } from "../verify/online.ts";
import { dropDays, type DropOptions } from "./drop-days.ts";

const DAYS = ["2026-03-05", "2026-03-06"] as const;
const RETENTION = 400 * 86_400;
const meta = { correlationId: "c", actor: { kind: "operator", id: "o" } } as const;
const expires = Date.parse("2026-03-05T13:00:00Z") / 1_000;
const token = { type: "AccessTokenIssued", data: { clientId: "robot", access: { ...access(0), exp: expires } } };
const granted = { type: "GrantAuthorized", data: { ...authorization(), absoluteExpiresAt: expires } };
const asked = {
  type: "DeviceAuthorizationRequested",
  data: { clientId: "tv", resources: [], codeHash: "x".repeat(43), expiresAt: expires },
};
const revoked = { type: "GrantRevoked", data: { reason: "admin" } };
let world: AuditWorld;
let dir: string;

/** Two closed days, and one that is open: streams that are over, that live, and that reach from one day into the next. */
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "grantline-drop-"));
  world = await openAuditWorld();
  await world.write(
    "issuance-w-2026030512",
    Array.from({ length: 300 }, () => token),
  );
  await world.append("client-c", 2);
  await world.write("grant-over", [granted]);
  await world.write("grant-lives", [granted]);
  await world.write("grant-long", [{ ...granted, data: { ...granted.data, absoluteExpiresAt: expires + 2_000 * 86_400 } }, revoked]);
  world.clock.at += 86_400;
  await world.append("client-c", 3);
  await world.write("grant-over", [revoked]);
  await world.append("security-s-20260306", 5);
  await world.write("device-tv", [asked]);
  world.clock.at += 86_400;
  await world.append("client-c", 1);
  await world.append("client-new", 1);
  await settled();
  const { store, treeStore, clock, signer } = world;
  const segments = await recordedSegments(store, "eu1");
  for (const day of DAYS)
    await archiveLog({ store, treeStore, clock, signer, segments, folder: join(dir, day), fromDay: day, untilDay: day });
});
afterEach(async () => {
  await world.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Twice: closing a day is an event of its own. */
const settled = async () => {
  await world.audit.grower?.catchUp();
  await world.audit.grower?.catchUp();
};
const segments = () => createStreamRuntime({ ...world, region: "eu1", service: "test" }).repository(segmentsDecider);
const drop = (day?: string, more: Partial<DropOptions> = {}) =>
  dropDays({
    ...world,
    segments: segments(),
    region: "eu1",
    ...(day === undefined ? {} : { folder: join(dir, day) }),
    retention: RETENTION,
    meta,
    ...more,
  });
const verified = async () => verifyStore({ ...world, region: "eu1", exported: (await world.exported()).notes, contiguous: true });
const streams = async () => [...new Set((await world.store.readAll("0", 10_000)).map(({ stream }) => stream))].toSorted();
const sql = (text: string): void => {
  const db = new DatabaseSync(join(world.dir, "events.db"));
  db.exec(text);
  db.close();
};
const [first, second] = DAYS;

describe("a day of the log", () => {
  it("goes only when its retention is over, no hold covers it, and its archive is intact", async () => {
    expect(await drop(first)).toMatchObject({
      events: 0,
      kept: [
        { day: first, why: "retained" },
        { day: second, why: "retained" },
      ],
    });
    world.clock.at += 500 * 86_400;
    await segments().execute(
      "eu1",
      { kind: "place-hold", now: world.clock.at, hold: "h", fromDay: first, untilDay: first, reason: "case" },
      meta,
    );
    expect(await drop(first)).toMatchObject({
      events: 0,
      kept: [
        { day: first, why: "held" },
        { day: second, why: "not-archived" },
      ],
    });
    await segments().execute("eu1", { kind: "lift-hold", now: world.clock.at, hold: "h", reason: "closed" }, meta);
    expect(await drop(first, { dryRun: true })).toMatchObject({ events: 300, streams: 1, days: [{ day: first, events: 300 }] });
    expect((await streams()).includes("issuance-w-2026030512")).toBe(true);
    expect(await drop(first)).toMatchObject({ events: 300, days: [{ day: first, events: 300 }] });
    expect(await drop(first)).toMatchObject({ events: 0, days: [] });
    await settled();
    expect(await verified()).toMatchObject({ kind: "intact", dropped: 300, tail: 0 });
  });

  it("loses the streams that are over and lie wholly in such days; what lives stays from its first event on", async () => {
    world.clock.at += 500 * 86_400;
    await drop(first);
    const living = ["client-c", "client-new", "grant-lives", "grant-long"];
    expect(await streams()).toEqual([
      "client-c",
      "client-new",
      "device-tv",
      "grant-lives",
      "grant-long",
      "grant-over",
      "security-s-20260306",
      "segments-eu1",
    ]);
    expect(await drop(second)).toMatchObject({
      events: 8,
      days: [
        { day: first, events: 1, kept: 6 },
        { day: second, events: 7 },
      ],
    });
    expect(await streams()).toEqual([...living, "segments-eu1"]);
    expect((await world.store.readStream("client-c")).map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4, 5]);
    await settled();
    expect(await verified()).toMatchObject({ kind: "intact", dropped: 308, tail: 0 });
  });

  it("takes no other row with it: what else is missing is found, in the dropped day too", async () => {
    world.clock.at += 500 * 86_400;
    await drop(first);
    await settled();
    for (const [stream, revision] of [
      ["client-c", 0],
      ["client-c", 3],
      ["grant-lives", 0],
    ] as const) {
      const [gone] = await world.store.readStream(stream, revision, 1);
      sql(
        `CREATE TABLE aside AS SELECT * FROM events WHERE position = ${gone!.position}; DELETE FROM events WHERE position = ${gone!.position}`,
      );
      expect(await verified()).toMatchObject({ kind: "broken", why: "removed", position: gone!.position, stream, revision });
      sql("INSERT INTO events SELECT * FROM aside; DROP TABLE aside");
    }
    expect(await verified()).toMatchObject({ kind: "intact" });
  });

  it("is not dropped by whoever can write to the log alone: a drop without the signature lets nothing be missing", async () => {
    world.clock.at += 500 * 86_400;
    const { gone, count } = { gone: "Y2AAAwA", count: 1 };
    const day = (await recordedSegments(world.store, "eu1"))[0]!;
    await segments().execute(
      "eu1",
      { kind: "drop", now: world.clock.at, day: day.day, archive: "x", keptUntil: 0, before: 0, gone, count, note: "" },
      meta,
    );
    await settled();
    sql("DELETE FROM events WHERE position <= 1");
    expect(await verified()).toMatchObject({ kind: "broken", why: "removed" });
  });

  it("may be broken off at any moment and dropped again", async () => {
    world.clock.at += 500 * 86_400;
    const broken = { ...world.store, dropStreams: () => Promise.reject(new Error("the power went")) };
    await expect(drop(first, { store: broken })).rejects.toThrow("the power went");
    await settled();
    expect(await verified()).toMatchObject({ kind: "intact", dropped: 0 });
    expect(await drop()).toMatchObject({ events: 300, days: [{ day: first, events: 0 }] });
    await settled();
    expect(await verified()).toMatchObject({ kind: "intact", dropped: 300 });
  });

  it("leaves listings and states as they were: a rebuild gives what was kept up to date, and a live grant is folded from its first event", async () => {
    const readModel = await openSqliteReadModel({ file: join(world.dir, "read-model.db"), clock: world.clock });
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const projector = createProjector({ ...world, readModel, projections, log: quiet });
    const listed = async () =>
      Promise.all(Object.values(tables).map(async (table) => (await readModel.list(table, { limit: 1_000 })).rows));
    const grants = () => createStreamRuntime({ ...world, region: "eu1", service: "test" }).repository(grantDecider);
    const lives = await grants().load("lives");
    projector.start();
    await projector.caughtUp();
    world.clock.at += 500 * 86_400;
    await drop(first);
    await drop(second);
    await projector.caughtUp();
    const kept = await listed();
    await projector.rebuild();
    expect(await listed()).toEqual(kept);
    expect(await grants().load("lives")).toEqual(lives);
    expect((await grants().load("over")).state).toEqual({ status: "none" });
    await projector.stop();
    await readModel.close();
  });
});
