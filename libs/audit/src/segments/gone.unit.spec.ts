import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packGone, unpackGone } from "./gone.ts";

describe("which leaves of a day are gone", () => {
  it("is packed and unpacked without loss, whatever goes and stays", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 40_000 })), { maxLength: 12 }), (runs) => {
        const flags = Uint8Array.from(runs.flatMap(([flag, length]) => Array<number>(length).fill(flag)));
        const gone = unpackGone(packGone(flags));
        expect(gone.count).toBe(flags.reduce((sum, flag) => sum + flag, 0));
        for (const [at, flag] of flags.entries())
          if (gone.has(at) !== (flag === 1)) expect.unreachable(`offset ${at} came back as another`);
      }),
      { numRuns: 50 },
    );
  });

  it("takes some kilobytes for a day of a million of which a thousand stay", () => {
    const flags = new Uint8Array(1_000_000).fill(1);
    for (let kept = 0; kept < 1_000; kept++) flags[(kept * 7_919 * 131) % 1_000_000] = 0;
    expect(packGone(flags).length).toBeLessThan(8_000);
  });

  it("is nothing when nothing is said, and refuses what is no list of ours", () => {
    expect([unpackGone("").has(0), unpackGone("").count]).toEqual([false, 0]);
    expect(() => unpackGone("not packed")).toThrow(/invalid|unexpected end|incorrect/i);
  });
});
