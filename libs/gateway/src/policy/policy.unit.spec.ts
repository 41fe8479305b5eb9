import { describe, expect, it } from "vitest";
import { recordedName, shapeOf } from "./payload-shape.ts";
import { judgeTool, visibleTools } from "./tools.ts";

describe("may a tool be called", () => {
  it("without rules every tool may", () => {
    expect(judgeTool(undefined, "x", [])).toEqual({ kind: "allowed" });
    expect(judgeTool({}, "x", [])).toEqual({ kind: "allowed" });
  });

  it("what is denied is denied in every spelling, also when it is allowed", () => {
    const policy = { allow: ["drop", "read"], deny: ["drop"] };
    for (const name of ["drop", "DROP", "dr\u200bop", " drop "]) expect(judgeTool(policy, name, [])).toEqual({ kind: "denied" });
    expect(judgeTool(policy, "read", [])).toEqual({ kind: "allowed" });
  });

  it("what is allowed is allowed in its own spelling alone", () => {
    for (const name of ["Read", "read ", "r\u00adead"]) expect(judgeTool({ allow: ["read"] }, name, [])).toEqual({ kind: "denied" });
  });

  it("scopes of every rule that means the tool are needed, all of them", () => {
    const policy = { scopes: { write: ["w", "x"], WRITE: ["y"] } };
    expect(judgeTool(policy, "Write", ["w", "x"])).toEqual({ kind: "scopes", scopes: ["w", "x", "y"] });
    expect(judgeTool(policy, "write", ["w", "x", "y"])).toEqual({ kind: "allowed" });
    expect(judgeTool(policy, "read", [])).toEqual({ kind: "allowed" });
  });

  it("lists leave out what nobody may call, and show what more scope would open", () => {
    const tools = [{ name: "read" }, { name: "write" }, { name: "drop" }, { name: 1 }, {}];
    expect(visibleTools({ deny: ["drop"], scopes: { write: ["w"] } }, tools)).toEqual([{ name: "read" }, { name: "write" }]);
  });
});

describe("what is recorded of a call", () => {
  it("is its size and how many arguments it had", () => {
    expect(shapeOf({ arguments: { a: "ä", b: 2 } }, '{"ä"}')).toEqual({ bytes: 6, members: 2 });
    expect(shapeOf({}, "")).toEqual({ bytes: 0, members: 0 });
  });

  it("is the tool's name, or its hash where a name could be a message", () => {
    expect(recordedName("create_issue.v2")).toBe("create_issue.v2");
    for (const odd of ["my password is x", "a".repeat(129), "", "ä"]) expect(recordedName(odd)).toMatch(/^sha256:[\w-]{43}$/);
  });
});
