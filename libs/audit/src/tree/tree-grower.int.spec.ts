// Real: SQLite event store, tree in a folder, keys wrapped in a folder, processes that are killed. Fake: the clock.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { EventStore } from "@grantline/event-store";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../checkpoint/checkpoint.ts";
import { type AuditWorld, openAuditWorld } from "../fixtures/audit-world.ts";
import { verifyStore } from "../verify/online.ts";
import { createFolderTreeStore } from "./folder-tree-store.ts";

const open: AuditWorld[] = [];
async function aWorld(options: Parameters<typeof openAuditWorld>[0] = {}): Promise<AuditWorld> {
  const world = await openAuditWorld(options);
  open.push(world);
  return world;
}
afterEach(async () => {
  for (const world of open.splice(0)) await world.close();
});
const restart = async (world: AuditWorld): Promise<AuditWorld> => {
  open.splice(open.indexOf(world), 1);
  const again = await world.restarted();
  open.push(again);
  return again;
};
const sizes = (world: AuditWorld, notes: readonly string[]): readonly (number | undefined)[] =>
  notes.map((note) => openCheckpoint(note, world.verifier)?.size);
const verified = async (world: AuditWorld) =>
  verifyStore({
    store: world.store,
    treeStore: world.treeStore,
    region: "eu1",
    verifier: world.verifier,
    exported: (await world.exported()).notes,
    contiguous: true,
  });

describe("the tree of the log", () => {
  it("is signed by itself within a second of an event, published, and taken off the box", async () => {
    const world = await aWorld();
    await world.append("grant-a", 3);
    await vi.waitFor(async () => expect((await world.get("/audit/v1/checkpoint")).text).toContain("\n4\n"), {
      timeout: 5_000,
      interval: 20,
    });
    const published = (await world.get("/.well-known/grantline/checkpoint")).text;
    const { notes, vkey } = await world.exported();
    expect([notes.at(-1), vkey]).toEqual([published, world.verifier.vkey]);
    expect(published.startsWith("auth.test/oauth/eu1\n4\n")).toBe(true);
    await world.audit.grower?.catchUp();
    expect((await world.exported()).notes).toEqual(notes); // no news, no checkpoint
  });

  it("goes on after a restart under the same key, without reading the log again", async () => {
    let world = await aWorld();
    await world.append("grant-a", 700);
    await world.audit.grower?.catchUp();
    const { vkey } = world.verifier;
    world = await restart(world);
    await world.append("grant-b", 2);
    const readLinks = vi.spyOn(world.store as Required<EventStore>, "readLinks");
    await world.audit.grower?.catchUp();
    expect(Math.min(...readLinks.mock.calls.map(([after]) => Number(after)))).toBe(701);
    expect(world.verifier.vkey).toBe(vkey);
    expect(sizes(world, (await world.exported()).notes).at(-1)).toBe(703);
    expect(await verified(world)).toMatchObject({ kind: "intact", events: 703, leaves: 703, tail: 0 });
  });

  it("keeps its private key wrapped, apart from the token keys", async () => {
    const world = await aWorld();
    const [created] = await world.store.readStream("segments-eu1");
    expect(created?.body).toContain(world.verifier.vkey.slice(0, 20));
    const { data } = JSON.parse(created!.body) as { data: { kid: string } };
    expect(await world.store.readStream("keyring-eu1")).toEqual([]);
    expect(data.kid).toMatch(/^[\w-]{43}$/);
  });
});

