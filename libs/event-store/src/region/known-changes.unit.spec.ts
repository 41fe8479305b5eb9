import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKnownChanges } from "./known-changes.ts";

const change = (stream: string, revision: number) => ({ stream, revision });

describe("known changes", () => {
  it("vouch for what was newest since they are complete, and is not known to be older", () => {
    const known = createKnownChanges("100");
    expect(known.vouchesFor("a", 3, "100")).toBe(true);
    expect(known.vouchesFor("a", 3, "99")).toBe(false);
    known.take([change("a", 4)]);
    expect(known.vouchesFor("a", 3, "100")).toBe(false);
    expect(known.vouchesFor("a", 4, "100")).toBe(true);
    expect(known.vouchesFor("a", 5, "1000")).toBe(true);
    known.take([change("a", 2)]);
    expect(known.vouchesFor("a", 3, "200")).toBe(false);
  });

  it("vouch for nothing from before a gap, and tell caches to begin anew", () => {
    const known = createKnownChanges("100");
    const cursor = known.cursor();
    known.take([change("a", 1)]);
    known.missed("150");
    expect(cursor.poll()).toBe("many");
    expect(cursor.poll()).toEqual([]);
    expect(known.vouchesFor("b", 0, "149")).toBe(false);
    expect(known.vouchesFor("b", 0, "150")).toBe(true);
  });

  it("hand every cache what came since it looked, and all anew to one that did not look for long", () => {
    const known = createKnownChanges("0");
    const [one, two] = [known.cursor(), known.cursor()];
    known.take([change("a", 1)]);
    expect(one.poll()).toEqual([change("a", 1)]);
    known.take([change("b", 1)]);
    expect(one.poll()).toEqual([change("b", 1)]);
    for (let n = 0; n < 20; n++) known.take(Array.from({ length: 1_000 }, (_, m) => change(`s${m}`, n)));
    expect(two.poll()).toBe("many");
    expect(two.poll()).toEqual([]);
  });

  it("never vouch for what has been overtaken, however much is forgotten and in whatever order it is heard", () => {
    // A log of appends to few streams. It is followed now and then, and some of it is told early.
    const step = fc.oneof(
      fc.record({ kind: fc.constant("append" as const), stream: fc.nat(5) }),
      fc.record({ kind: fc.constant("told" as const), back: fc.nat(3) }),
      fc.record({ kind: fc.constant("follow" as const) }),
      fc.record({ kind: fc.constant("miss" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (steps, most) => {
        const log: { stream: string; revision: number }[] = [];
        const newest = new Map<string, number>();
        const states: { stream: string; revision: number; asOf: string }[] = [];
        const known = createKnownChanges("0", most);
        let followed = 0;
        for (const one of [...steps, { kind: "follow" as const }]) {
          if (one.kind === "append") {
            const stream = `s${one.stream}`;
            const revision = (newest.get(stream) ?? -1) + 1;
            newest.set(stream, revision);
            log.push({ stream, revision });
            states.push({ stream, revision, asOf: String(log.length) });
          } else if (one.kind === "told") {
            const told = log.at(-1 - one.back);
            if (told !== undefined) known.take([told]);
          } else if (one.kind === "follow") {
            known.take(log.slice(followed));
            followed = log.length;
            known.reached(String(followed));
          } else {
            followed = log.length;
            known.missed(String(followed));
          }
        }
        for (const { stream, revision, asOf } of states)
          if (revision < (newest.get(stream) as number)) expect(known.vouchesFor(stream, revision, asOf)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});
