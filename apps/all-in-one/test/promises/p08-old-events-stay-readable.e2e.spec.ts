/*
 * P8. Real: the frozen fixtures as a log in the event store, the whole server over it. Made: the log is written by the test, byte for byte as the fixtures say.
 */
import { hash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chainHash, uuidV7, type SealedEvent } from "@grantline/event-store";
import { keptBy, startTestPlatform } from "@grantline/testing";
import { expect, it } from "vitest";
import { verifyDataFolder } from "../support/event-log.ts";

interface Fixture {
  readonly type: string;
  readonly version: number;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

const FIXTURES = join(import.meta.dirname, "..", "..", "..", "..", "libs", "domain", "fixtures");

/** An event as a former release wrote it. */
function written(stream: string, revision: number, previousHash: string, { type, version, at, data }: Fixture): SealedEvent {
  const id = uuidV7();
  const meta = { correlationId: "old", actor: { kind: "system", id: "old-release" }, region: "local", service: "old" };
  const body = JSON.stringify({ id, stream, revision, type, version, at: new Date(at * 1_000).toISOString(), data, meta });
  return { id, stream, revision, type, body, hash: chainHash(previousHash, body) };
}

it("a log of every event and version ever written is replayed, and nothing is parked (P8)", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "grantline-fixtures-"));
  const store = await (await keptBy(dataDir)).openStore();
  const files = readdirSync(FIXTURES, { recursive: true, encoding: "utf8" }).filter((path) => /^\w+\/\w+\.v\d+\.json$/.test(path));
  for (const file of files) {
    const fixture = JSON.parse(readFileSync(join(FIXTURES, file), "utf8")) as Fixture;
    const stream = `${file.split("/")[0]}-${hash("sha256", file, "hex").slice(0, 32)}`;
    expect(await store.append(stream, -1, [written(stream, 0, "", fixture)])).toMatchObject({ kind: "appended" });
  }
  await store.close();
  expect(files.length).toBeGreaterThan(40);

  const server = await startTestPlatform({ dataDir });
  const { projector } = await server.admin.call<{ projector: { projections: { name: string; parked: number }[] } }>("GET", "/status");
  expect(projector.projections.filter(({ parked }) => parked > 0)).toEqual([]);
  const { items } = await server.admin.call<{ items: { type: string }[] }>("GET", "/events?limit=200");
  expect(items.length).toBeGreaterThanOrEqual(files.length);
  for (const listing of ["/grants", "/clients", "/resources", "/subjects"])
    expect((await server.admin.raw("GET", listing)).status).toBe(200);
  await server.close();
  expect(await verifyDataFolder(dataDir)).toMatchObject({ kind: "intact" });
  rmSync(dataDir, { recursive: true, force: true });
});
