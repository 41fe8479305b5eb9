import { describe, expect, it } from "vitest";
import { at, decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type LoginCommand, loginDecider, type LoginEvent } from "./index.ts";

const linked = (subject: string): LoginEvent => ({ type: "SubjectLinked", data: { subject } });
const link = (subject: string, replaces?: string): LoginCommand => ({
  kind: "link",
  now: T0,
  subject,
  ...(replaces !== undefined && { replaces }),
});

describe("linking a login to a subject", () => {
  it("records the first", () => {
    const made = given(loginDecider).when(link("s1"));
    expect(made.decision).toEqual(decided({ kind: "linked", subject: "s1" }, linked("s1")));
    expect(made.state).toEqual({ status: "linked", subject: "s1" });
  });

  it("answers with the existing subject when another login of the person came first", () => {
    expect(given(loginDecider, at(T0, linked("s1"))).when(link("s2")).decision).toEqual(decided({ kind: "existing", subject: "s1" }));
    expect(given(loginDecider, at(T0, linked("s1"))).when(link("s1")).decision).toEqual(decided({ kind: "existing", subject: "s1" }));
    expect(given(loginDecider, at(T0, linked("s1"))).when(link("s1", "s1")).decision).toEqual(decided({ kind: "existing", subject: "s1" }));
  });

  it("replaces only the very subject that was found erased", () => {
    const again = given(loginDecider, at(T0, linked("s1"))).when(link("s2", "s1"));
    expect(again.decision).toEqual(decided({ kind: "linked", subject: "s2" }, linked("s2")));
    expect(given(loginDecider, again.history).when(link("s3", "s1")).decision).toEqual(decided({ kind: "existing", subject: "s2" }));
  });

  it("survives a type and a command it has never heard of", () => {
    const { state } = given(loginDecider, at(T0, linked("s1")));
    expect(loginDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(loginDecider.decide({ kind: "from-the-future" } as never, state).events).toEqual([]);
  });
});
