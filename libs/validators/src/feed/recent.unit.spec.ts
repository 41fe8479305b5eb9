import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Told } from "./entry.ts";
import { createRecent } from "./recent.ts";

const told = (position: number): Told => ({
  entry: { kind: "token", id: `t${position}`, position: String(position) },
  audience: "everybody",
});

describe("the latest revocations in memory", () => {
  it("are all there are after any position not before where they begin, however many there were", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 60 }), fc.nat(200), (steps, asked) => {
        const recent = createRecent("0", 10);
        const all: number[] = [];
        for (const step of steps) {
          const position = (all.at(-1) ?? 0) + step;
          all.push(position);
          recent.add([told(position)], String(position));
        }
        const after = Math.max(asked, Number(recent.since()));
        expect(recent.after(String(after)).map(({ entry }) => Number(entry.position))).toEqual(all.filter((position) => position > after));
        expect(recent.after("0").length).toBeLessThanOrEqual(10);
      }),
    );
  });

  it("know how far they go even when nothing was revoked, and never go back", () => {
    const recent = createRecent("5");
    recent.add([], "9");
    recent.add([], "7");
    expect([recent.position(), recent.since()]).toEqual(["9", "5"]);
  });
});
