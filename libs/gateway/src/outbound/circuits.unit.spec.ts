import { describe, expect, it } from "vitest";
import type { Reason } from "@grantline/oauth/errors";
import { createCircuits } from "./circuits.ts";
import { UpstreamFailure } from "./send.ts";

/** Circuits, and what comes of calls through them. */
function circuits(pauseMs = 600_000) {
  const states: (readonly [string, boolean])[] = [];
  const all = createCircuits({ pauseMs, onState: (server, open) => void states.push([server, open]) });
  const through = (person: string, work: () => Promise<string>) =>
    all.through({ server: "s", person }, work).catch((error: unknown) => (error as UpstreamFailure).reason);
  const fails = async (person: string, reason: Reason, times = 1) => {
    const all: string[] = [];
    for (let n = 0; n < times; n += 1) all.push(await through(person, () => Promise.reject(new UpstreamFailure(reason, false, undefined))));
    return all;
  };
  const works = (person: string) => through(person, () => Promise.resolve("answered"));
  return { states, fails, works };
}

describe("a circuit", () => {
  it.each<Reason>(["upstream-slow", "upstream-cut", "upstream-headers", "upstream-not-mcp"])(
    "opens for a person whose own calls end in %s, and for nobody else",
    async (reason) => {
      const { fails, works, states } = circuits();
      expect(await fails("mallory", reason, 20)).toEqual([...Array(5).fill(reason), ...Array(15).fill("upstream-circuit-open")]);
      expect([await works("mallory"), await works("alice")]).toEqual(["upstream-circuit-open", "answered"]);
      expect(states).toEqual([]);
    },
  );

  it("opens for all once calls of several people have failed in a row", async () => {
    const { fails, works, states } = circuits();
    await fails("alice", "upstream-slow", 4);
    expect(await works("bob")).toBe("answered");
    await fails("bob", "upstream-slow", 3);
    expect(await works("carol")).toBe("answered");
    await fails("dave", "upstream-cut", 2);
    await fails("erin", "upstream-slow", 3);
    expect(await works("carol")).toBe("upstream-circuit-open");
    expect(states).toEqual([["s", true]]);
  });

  it("opens for all when no connection comes to be, whoever calls: that is nobody's doing", async () => {
    const { fails, works } = circuits();
    await fails("alice", "upstream-unreachable", 5);
    expect(await works("bob")).toBe("upstream-circuit-open");
  });

  it("opens at nothing that is our doing or the client's own", async () => {
    const { fails, works } = circuits();
    for (const reason of ["upstream-address-refused", "client-gone"] as const)
      for (const person of ["alice", "bob"]) await fails(person, reason, 5);
    expect(await works("alice")).toBe("answered");
  });

  it("closes when the server answers after its pause", async () => {
    const { fails, works, states } = circuits(0);
    await fails("alice", "upstream-unreachable", 5);
    expect(await works("bob")).toBe("answered");
    expect(states).toEqual([
      ["s", true],
      ["s", false],
    ]);
  });
});