describe("a crash", () => {
  /** A tree store that fails once at the step named, like a process that dies there. */
  const dyingAt = (step: "commit" | "putCheckpoint", after: boolean) => {
    let alive = true;
    return {
      die: () => (alive = false),
      treeStoreOf: (dir: string) => {
        const real = createFolderTreeStore(dir);
        return {
          ...real,
          [step]: async (...args: never[]) => {
            const act = real[step] as (...all: never[]) => Promise<void>;
            if (alive) return act(...args);
            alive = true;
            if (after) await act(...args);
            throw new Error("killed");
          },
        };
      },
    };
  };

  it.each([
    ["before the tree is stored", "commit", false],
    ["after it is stored, before it is signed", "commit", true],
    ["before the signature is stored", "putCheckpoint", false],
    ["after it is stored, before it is taken off the box", "putCheckpoint", true],
  ] as const)("%s loses nothing and contradicts nothing", async (_when, step, after) => {
    const dying = dyingAt(step, after);
    let world = await aWorld({ treeStoreOf: dying.treeStoreOf });
    await world.append("grant-a", 300);
    await world.audit.grower?.catchUp();
    await world.append("grant-b", 300);
    dying.die();
    await expect(world.audit.grower?.catchUp()).rejects.toThrow("killed");
    world = await restart(world);
    await world.append("grant-a", 5);
    await world.audit.grower?.catchUp();
    expect(await verified(world)).toMatchObject({ kind: "intact", events: 606, leaves: 606 });
  });

  it("by SIGKILL, again and again, leaves checkpoints that all belong to one tree", async () => {
    const dir = await mkdtemp("/var/tmp/grantline-audit-");
    for (const aliveMs of [30, 80, 150, 220, 60]) {
      const child = spawn(
        process.execPath,
        [
          "--conditions=@grantline/source",
          "--disable-warning=ExperimentalWarning",
          join(import.meta.dirname, "../fixtures/grower.process.ts"),
          dir,
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      for (let signed = ""; signed.split("\n").length < 3;) signed += String((await once(child.stdout, "data"))[0]);
      child.stdout.resume();
      await new Promise((resolve) => setTimeout(resolve, aliveMs)); // the moment of death, not a wait for something
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const world = await aWorld({ dir, kek: Buffer.alloc(32, 7) });
    await world.audit.grower?.catchUp();
    const result = await verified(world);
    expect(result).toMatchObject({ kind: "intact", tail: 0 });
    expect((await world.exported()).notes.length).toBeGreaterThan(5);
  });
});

describe("nothing is signed", () => {
  it("when the log lost what was signed, as after a restored backup", async () => {
    let world = await aWorld();
    await world.append("grant-a", 10);
    await world.audit.grower?.catchUp();
    await world.close({ keep: true });
    open.splice(open.indexOf(world), 1);
    // The store as it was before: without the signed tail
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(join(world.dir, "events.db"));
    db.exec("DELETE FROM events WHERE position > 6");
    db.close();
    world = await aWorld({ dir: world.dir });
    await world.append("grant-z", 20);
    await expect(world.audit.grower?.catchUp()).rejects.toThrow("the log does not have the event of leaf 10");
    expect(sizes(world, (await world.exported()).notes).at(-1)).toBe(11);
    await vi.waitFor(() => expect(world.complaints.some((line) => line.includes("no checkpoint is signed"))).toBe(true), 20_000);
    expect(await verified(world)).toMatchObject({ kind: "broken", position: "7" });
  });

  it("when the tree's files were altered, or an older tree was put in place of the one signed", async () => {
    let world = await aWorld();
    await world.append("grant-a", 10);
    await world.audit.grower?.catchUp();
    const tile = join(world.dir, "tree", "hashes-0");
    const state = join(world.dir, "tree", "state.json");
    const [old, bytes] = [readFileSync(state), readFileSync(tile)];
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(tile, bytes);
    world = await restart(world);
    await expect(world.audit.grower?.catchUp()).rejects.toThrow("does not give its root");
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(tile, bytes);
    world = await restart(world);
    await world.append("grant-a", 5);
    await world.audit.grower?.catchUp();
    writeFileSync(state, old);
    world = await restart(world);
    // The same events give the same tree: it grows back to what was signed, and not past it on another way
    await world.audit.grower?.catchUp();
    expect(await verified(world)).toMatchObject({ kind: "intact", leaves: 16 });
  });

  it("by a process that does not hold the lease", async () => {
    let held = false;
    const world = await aWorld({ lease: { held: () => held } });
    await world.append("grant-a", 3);
    expect(await world.audit.grower?.catchUp()).toBeUndefined();
    expect((await world.get("/audit/v1/checkpoint")).status).toBe(404);
    held = true;
    expect(await world.audit.grower?.catchUp()).toContain("\n4\n");
  });
});

describe("checkpoints off the box", () => {
  it("are appended and never overwritten; a note that was cut off in writing hides none", async () => {
    const world = await aWorld();
    for (let n = 0; n < 4; n++) {
      await world.append("grant-a", 1);
      await world.audit.grower?.catchUp();
    }
    const file = join(world.dir, "off-the-box", "checkpoints-2026-03-05.txt");
    const before = readFileSync(file, "utf8");
    world.clock.at += 3_600;
    await world.append("grant-a", 1);
    await world.audit.grower?.catchUp();
    expect(readFileSync(file, "utf8").startsWith(before)).toBe(true);
    expect(statSync(file).size).toBeGreaterThan(before.length);
    appendFileSync(file, "auth.test/oauth/eu1\n99\nAAAA");
    const { notes } = await world.exported();
    expect(sizes(world, notes)).toEqual([...new Set(sizes(world, notes))]);
    expect(sizes(world, notes).at(-1)).toBe(6);
  });
});

describe("days", () => {
  it("are closed one after the other with signed roots, and a changed root is found", async () => {
    const world = await aWorld();
    await world.append("grant-a", 10);
    await world.audit.grower?.catchUp();
    world.clock.at += 86_400;
    await world.append("grant-b", 5);
    await world.audit.grower?.catchUp();
    world.clock.at += 43_200 + 299;
    await world.audit.grower?.catchUp();
    const closed = async () => (await world.store.readStream("segments-eu1")).filter(({ type }) => type === "SegmentClosed");
    expect((await closed()).map(({ body }) => (JSON.parse(body) as { data: object }).data)).toMatchObject([
      { day: "2026-03-05", first: 0, end: 11, upTo: "11" },
    ]);
    world.clock.at += 1; // five minutes past midnight, and nothing has come since
    await world.audit.grower?.catchUp();
    await world.audit.grower?.catchUp();
    expect((await closed()).map(({ body }) => (JSON.parse(body) as { data: object }).data)[1]).toMatchObject({
      day: "2026-03-06",
      first: 11,
      upTo: "17",
    });
    expect(await verified(world)).toMatchObject({ kind: "intact", tail: 0 });
  });
});
