import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type AnomalyDetected, type FindingCommand, findingDecider, type ResponseTaken } from "./index.ts";

const finding: AnomalyDetected["data"] = {
  kind: "refresh-reuse",
  severity: "high",
  response: "suspend-client",
  clientId: "c1",
  grantId: "g1",
  evidence: [{ position: "7", id: "e7" }],
  count: 1,
  since: T0,
  until: T0,
};
const taken: ResponseTaken["data"] = { response: "suspend-client", result: "done", clientId: "c1" };
const detect: FindingCommand = { kind: "detect", now: T0, finding };
const answer: FindingCommand = { kind: "answer", now: T0 + 1, taken };
const lift: FindingCommand = { kind: "lift", now: T0 + 2, reason: "a drill", undone: true };

describe("a finding", () => {
  it("is found, answered and lifted once each, however often that is tried", () => {
    const found = given(findingDecider).when(detect);
    expect(found.decision).toEqual(decided({ kind: "done" }, { type: "AnomalyDetected", data: finding }));
    expect(found.state).toEqual({ status: "open", finding, detectedAt: T0 });
    expect(given(findingDecider, found.history).when(detect).decision).toEqual(decided({ kind: "unchanged" }));

    const answered = given(findingDecider, found.history).when(answer);
    expect(answered.decision).toEqual(decided({ kind: "done" }, { type: "ResponseTaken", data: taken }));
    for (const again of [detect, answer]) expect(given(findingDecider, answered.history).when(again).decision.events).toEqual([]);

    const lifted = given(findingDecider, answered.history).when(lift);
    expect(lifted.decision).toEqual(decided({ kind: "done" }, { type: "ResponseLifted", data: { reason: "a drill", undone: true } }));
    expect(lifted.state).toMatchObject({ status: "lifted", taken, reason: "a drill" });
    for (const again of [detect, answer, lift]) expect(given(findingDecider, lifted.history).when(again).decision.events).toEqual([]);
  });

  it("can't be answered or lifted before there is something to answer or to lift", () => {
    for (const early of [answer, lift])
      expect(given(findingDecider).when(early).decision).toEqual(decided({ kind: "refused", reason: "finding-unknown" }));
    const { history } = given(findingDecider).when(detect);
    expect(given(findingDecider, history).when(lift).decision).toEqual(decided({ kind: "refused", reason: "nothing-to-lift" }));
  });

  it("survives a type and a command it has never heard of", () => {
    const { state } = given(findingDecider);
    expect(findingDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(findingDecider.decide({ kind: "from-the-future" } as never, state).events).toEqual([]);
    expect(findingDecider.evolve(state, { type: "ResponseTaken", data: taken, at: T0 })).toBe(state);
    expect(findingDecider.evolve(state, { type: "ResponseLifted", data: { reason: "x", undone: false }, at: T0 })).toBe(state);
  });
});
