// Real: SQLite, the grower, archives, the verifier. Made: the deletion of rows, by SQL, since no store can do it yet. Fake: the clock.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { segmentsDecider } from "@grantline/domain/segments";
import { createStreamRuntime } from "@grantline/event-store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archiveLog } from "../archive/archive-log.ts";
import { type AuditWorld, openAuditWorld } from "../fixtures/audit-world.ts";
import { recordedSegments, verifyStore } from "../verify/online.ts";
import { dropSegment } from "./drop-segment.ts";

const DAY = "2026-03-05";
const RETENTION = 400 * 86_400;
const meta = { correlationId: "c", actor: { kind: "operator", id: "o" } } as const;
const dir = mkdtempSync(join(tmpdir(), "grantline-drop-"));
let world: AuditWorld;

beforeAll(async () => {
  world = await openAuditWorld();
  await world.append("issuance-w-2026030512", 60);
  await world.append("client-c", 2);
  world.clock.at += 86_400;
  await world.append("client-c", 3);
  await settled();
  const { store, treeStore, clock, signer } = world;
  await archiveLog({
    store,
    treeStore,
    clock,
    signer,
    segments: await recordedSegments(store, "eu1"),
    folder: dir,
    fromDay: DAY,
    untilDay: DAY,
  });
});
afterAll(async () => {
  await world.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Twice: closing a day is an event of its own. */
const settled = async () => {
  await world.audit.grower?.catchUp();
  await world.audit.grower?.catchUp();
};
const segments = () => createStreamRuntime({ ...world, region: "eu1", service: "test" }).repository(segmentsDecider);
const drop = () =>
  dropSegment({
    segments: segments(),
    region: "eu1",
    verifier: world.verifier,
    day: DAY,
    folder: dir,
    retention: RETENTION,
    clock: world.clock,
    meta,
  });
const verified = async () => verifyStore({ ...world, region: "eu1", exported: (await world.exported()).notes, contiguous: true });
const deleteRows = (where: string): void => {
  const db = new DatabaseSync(join(world.dir, "events.db"));
  db.exec(`DELETE FROM events WHERE ${where}`);
  db.close();
};

describe("a day of the log", () => {
  it("goes only when its retention is over, no hold covers it, and its archive is intact", async () => {
    expect(await drop()).toEqual({ kind: "refused", reason: "segment-retained" });
    world.clock.at += 500 * 86_400;
    await segments().execute(
      "eu1",
      { kind: "place-hold", now: world.clock.at, hold: "h", fromDay: DAY, untilDay: DAY, reason: "case" },
      meta,
    );
    expect(await drop()).toEqual({ kind: "refused", reason: "segment-held" });
    await segments().execute("eu1", { kind: "lift-hold", now: world.clock.at, hold: "h", reason: "closed" }, meta);
    expect(await drop()).toEqual({ kind: "done" });
    expect(await drop()).toEqual({ kind: "unchanged" });
    await settled();
    expect(await verified()).toMatchObject({ kind: "intact", dropped: 0, tail: 0 });
  });

  it("once dropped may be gone from the store: what is left is verified, streams that go on included", async () => {
    const before = await verified();
    deleteRows("stream LIKE 'issuance-%' OR (stream = 'client-c' AND revision < 2)");
    expect(await verified()).toMatchObject({ kind: "intact", dropped: 62, events: before.events - 62, tail: 0 });
  });

  it("does not take others with it: a later event that is missing is found", async () => {
    const [gone] = await world.store.readStream("client-c", 3, 1);
    deleteRows(`position = ${gone!.position}`);
    expect(await verified()).toMatchObject({ kind: "broken", why: "removed", position: gone!.position });
  });
});
