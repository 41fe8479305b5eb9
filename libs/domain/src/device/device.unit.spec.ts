import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { digest, T0 } from "../testing/grants.ts";
import {
  type DeviceApproval,
  type DeviceCommand,
  deviceDecider,
  type DeviceEvent,
  type DeviceOutcome,
  type DeviceRequest,
} from "./index.ts";

const request: DeviceRequest = {
  clientId: "tv",
  resources: [{ id: "r1", uri: "https://one.test/mcp" }],
  scope: ["read"],
  codeHash: digest("device-code"),
  expiresAt: T0 + 600,
};
const approval: DeviceApproval = {
  subject: "s1",
  entity: "human",
  sessionId: "session-1",
  resources: [{ id: "r1", uri: "https://one.test/mcp", scopes: ["read"] }],
  scope: ["read"],
  authTime: T0 - 5,
  amr: ["pwd"],
  generations: { client: 0, subject: 0, consent: 0, resources: { r1: 0 } },
  refreshable: true,
  absoluteExpiresAt: T0 + 10_000,
  offline: false,
  consent: { stream: "consent-s1-tv", revision: 0 },
};
const approve = (now = T0): DeviceCommand => ({ kind: "approve", now, request, approval });
const deny = (slowDowns = 0, now = T0): DeviceCommand => ({
  kind: "deny",
  now,
  request,
  subject: "s1",
  reason: "access-denied",
  slowDowns,
});
const redeem = (slowDowns = 0, grantId = "g1"): DeviceCommand => ({ kind: "redeem", now: T0 + 9, grantId, slowDowns });
const expire = (now: number, slowDowns = 0): DeviceCommand => ({ kind: "expire", now, slowDowns });

const requested: DeviceEvent = { type: "DeviceAuthorizationRequested", data: request };
const approved = given(deviceDecider).when(approve()).history;
const denied = given(deviceDecider).when(deny()).history;
const redeemed = given(deviceDecider, approved).when(redeem()).history;
const expired = given(deviceDecider, approved).when(expire(T0 + 600)).history;

describe("a device authorization", () => {
  it("is told of with the person's yes, and then waits for its device", () => {
    const { decision, state } = given(deviceDecider).when(approve());
    expect(decision).toEqual(
      decided<DeviceEvent, DeviceOutcome>({ kind: "approved" }, requested, { type: "DeviceAuthorizationApproved", data: approval }),
    );
    expect(state).toEqual({ status: "approved", request, approval });
  });

  it("is told of with the person's no, and how often the device had been too fast", () => {
    const { decision, state } = given(deviceDecider).when(deny(3));
    expect(decision).toEqual(
      decided<DeviceEvent, DeviceOutcome>(
        { kind: "denied" },
        requested,
        { type: "SlowDownIssued", data: { times: 3 } },
        { type: "DeviceAuthorizationDenied", data: { subject: "s1", reason: "access-denied" } },
      ),
    );
    expect(state).toEqual({ status: "denied", request });
  });

  it("is decided once, whatever the second decision is (P2)", () => {
    for (const history of [approved, denied, redeemed, expired])
      for (const again of [approve(), deny()])
        expect(given(deviceDecider, history).when(again).decision).toEqual(decided({ kind: "refused", reason: "device-decided" }));
  });

  it("can't be decided after its end", () => {
    for (const late of [approve(T0 + 600), deny(0, T0 + 600)])
      expect(given(deviceDecider).when(late).decision).toEqual(decided({ kind: "refused", reason: "device-expired" }));
  });

  it("is redeemed for one grant, and hearing of it twice changes nothing", () => {
    const first = given(deviceDecider, approved).when(redeem(2));
    expect(first.decision).toEqual(
      decided<DeviceEvent, DeviceOutcome>(
        { kind: "redeemed" },
        { type: "SlowDownIssued", data: { times: 2 } },
        { type: "DeviceAuthorizationRedeemed", data: { grantId: "g1" } },
      ),
    );
    expect(first.state).toEqual({ status: "redeemed", request, grantId: "g1" });
    expect(given(deviceDecider, first.history).when(redeem()).decision).toEqual(decided({ kind: "redeemed" }));
    expect(given(deviceDecider, first.history).when(redeem(0, "g2")).decision).toEqual(
      decided({ kind: "refused", reason: "device-decided" }),
    );
  });

  it("is not redeemed before anybody allowed it, nor after a no", () => {
    expect(given(deviceDecider).when(redeem()).decision).toEqual(decided({ kind: "refused", reason: "device-undecided" }));
    expect(given(deviceDecider, denied).when(redeem()).decision).toEqual(decided({ kind: "refused", reason: "device-decided" }));
  });

  it("hears of its grant even when its end was recorded first", () => {
    expect(given(deviceDecider, expired).when(redeem()).state).toMatchObject({ status: "redeemed", grantId: "g1" });
  });

  it("expires once it was allowed and nobody came, not before its end, and says so once", () => {
    expect(given(deviceDecider, approved).when(expire(T0 + 599)).decision).toEqual(decided({ kind: "refused", reason: "expiry-not-due" }));
    const over = given(deviceDecider, approved).when(expire(T0 + 600, 1));
    expect(over.decision).toEqual(
      decided<DeviceEvent, DeviceOutcome>(
        { kind: "expired" },
        { type: "SlowDownIssued", data: { times: 1 } },
        { type: "DeviceAuthorizationExpired", data: { expiresAt: T0 + 600 } },
      ),
    );
    expect(over.state).toEqual({ status: "expired", request });
    expect(given(deviceDecider, over.history).when(expire(T0 + 700)).decision).toEqual(decided({ kind: "expired" }));
    expect(given(deviceDecider).when(expire(T0 + 700)).decision).toEqual(decided({ kind: "refused", reason: "device-undecided" }));
    expect(given(deviceDecider, redeemed).when(expire(T0 + 700)).decision).toEqual(decided({ kind: "refused", reason: "device-decided" }));
  });

  it("takes no event that does not fit", () => {
    for (const history of [denied, redeemed, expired]) {
      const { state } = given(deviceDecider, history);
      for (const event of [requested, { type: "DeviceAuthorizationApproved", data: approval } as const])
        expect(deviceDecider.evolve(state, { ...event, at: T0 })).toBe(state);
    }
    const { state } = given(deviceDecider);
    for (const event of [
      { type: "DeviceAuthorizationApproved", data: approval },
      { type: "DeviceAuthorizationDenied", data: { subject: "s1", reason: "x" } },
      { type: "DeviceAuthorizationRedeemed", data: { grantId: "g1" } },
      { type: "DeviceAuthorizationExpired", data: { expiresAt: 1 } },
      { type: "SlowDownIssued", data: { times: 1 } },
      { type: "FromTheFuture", data: {} },
    ])
      expect(deviceDecider.evolve(state, { ...event, at: T0 } as never)).toBe(state);
    expect(deviceDecider.decide({ kind: "from-the-future" } as never, state).events).toEqual([]);
  });
});
