// Real: SQLite event store, key folder, the tree in a folder, signed checkpoints. Fake: the clock.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openAuditWorld, type AuditWorld } from "../fixtures/audit-world.ts";
import { openCheckpoint } from "../checkpoint/checkpoint.ts";
import { drawSample } from "../sample/sample.ts";
import { verifyInclusion } from "../tree/proof.ts";
import { exportEvents } from "./export.ts";
import { jsonLines } from "./json-lines.ts";
import { verifyManifest } from "./manifest.ts";
import { manifestSignerOf, vouchersOf } from "./vouchers.ts";

let world: AuditWorld;
beforeAll(async () => {
  world = await openAuditWorld();
  await world.append("thing-1", 20);
  const signed = async (): Promise<number> => Number((await world.treeStore.checkpoint())?.split("\n")[1] ?? 0);
  await vi.waitUntil(async () => (await signed()) > 20, 15_000);
});
afterAll(() => world.close());

const base64 = (text: string): Buffer => Buffer.from(text, "base64");

describe("what stands behind an export", () => {
  it("is the checkpoint key and the checkpoint that covers its head", async () => {
    const { checkpointAt } = vouchersOf(world.treeStore);
    const started = await exportEvents(world.store, {}, jsonLines, {
      version: "1",
      head: "20",
      checkpointAt,
      signer: manifestSignerOf(world.audit.signer),
    });
    for await (const _piece of started.pieces) continue;
    const manifest = await started.manifest("x");
    expect(openCheckpoint(manifest.checkpoint ?? "", world.verifier)?.size).toBeGreaterThanOrEqual(20);
    expect(manifest.signature?.keyId).toBe(world.verifier.vkey);
    expect(
      await verifyManifest(manifest, (bytes, signature) => world.verifier.verify(Buffer.from(bytes).toString(), Buffer.from(signature))),
    ).toBe(true);
    expect(await checkpointAt("999999")).toBeUndefined();
  });

  it("proves of every event of a sample that the signed tree has it", async () => {
    const { items } = await drawSample(world.store, {}, { seed: "a", count: 5, head: "20", prove: vouchersOf(world.treeStore).prove });
    expect(items).toHaveLength(5);
    for (const { proof } of items) {
      const shown = proof as { leaf_index: number; tree_size: number; leaf_hash: string; proof: string[]; checkpoint: string };
      const root = openCheckpoint(shown.checkpoint, world.verifier)?.root ?? Buffer.alloc(32);
      expect(verifyInclusion(base64(shown.leaf_hash), shown.leaf_index, shown.tree_size, shown.proof.map(base64), root)).toBe(true);
    }
  });
});
