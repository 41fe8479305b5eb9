import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type LeaseCommand, leaseDecider } from "./index.ts";

const take = (holder: string, afterTerm: number): LeaseCommand => ({ kind: "take", now: T0, holder, afterTerm });
const release = (holder: string, term: number): LeaseCommand => ({ kind: "release", now: T0, holder, term });

describe("a lease", () => {
  it("begins free and is taken in the next term", () => {
    const first = given(leaseDecider).when(take("a", 0));
    expect(first.decision).toEqual(decided({ kind: "taken", term: 1 }, { type: "LeaseTaken", data: { holder: "a", term: 1 } }));
    expect(first.state).toEqual({ status: "held", holder: "a", term: 1, since: T0 });
    const second = given(leaseDecider, first.history).when(take("b", 1));
    expect(second.state).toEqual({ status: "held", holder: "b", term: 2, since: T0 });
  });

  it("goes to one of those who saw the same term, and never back to an old one", () => {
    const { history } = given(leaseDecider).when(take("a", 0));
    for (const afterTerm of [0, 2])
      expect(given(leaseDecider, history).when(take("b", afterTerm)).decision).toEqual(
        decided({ kind: "refused", reason: "lease-moved", term: 1 }),
      );
  });

  it("is given back by its holder alone, and its term is not used again", () => {
    const { history } = given(leaseDecider).when(take("a", 0));
    for (const command of [release("b", 1), release("a", 0), release("a", 2)])
      expect(given(leaseDecider, history).when(command).decision).toEqual(decided({ kind: "unchanged" }));
    const released = given(leaseDecider, history).when(release("a", 1));
    expect(released.decision).toEqual(decided({ kind: "released" }, { type: "LeaseReleased", data: { holder: "a", term: 1 } }));
    expect(released.state).toEqual({ status: "free", term: 1 });
    expect(given(leaseDecider, released.history).when(release("a", 1)).decision.events).toEqual([]);
    expect(given(leaseDecider, released.history).when(take("a", 1)).state).toMatchObject({ term: 2 });
  });

  it("is not freed by a release of an earlier term", () => {
    const held = given(leaseDecider).when(take("a", 0)).state;
    expect(leaseDecider.evolve(held, { type: "LeaseReleased", data: { holder: "z", term: 0 }, at: T0 })).toBe(held);
  });

  it("survives a type and a command it has never heard of", () => {
    const { state } = given(leaseDecider);
    expect(leaseDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(leaseDecider.decide({ kind: "from-the-future" } as never, state).events).toEqual([]);
  });
});
