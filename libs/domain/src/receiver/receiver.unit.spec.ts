import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type ReceiverCommand, receiverDecider, type SignalSettings } from "./index.ts";

const settings: SignalSettings = { method: "push", url: "https://receiver.example/events", events: ["session-revoked"] };
const create: ReceiverCommand = { kind: "create", now: T0, streamId: "st1", clientId: "c1", settings };
const { history } = given(receiverDecider).when(create);
const after = given(receiverDecider, history);

describe("a receiver's stream", () => {
  it("is created once, and anew after it was deleted, under another name", () => {
    expect(after.state).toEqual({ kind: "active", streamId: "st1", clientId: "c1", status: "enabled", verifiedAt: 0, ...settings });
    expect(after.when({ ...create, streamId: "st2" }).decision).toEqual(decided({ kind: "refused", reason: "stream-exists" }));
    const deleted = after.when({ kind: "delete", now: T0, streamId: "st1" });
    expect(deleted.state).toEqual({ kind: "none" });
    expect(given(receiverDecider, deleted.history).when({ ...create, streamId: "st2" }).state).toMatchObject({ streamId: "st2" });
  });

  it("is not found by any other name", () => {
    for (const command of [
      { kind: "update", now: T0, streamId: "st0", settings },
      { kind: "set-status", now: T0, streamId: "st0", status: "paused" },
      { kind: "verify", now: T0, streamId: "st0", minInterval: 60 },
      { kind: "delete", now: T0, streamId: "st0" },
    ] as const) {
      expect(after.when(command).decision).toEqual(decided({ kind: "refused", reason: "stream-unknown" }));
      expect(given(receiverDecider).when(command).decision.events).toEqual([]);
    }
  });

  it("is changed as a whole, and not at all by the same again", () => {
    const poll: SignalSettings = { method: "poll", events: ["risk-level-change"] };
    const changed = after.when({ kind: "update", now: T0, streamId: "st1", settings: poll });
    expect(changed.state).toEqual({ kind: "active", streamId: "st1", clientId: "c1", status: "enabled", verifiedAt: 0, ...poll });
    expect(after.when({ kind: "update", now: T0, streamId: "st1", settings: { ...settings } }).decision).toEqual(
      decided({ kind: "unchanged" }),
    );
  });

  it("is paused and enabled again, with the reason while there is one", () => {
    const paused = after.when({ kind: "set-status", now: T0, streamId: "st1", status: "paused", reason: "maintenance" });
    expect(paused.state).toMatchObject({ status: "paused", reason: "maintenance" });
    const again = given(receiverDecider, paused.history).when({ kind: "set-status", now: T0, streamId: "st1", status: "enabled" });
    expect(again.state).not.toHaveProperty("reason");
    expect(after.when({ kind: "set-status", now: T0, streamId: "st1", status: "enabled" }).decision.events).toEqual([]);
  });

  it("is verified when asked, but not more often than it may", () => {
    const verify = (now: number): ReceiverCommand => ({ kind: "verify", now, streamId: "st1", state: "abc", minInterval: 60 });
    const first = after.when(verify(T0));
    expect(first.decision.events).toEqual([{ type: "SignalVerificationRequested", data: { streamId: "st1", state: "abc" } }]);
    expect(given(receiverDecider, first.history).when(verify(T0 + 20)).decision).toEqual(
      decided({ kind: "refused", reason: "too-soon", wait: 40 }),
    );
    expect(given(receiverDecider, first.history).when(verify(T0 + 60)).decision.outcome).toEqual({ kind: "done" });
  });

  it("survives a type and a command it has never heard of", () => {
    expect(receiverDecider.evolve(after.state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(after.state);
    expect(receiverDecider.decide({ kind: "from-the-future", streamId: "st1" } as never, after.state).events).toEqual([]);
  });
});
