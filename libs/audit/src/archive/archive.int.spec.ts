// Real: SQLite, the grower, files. Fake: the clock.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuditWorld, openAuditWorld } from "../fixtures/audit-world.ts";
import { testSigner } from "../fixtures/sealed-log.ts";
import type { NoteSigner } from "../note/note.ts";
import { recordedSegments } from "../verify/online.ts";
import { archiveLog, ArchiveRefused } from "./archive-log.ts";
import { signManifest } from "./manifest.ts";
import { verifyArchive } from "./verify-archive.ts";

let world: AuditWorld;
let signer: NoteSigner;
const dir = mkdtempSync(join(tmpdir(), "grantline-archive-"));
const whole = join(dir, "whole");
const DAYS = ["2026-03-05", "2026-03-06", "2026-03-07"] as const;

beforeAll(async () => {
  world = await openAuditWorld();
  signer = world.signer;
  for (const day of DAYS) {
    world.clock.at = Date.parse(`${day}T12:00:00Z`) / 1_000;
    for (let n = 0; n < 8; n++) await world.append(`grant-${n % 3}`, 7 + n);
    await world.append(`issuance-${day}`, 40);
    await world.audit.grower?.catchUp();
    await world.audit.grower?.catchUp();
  }
  await archive(whole, {}, 50);
});
afterAll(async () => {
  await world.close();
  rmSync(dir, { recursive: true, force: true });
});

async function archive(folder: string, days: { readonly fromDay?: string; readonly untilDay?: string }, perFile?: number) {
  const { store, treeStore, clock } = world;
  const segments = await recordedSegments(store, "eu1");
  return archiveLog({ store, treeStore, clock, signer, segments, folder, ...days, ...(perFile === undefined ? {} : { perFile }) });
}
const verify = async (folder: string) => verifyArchive({ folder, verifier: world.verifier, exported: (await world.exported()).notes });

describe("an archive", () => {
  it("of the whole log is verified without the server", async () => {
    const { events } = JSON.parse(readFileSync(join(whole, "manifest.json"), "utf8")) as { events: number };
    expect(await verify(whole)).toMatchObject({ kind: "intact", events, tail: 0 });
    expect(readdirSync(whole).filter((name) => name.startsWith("events-")).length).toBeGreaterThan(3);
  });

  it("of one day in the middle is verified too, though its streams began before and the tree goes on after", async () => {
    const folder = join(dir, "one-day");
    const { manifest } = await archive(folder, { fromDay: DAYS[1], untilDay: DAYS[1] });
    expect(manifest.segments.map(({ day }) => day)).toEqual([DAYS[1]]);
    expect(manifest.first).toBeGreaterThan(0);
    expect(await verify(folder)).toMatchObject({ kind: "intact", events: manifest.events });
  });

  it("is refused into a folder that is not empty, and for days that are not closed", async () => {
    await expect(archive(whole, {})).rejects.toThrow(ArchiveRefused);
    await expect(archive(join(dir, "none"), { fromDay: "2026-03-09" })).rejects.toThrow("none of these days is closed yet");
  });

  it("under another's key is not ours", async () => {
    expect(await verifyArchive({ folder: whole, verifier: testSigner("auth.test/oauth/eu1").verifier })).toMatchObject({
      kind: "broken",
      why: "signature",
    });
  });
});

describe("one event of an archive", () => {
  const lines = (folder: string): { readonly name: string; readonly lines: string[] }[] =>
    readdirSync(folder)
      .filter((name) => name.startsWith("events-"))
      .toSorted()
      .map((name) => ({ name, lines: readFileSync(join(folder, name), "utf8").trimEnd().split("\n") }));
  const positionOf = (line: string): string => (JSON.parse(line) as { position: string }).position;

  const finds = (tamper: (lines: string[], at: number) => string[]) =>
    fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), async (fileSeed, lineSeed) => {
        const folder = mkdtempSync(join(dir, "tampered-"));
        cpSync(whole, folder, { recursive: true });
        const files = lines(folder);
        const file = files[fileSeed % files.length]!;
        const at = lineSeed % file.lines.length;
        const position = positionOf(file.lines[at]!);
        writeFileSync(
          join(folder, file.name),
          tamper([...file.lines], at)
            .map((line) => `${line}\n`)
            .join(""),
        );
        expect(await verify(folder)).toMatchObject({ kind: "broken", position });
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 15 },
    );

  it("altered is found", () => finds((all, at) => all.with(at, all[at]!.replace("service", "sorvice"))));
  it("removed is found", () => finds((all, at) => all.toSpliced(at, 1)));
  it("inserted is found", () => finds((all, at) => all.toSpliced(at, 0, all[at]!.replace("service", "sorvice"))));
  it("made unreadable is found", () => finds((all, at) => all.with(at, "not JSON")));
  it("cut off with all after it in its file is found", () => finds((all, at) => all.slice(0, at)));

  it("altered beside the events is found: whole files, leaves, links, manifest", async () => {
    for (const name of ["events-000002.jsonl", "leaves.bin", "positions.bin", "links.jsonl", "manifest.json"]) {
      const folder = mkdtempSync(join(dir, "beside-"));
      cpSync(whole, folder, { recursive: true });
      const bytes = readFileSync(join(folder, name));
      writeFileSync(join(folder, name), Buffer.concat([bytes, Buffer.from(" ")]));
      expect([name, (await verify(folder)).kind]).toEqual([name, "broken"]);
      if (name !== "manifest.json") {
        rmSync(join(folder, name));
        expect([name, (await verify(folder)).kind]).toEqual([name, "broken"]);
      }
    }
  });

  it("altered by somebody who has the signing key, but not the checkpoints taken off the box, is found", async () => {
    const folder = mkdtempSync(join(dir, "insider-"));
    cpSync(whole, folder, { recursive: true });
    const [first] = lines(folder);
    writeFileSync(
      join(folder, first!.name),
      first!.lines
        .with(3, first!.lines[3]!.replace("ThingHappened", "ThingHoppened"))
        .map((line) => `${line}\n`)
        .join(""),
    );
    const text = readFileSync(join(folder, "manifest.json"), "utf8");
    writeFileSync(join(folder, "manifest.note"), signManifest(text, signer).note);
    expect(await verify(folder)).toMatchObject({ kind: "broken", position: positionOf(first!.lines[3]!) });
  });
});
