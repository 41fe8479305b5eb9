import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { defaultSetting, evaluateFlag, type FlagCommand, flagDecider, type FlagSetting, isFlagName, KNOWN_FLAGS } from "./index.ts";

const open = defaultSetting("upstream.authorization");
const killed: FlagSetting = { ...open, enabled: false };
const set = (setting: FlagSetting, reason = "because"): FlagCommand => ({
  kind: "set",
  now: T0,
  name: "upstream.authorization",
  setting,
  reason,
});

describe("a flag", () => {
  it("is defined by the first word about it and changed by every later one, each with its reason", () => {
    const first = given(flagDecider).when(set(killed, "an incident"));
    expect(first.decision).toEqual(
      decided({ kind: "changed" }, { type: "FlagDefined", data: { name: "upstream.authorization", ...killed, reason: "an incident" } }),
    );
    const second = given(flagDecider, first.history).when(set(open, "over"));
    expect(second.decision.events).toEqual([{ type: "FlagChanged", data: { ...open, reason: "over" } }]);
    expect(second.state).toEqual({
      status: "set",
      name: "upstream.authorization",
      setting: open,
      reason: "over",
      changedAt: T0,
      changes: 2,
    });
  });

  it("does not change when it is told what it is", () => {
    const { history } = given(flagDecider).when(set(killed));
    expect(given(flagDecider, history).when(set({ ...killed }, "again")).decision).toEqual(decided({ kind: "unchanged" }));
  });

  it("is changed by nobody who looked at it before its last change", () => {
    const { history } = given(flagDecider).when({ ...set(killed), seen: 0 });
    expect(given(flagDecider, history).when({ ...set(open), seen: 0 }).decision).toEqual(
      decided({ kind: "refused", reason: "flag-moved", changes: 1 }),
    );
    expect(given(flagDecider, history).when({ ...set(open), seen: 1 }).decision.outcome).toEqual({ kind: "changed" });
  });

  it("survives a type and a command it has never heard of, and a change of what was never defined", () => {
    const { state } = given(flagDecider);
    expect(flagDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(flagDecider.decide({ kind: "from-the-future" } as never, state).events).toEqual([]);
    expect(flagDecider.evolve(state, { type: "FlagChanged", data: { ...open, reason: "r" }, at: T0 })).toBe(state);
  });
});

describe("whom a flag is on for", () => {
  const at =
    (place: number) =>
    (_unit: string): number =>
      place;
  const nobody = (): number => {
    throw new Error("no bucket is needed here");
  };

  it("is everybody by default, without a look at who asks", () => {
    expect(evaluateFlag(open, { subject: "s1" }, nobody)).toEqual({ on: true, reason: "everybody" });
  });

  it("is nobody once it is killed, not even a client it is on for by name", () => {
    expect(evaluateFlag({ ...killed, clients: { on: ["c1"], off: [] } }, { client: "c1" }, nobody)).toEqual({
      on: false,
      reason: "killed",
    });
  });

  it("is a client by name whatever the percentage, and not a client that is shut out by name", () => {
    const setting = { ...open, rollout: 0, clients: { on: ["c1", "c2"], off: ["c2"] } };
    expect(evaluateFlag(setting, { client: "c1", subject: "s" }, at(99))).toEqual({ on: true, reason: "client" });
    expect(evaluateFlag(setting, { client: "c2", subject: "s" }, at(0))).toEqual({ on: false, reason: "client" });
  });

  it("is a provider's own percentage, and nobody at a provider that is switched off", () => {
    const setting = { ...open, rollout: 50, providers: { github: 100, entra: 0, google: 10 }, clients: { on: ["c1"], off: [] } };
    expect(evaluateFlag(setting, { provider: "github" }, nobody)).toEqual({ on: true, reason: "provider" });
    expect(evaluateFlag(setting, { provider: "entra", client: "c1" }, nobody)).toEqual({ on: false, reason: "provider" });
    expect(evaluateFlag(setting, { provider: "google", subject: "s" }, at(20)).on).toBe(false);
    expect(evaluateFlag(setting, { provider: "custom", subject: "s" }, at(20)).on).toBe(true);
    expect(evaluateFlag(setting, { provider: "constructor", subject: "s" }, at(60)).on).toBe(false);
  });

  it("is whoever lies below the percentage, the client standing in where there is no subject, and nobody where there is neither", () => {
    const setting = { ...open, rollout: 30 };
    expect(evaluateFlag(setting, { subject: "s" }, at(29.9))).toEqual({ on: true, reason: "rollout" });
    expect(evaluateFlag(setting, { subject: "s" }, at(30))).toEqual({ on: false, reason: "rollout" });
    expect(evaluateFlag(setting, { client: "c", subject: "s" }, (unit) => (unit === "s" ? 0 : 99)).on).toBe(true);
    expect(evaluateFlag(setting, { client: "c" }, at(0)).on).toBe(true);
    expect(evaluateFlag(setting, {}, nobody)).toEqual({ on: false, reason: "rollout" });
  });
});

describe("the flags there are", () => {
  it("are named by area and capability, and say in a sentence what stops without them", () => {
    for (const [name, { about }] of Object.entries(KNOWN_FLAGS)) {
      expect(name).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
      expect(about).toMatch(/\.$/);
      expect(isFlagName(name)).toBe(true);
    }
    for (const unknown of ["constructor", "gateway", ""]) expect(isFlagName(unknown)).toBe(false);
  });
});
