import { describe, expect, it } from "vitest";
import { at, fold, decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type SubjectCommand, subjectDecider, type SubjectEvent } from "./index.ts";

const seen = (claims = "sealed-1", groups: readonly string[] = ["staff"]): SubjectEvent => ({
  type: "SubjectSeen",
  data: { subject: "s1", claims, groups },
});
const see = (changed: boolean, claims = "sealed-1"): SubjectCommand => ({
  kind: "see",
  now: T0,
  subject: "s1",
  claims,
  groups: ["staff"],
  changed,
});
const disable: SubjectCommand = { kind: "disable", now: T0, reason: "left" };
const enable: SubjectCommand = { kind: "enable", now: T0 };
const revokeAll: SubjectCommand = { kind: "revoke-all", now: T0, reason: "admin" };
const endSession = (sessionId = "x1"): SubjectCommand => ({ kind: "end-session", now: T0, sessionId, reason: "logout" });
const erase: SubjectCommand = { kind: "erase", now: T0 };

const active = at(T0, seen());
const disabled = [...active, ...at<SubjectEvent>(T0, { type: "SubjectDisabled", data: { reason: "left", generation: 1 } })];
const erased = [...active, ...at<SubjectEvent>(T0, { type: "SubjectErased", data: { generation: 1 } })];
const refused = (reason: "subject-unknown" | "subject-erased" | "subject-disabled") => ({ kind: "refused", reason }) as const;
const done = (generation = 0) => ({ kind: "done", generation }) as const;
const unchanged = { kind: "unchanged" } as const;

describe("seeing a subject at login", () => {
  it("records the first time", () => {
    const first = given(subjectDecider).when(see(false));
    expect(first.decision).toEqual(decided(done(), seen()));
    expect(first.state).toEqual({
      status: "active",
      subject: "s1",
      claims: "sealed-1",
      groups: ["staff"],
      generation: 0,
      endedSessions: [],
    });
  });

  it("records later logins only when something changed", () => {
    expect(given(subjectDecider, active).when(see(false, "sealed-again")).decision).toEqual(decided(unchanged));
    const changed = given(subjectDecider, active).when(see(true, "sealed-2"));
    expect(changed.decision).toEqual(decided(done(), seen("sealed-2")));
    expect(changed.state).toMatchObject({ claims: "sealed-2" });
  });

  it("does not let a disabled or erased person in", () => {
    expect(given(subjectDecider, disabled).when(see(true)).decision).toEqual(decided(refused("subject-disabled")));
    expect(given(subjectDecider, erased).when(see(true)).decision).toEqual(decided(refused("subject-erased")));
  });
});

describe("barring and revoking", () => {
  it("disables under a raised generation, and enabling does not lower it", () => {
    const off = given(subjectDecider, active).when(disable);
    expect(off.decision).toEqual(decided(done(1), { type: "SubjectDisabled", data: { reason: "left", generation: 1 } }));
    expect(given(subjectDecider, off.history).when(disable).decision).toEqual(decided(unchanged));
    const on = given(subjectDecider, off.history).when(enable);
    expect(on.decision).toEqual(decided(done(1), { type: "SubjectEnabled", data: {} }));
    expect(on.state).toEqual({ status: "active", subject: "s1", claims: "sealed-1", groups: ["staff"], generation: 1, endedSessions: [] });
    expect(given(subjectDecider, on.history).when(enable).decision).toEqual(decided(unchanged));
  });

  it("revokes everything by raising the generation, of a disabled person too", () => {
    expect(given(subjectDecider, active).when(revokeAll).decision).toEqual(
      decided(done(1), { type: "GenerationRaised", data: { of: "subject", generation: 1, reason: "admin" } }),
    );
    expect(given(subjectDecider, disabled).when(revokeAll).state).toMatchObject({ status: "disabled", generation: 2 });
  });

  it("ends one session and leaves the generation alone", () => {
    const out = given(subjectDecider, active).when(endSession());
    expect(out.decision).toEqual(
      decided(done(), { type: "GenerationRaised", data: { of: "session", generation: 0, sessionId: "x1", reason: "logout" } }),
    );
    expect(out.state).toMatchObject({ generation: 0, endedSessions: ["x1"] });
    expect(given(subjectDecider, out.history).when(endSession()).decision).toEqual(decided(unchanged));
  });

  it("never forgets an ended session, however many end after it, until a raised generation ends them all (P5)", () => {
    const many = Array.from({ length: 1_000 }, (_, n) =>
      at<SubjectEvent>(T0, { type: "GenerationRaised", data: { of: "session", generation: 0, sessionId: `x${n}`, reason: "logout" } }),
    ).flat();
    const state = fold(subjectDecider, [...active, ...many]) as { endedSessions: readonly string[] };
    expect([state.endedSessions.length, state.endedSessions[0], state.endedSessions.at(-1)]).toEqual([1_000, "x0", "x999"]);
    for (const command of [revokeAll, disable])
      expect(given(subjectDecider, [...active, ...many]).when(command).state).toMatchObject({ generation: 1, endedSessions: [] });
  });
});

describe("erasing a subject (P9)", () => {
  it("drops what was known of the person, once", () => {
    const gone = given(subjectDecider, active).when(erase);
    expect(gone.decision).toEqual(decided(done(1), { type: "SubjectErased", data: { generation: 1 } }));
    expect(gone.state).toEqual({ status: "erased", subject: "s1", generation: 1 });
    expect(given(subjectDecider, gone.history).when(erase).decision).toEqual(decided(unchanged));
    expect(given(subjectDecider, disabled).when(erase).state).toMatchObject({ status: "erased", generation: 2 });
  });

  it("is final", () => {
    for (const command of [disable, enable, revokeAll, endSession()])
      expect(given(subjectDecider, erased).when(command).decision).toEqual(decided(refused("subject-erased")));
    expect(fold(subjectDecider, [...erased, ...active])).toEqual(fold(subjectDecider, erased));
  });
});

describe("a subject that is not there, and what does not fit", () => {
  it("needs a subject that was seen", () => {
    for (const command of [disable, enable, revokeAll, endSession(), erase])
      expect(given(subjectDecider).when(command).decision).toEqual(decided(refused("subject-unknown")));
  });

  it("takes events that do not fit without a change", () => {
    const state = fold(subjectDecider, active);
    const odd: SubjectEvent[] = [
      { type: "SubjectEnabled", data: {} },
      { type: "GenerationRaised", data: { of: "session", generation: 0, reason: "logout" } },
    ];
    expect(fold(subjectDecider, at(T0, ...odd), state)).toEqual(state);
    expect(fold(subjectDecider, at(T0, ...odd))).toEqual({ status: "none" });
    const ended = given(subjectDecider, active).when(endSession());
    expect(fold(subjectDecider, ended.history.slice(-1), ended.state)).toEqual(ended.state);
    expect(subjectDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(subjectDecider.decide({ kind: "from-the-future" } as never, state).outcome).toEqual(refused("subject-unknown"));
  });
});
