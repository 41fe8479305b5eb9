import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOSTILE_NAMES } from "./contract/index.ts";
import { SecretRefused } from "./errors.ts";
import { flatName, fromFlatName, fromVariableName, partsOf, secretName, secretNameOf, variableName } from "./secret-name.ts";

const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const part = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join("-"));
const name = fc.tuple(part, part, part).map(([provider, server, tokenType]) => secretNameOf({ provider, server, tokenType }));

describe("a secret's name", () => {
  it("comes back from every spelling, and no two names share one", () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(secretNameOf(partsOf(one))).toBe(one);
        expect(fromFlatName(flatName(one))).toBe(one);
        expect(fromVariableName(variableName(one))).toBe(one);
        expect(flatName(one) === flatName(other)).toBe(one === other);
        expect(variableName(one) === variableName(other)).toBe(one === other);
      }),
    );
  });

  it("is spelled in a way every store takes", () => {
    fc.assert(
      fc.property(name, (one) => {
        expect(flatName(one)).toMatch(/^[0-9a-z-]{1,127}$/);
        expect(variableName(one)).toMatch(/^[A-Z][A-Z0-9_]*$/);
      }),
    );
    const longest = secretNameOf({ provider: "p".repeat(32), server: "s".repeat(48), tokenType: "t".repeat(32) });
    expect(flatName(longest).length).toBeLessThanOrEqual(127);
  });

  it("is refused whenever any text is not one, and the refusal holds nothing of it", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ unit: "grapheme" }),
      name.chain((one) => changed(one)),
    );
    fc.assert(
      fc.property(text, (one) => {
        const accepted = /^oauth(\/[a-z0-9]+(-[a-z0-9]+)*){3}$/.test(one) && one.length <= 120;
        try {
          expect(secretName(one)).toBe(one);
          expect(accepted).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(SecretRefused);
          expect(accepted && partsOf(one as never).server.length <= 48 && one.split("/").every((each) => each.length <= 48)).toBe(false);
          if (one.length > 30) expect((error as Error).message).not.toContain(one);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("never becomes a path, an option or another case", () => {
    for (const hostile of HOSTILE_NAMES) expect(() => secretName(hostile)).toThrow(SecretRefused);
    for (const variable of ["PATH", "OAUTH__A__B", "oauth__a__b__c", "OAUTH__A__B__C__D", "OAUTH__A__B__C_", "OAUTH___A__B__C"])
      expect(fromVariableName(variable)).toBeUndefined();
    for (const flat of ["oauth-github-x-y", "oauth--..--x--y", "oauth---a--b--c", "OAUTH--A--B--C"])
      expect(fromFlatName(flat)).toBeUndefined();
  });
});

/** One character put into a good name anywhere. */
function changed(one: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(one.length), fc.string({ unit: "binary", minLength: 1, maxLength: 1 }))
    .map(([at, character]) => one.slice(0, at) + character + one.slice(at));
}
