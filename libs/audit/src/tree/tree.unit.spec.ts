// Real: everything, in memory. The expected roots are those of Certificate Transparency's own test data.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leafHash, nodeHash, EMPTY_ROOT } from "./hashing.ts";
import { consistencyProof, inclusionProof, type Subtree, treeRoot, verifyConsistency, verifyInclusion } from "./proof.ts";
import { CompactRange } from "./range.ts";
import { tilePath } from "./tiles.ts";

const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map((hex) =>
  Buffer.from(hex, "hex"),
);
const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** RFC 9162 §2.1.1, word for word: slow and plainly right. */
function naiveRoot(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return EMPTY_ROOT;
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(naiveRoot(hashes.slice(0, k)), naiveRoot(hashes.slice(k)));
}
const subtreeOf =
  (hashes: readonly Buffer[]): Subtree =>
  async (level, index) =>
    naiveRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level));
const hashesOf = (size: number): readonly Buffer[] => Array.from({ length: size }, (_, n) => leafHash(Buffer.from(`leaf ${n}`)));

describe("the Merkle tree", () => {
  it("has the roots of Certificate Transparency's test data at every size", () => {
    const range = new CompactRange();
    expect(range.root().toString("hex")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (const [index, leaf] of LEAVES.entries()) {
      range.append(leafHash(leaf));
      expect(range.root().toString("hex")).toBe(ROOTS[index]);
    }
  });

  it("grows to the root the standard defines, whatever its size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 300 }), async (size) => {
        const hashes = hashesOf(size);
        const range = new CompactRange();
        for (const hash of hashes) range.append(hash);
        expect(range.root()).toEqual(naiveRoot(hashes));
        expect(await treeRoot(subtreeOf(hashes), size)).toEqual(naiveRoot(hashes));
        expect(range.nodes.length).toBeLessThanOrEqual(9);
      }),
      { numRuns: 60 },
    );
  });

  it("proves every leaf, and no other hash, place, size or root", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), async (size, seed) => {
        const hashes = hashesOf(size);
        const [index, root] = [seed % size, naiveRoot(hashes)];
        const proof = await inclusionProof(subtreeOf(hashes), index, size);
        expect(verifyInclusion(hashes[index]!, index, size, proof, root)).toBe(true);
        expect(verifyInclusion(leafHash(Buffer.from("other")), index, size, proof, root)).toBe(false);
        expect(verifyInclusion(hashes[index]!, index, size, [...proof, root], root)).toBe(false);
        if (proof.length > 0) expect(verifyInclusion(hashes[index]!, index, size, proof.slice(1), root)).toBe(false);
        if (size > 1) expect(verifyInclusion(hashes[index]!, (index + 1) % size, size, proof, root)).toBe(false);
        expect(verifyInclusion(hashes[index]!, size, size, proof, root)).toBe(false);
      }),
    );
  });

  it("proves that it only grew, and that a changed past is none of its own", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), async (to, a, b) => {
        const hashes = hashesOf(to);
        const from = a % (to + 1);
        const [old, now] = [naiveRoot(hashes.slice(0, from)), naiveRoot(hashes)];
        const proof = await consistencyProof(subtreeOf(hashes), from, to);
        expect(verifyConsistency(from, to, proof, old, now)).toBe(true);
        if (from === 0) return;
        const forged = hashes.slice(0, from).with(b % from, leafHash(Buffer.from("forged")));
        expect(verifyConsistency(from, to, proof, naiveRoot(forged), now)).toBe(false);
        if (from < to) expect(verifyConsistency(from, to, proof.slice(1), old, now)).toBe(false);
        expect(verifyConsistency(to, from, proof, now, old)).toBe(from === to);
      }),
    );
  });

  it("names its tiles as C2SP does", () => {
    expect([tilePath(0, 5), tilePath(3, 1_234_067), tilePath("entries", 1_000)]).toEqual([
      "tile/0/005",
      "tile/3/x001/x234/067",
      "tile/entries/x001/000",
    ]);
  });
});
