import { describe, expect, it } from "vitest";
import { restSeconds } from "./backoff.ts";

describe("the rest after a failed refresh", () => {
  it("doubles with each failure, up to a quarter of an hour", () => {
    expect([0, 1, 2, 3, 20, 500].map((failures) => restSeconds(failures, undefined, 1))).toEqual([2, 4, 8, 16, 900, 900]);
  });

  it("is spread, so that many do not come back at once", () => {
    expect([0, 0.5, 1].map((random) => restSeconds(5, undefined, random))).toEqual([32, 48, 64]);
  });

  it("is never less than the provider asked for, within an hour", () => {
    expect(restSeconds(0, 120, 0)).toBe(120);
    expect(restSeconds(9, 3, 1)).toBe(900);
    expect(restSeconds(0, 31_536_000, 0)).toBe(3_600);
  });
});
