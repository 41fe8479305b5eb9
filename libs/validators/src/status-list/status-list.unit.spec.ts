import { describe, expect, it } from "vitest";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { createStatusPlaces, issuedPlace, PLACES } from "@grantline/oauth/tokens";
import { createStatusBits } from "./bits.ts";

describe("the bits of a list", () => {
  it("are those of the draft's own example (§4.1, §4.2)", () => {
    const bits = createStatusBits(16);
    for (const idx of [0, 3, 4, 5, 7, 8, 9, 13, 15]) bits.invalidate(idx);
    expect(bits.encoded()).toBe("eNrbuRgAAhcBXQ");
  });

  it("say invalid of exactly those that were invalidated", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1_023)), (dead) => {
        const bits = createStatusBits(1_024);
        for (const idx of dead) bits.invalidate(idx);
        const bytes = inflateSync(Buffer.from(bits.encoded(), "base64url"));
        const read = Array.from({ length: 1_024 }, (_, idx) => idx).filter((idx) => (((bytes[idx >> 3] as number) >> (idx & 7)) & 1) === 1);
        expect(read).toEqual(dead.toSorted((a, b) => a - b));
      }),
      { numRuns: 30 },
    );
  });
});

describe("places", () => {
  const clock = { time: 1_000, now: () => clock.time };
  let made = 0;
  const random = { token: () => "", hex: (bytes: number) => String(++made).padStart(bytes * 2, "0") };

  it("are given once each, in a new list when one is full or an hour old", () => {
    const places = createStatusPlaces({ clock, random });
    const given = Array.from({ length: PLACES + 2 }, () => places.next());
    expect(new Set(given.map(({ list, idx }) => `${list} ${idx}`)).size).toBe(given.length);
    expect(Math.max(...given.map(({ idx }) => idx))).toBe(PLACES - 1);
    const before = given.at(-1)?.list;
    clock.time += 3_600;
    expect(places.next()).toMatchObject({ idx: 0, list: expect.not.stringContaining(before as string) as string });
  });

  it("of tokens without a grant follow from the jti, so they need no keeping", () => {
    expect(issuedPlace("abcdefgh-2026112210.8193")).toEqual({ list: "abcdefgh-2026112210.1", idx: 1 });
    expect(issuedPlace("eu1abcdefgh.0")).toBeUndefined();
  });
});
