import { describe, expect, it } from "vitest";
import { deepFreeze } from "../testing/deep-freeze.ts";
import { type AnyEventDefinitions, equalData, isAdminScope, upcast } from "./index.ts";

describe("lifting old events to the present version (P8)", () => {
  const definitions: AnyEventDefinitions = {
    TeaBrewed: {
      version: 3,
      about: "A made-up event that changed twice.",
      ignorable: false,
      fields: { leaves: { kind: "public", about: "" }, seconds: { kind: "public", about: "" }, milk: { kind: "public", about: "" } },
      upcasters: {
        1: ({ minutes, ...rest }) => ({ ...rest, seconds: Number(minutes) * 60 }),
        2: (data) => Object.assign(data, { milk: false }),
      },
    },
    TeaSpilled: { version: 2, about: "Changed without an upcaster.", ignorable: true, fields: {} },
  };

  it("goes one version at a time", () => {
    expect(upcast(definitions, "TeaBrewed", 1, { leaves: "green", minutes: 3 })).toEqual({ leaves: "green", seconds: 180, milk: false });
    expect(upcast(definitions, "TeaBrewed", 2, { leaves: "green", seconds: 200 })).toEqual({ leaves: "green", seconds: 200, milk: false });
  });

  it("leaves present data alone", () => {
    const data = { leaves: "green", seconds: 200, milk: true };
    expect(upcast(definitions, "TeaBrewed", 3, data)).toBe(data);
  });

  it("never changes the data it was given, even when a step does", () => {
    expect(upcast(definitions, "TeaBrewed", 2, deepFreeze({ leaves: "black", seconds: 1 }))).toEqual({
      leaves: "black",
      seconds: 1,
      milk: false,
    });
  });

  it.each([
    ["a type it does not know", "CoffeeBrewed", 1],
    ["a name every object inherits", "constructor", 1],
    ["a version of the future", "TeaBrewed", 4],
    ["a version that never was", "TeaBrewed", 0],
    ["a version that is no whole number", "TeaBrewed", 1.5],
    ["no version at all", "TeaBrewed", Number.NaN],
    ["a step that is missing", "TeaSpilled", 1],
  ])("cannot read %s", (_what, type, version) => {
    expect(upcast(definitions, type, version, {})).toBeUndefined();
  });
});

describe("comparing data", () => {
  it.each<[unknown, unknown, boolean]>([
    [1, 1, true],
    [1, 2, false],
    ["a", "a", true],
    [null, null, true],
    [null, {}, false],
    [{}, null, false],
    [{}, "x", false],
    [{ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: undefined }, { b: undefined }, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [{}, 5, false],
    [[1, 2], [1, 3], false],
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, false],
    [[], {}, false],
    [{}, [], false],
    [{ a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2 }] } }, false],
  ])("%j and %j: %s", (a, b, same) => {
    expect(equalData(a, b)).toBe(same);
  });
});

describe("scopes of Grantline itself", () => {
  it("are told by their prefix", () => {
    expect(isAdminScope("grantline:admin")).toBe(true);
    expect(isAdminScope("read")).toBe(false);
    expect(isAdminScope("my-grantline:admin")).toBe(false);
  });
});
