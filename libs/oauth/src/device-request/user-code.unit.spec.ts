import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeUserCode, readUserCode, showUserCode } from "./user-code.ts";

const random = { token: () => "", hex: (bytes: number) => randomBytes(bytes).toString("hex") };

describe("user codes", () => {
  it("have eight letters of RFC 8628 §6.1, each as likely as the next", () => {
    const letters = new Map<string, number>();
    for (let n = 0; n < 2_000; n++) {
      const code = makeUserCode(random);
      expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
      for (const letter of code) letters.set(letter, (letters.get(letter) ?? 0) + 1);
    }
    // 16,000 letters, 800 of each: a letter favoured by the remainder of 256 would have 1,000 or more with those below it at 750
    expect(letters.size).toBe(20);
    for (const count of letters.values()) expect(Math.abs(count - 800)).toBeLessThan(200);
  });

  it("never takes a byte that would favour some letters", () => {
    const bytes = ["ff".repeat(16), `${"f0".repeat(8)}${"00".repeat(8)}`];
    expect(makeUserCode({ ...random, hex: () => bytes.shift() ?? "01".repeat(16) })).toBe("BBBBBBBB");
  });

  it("are read as people type them, and nothing else is", () => {
    for (const typed of ["WDJB-MJHT", "wdjbmjht", " wdjb mjht ", "w.d.j.b-m.j.h.t"]) expect(readUserCode(typed)).toBe("WDJBMJHT");
    for (const typed of [undefined, "", "WDJB-MJH", "WDJB-MJHTX", "WDJB-MJH1", "AEIO-UAEI", "W".repeat(400), "<script>"])
      expect(readUserCode(typed)).toBeUndefined();
    expect(showUserCode("WDJBMJHT")).toBe("WDJB-MJHT");
  });
});
