// Real: the grower on SQLite, the endpoints. Fake: the clock.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuditWorld, openAuditWorld } from "../fixtures/audit-world.ts";
import { verifyConsistency, verifyInclusion } from "../tree/proof.ts";
import { openCheckpoint } from "./checkpoint.ts";

let world: AuditWorld;
beforeAll(async () => {
  world = await openAuditWorld();
});
afterAll(() => world.close());

const hashes = (proof: unknown): readonly Buffer[] => (proof as string[]).map((hash) => Buffer.from(hash, "base64"));

describe("checkpoints and proofs over HTTP", () => {
  it("are not there before the first is signed, and the key is", async () => {
    const fresh = await openAuditWorld({ lease: { held: () => false } });
    for (const target of ["/audit/v1/checkpoint", "/audit/v1/proof/consistency?from=0", "/audit/v1/proof/inclusion?stream=a&revision=0"])
      expect([target, (await fresh.get(target)).status]).toEqual([target, 404]);
    expect((await fresh.get("/audit/v1/checkpoint.vkey")).text).toMatch(/^auth\.test\/oauth\/eu1\+[0-9a-f]{8}\+\S{44}\n$/);
    await fresh.close();
  });

  it("prove an event, in the newest tree and in an older one that has it", async () => {
    await world.append("grant-a", 10);
    const old = openCheckpoint((await world.audit.grower?.catchUp()) ?? "", world.verifier)!;
    await world.append("grant-b", 500);
    const now = openCheckpoint((await world.audit.grower?.catchUp()) ?? "", world.verifier)!;
    for (const { size, root } of [old, now]) {
      const { body } = await world.get(`/audit/v1/proof/inclusion?stream=grant-a&revision=7&size=${size}`);
      const leaf = Buffer.from(String(body["leaf_hash"]), "base64");
      expect(verifyInclusion(leaf, Number(body["leaf_index"]), size, hashes(body["proof"]), root)).toBe(true);
    }
    const { body } = await world.get(`/audit/v1/proof/consistency?from=${old.size}`);
    expect(verifyConsistency(old.size, now.size, hashes(body["proof"]), old.root, now.root)).toBe(true);
  });

  it("refuse what is no question, and say what the tree does not have", async () => {
    const cases: readonly (readonly [string, number])[] = [
      ["/audit/v1/proof/inclusion?stream=grant-a", 400],
      ["/audit/v1/proof/inclusion?stream=grant-a&revision=-1", 400],
      ["/audit/v1/proof/inclusion?stream=grant-a&revision=99", 404],
      ["/audit/v1/proof/inclusion?stream=nobody&revision=0", 404],
      ["/audit/v1/proof/inclusion?stream=grant-b&revision=0&size=5", 404],
      ["/audit/v1/proof/inclusion?stream=grant-b&revision=0&size=99999", 404],
      ["/audit/v1/proof/consistency?from=5&to=4", 400],
      ["/audit/v1/proof/consistency?from=5&to=99999", 404],
      ["/audit/v1/proof/consistency", 400],
    ];
    for (const [target, status] of cases) expect([target, (await world.get(target)).status]).toEqual([target, status]);
  });

  it("give the proof of an event only to who may read the log", async () => {
    const endpoint = world.audit.endpoints.find(({ id }) => id === "proof-inclusion")!;
    const request = {
      method: "GET",
      path: endpoint.path,
      query: "stream=grant-a&revision=0",
      params: {},
      headers: {},
      body: undefined,
      ip: "",
      correlationId: "c",
    };
    await expect(Promise.resolve(endpoint.handle(request))).rejects.toMatchObject({ reason: "bearer-missing" });
  });
});
