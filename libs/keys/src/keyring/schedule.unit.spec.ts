import type { KeyringState, SigningKey } from "@grantline/domain/keyring";
import { describe, expect, it } from "vitest";
import { type Due, nextStep } from "./schedule.ts";

const DAY = 86_400;
const BORN = 1_000_000_000;
const schedule = { rotation: 30 * DAY, publishAhead: DAY, retireFor: 2 * 3600 };

function key(kid: string, status: SigningKey["status"], more: Partial<SigningKey> = {}): SigningKey {
  return {
    kid,
    alg: "ES256",
    publicJwk: {},
    status,
    createdAt: BORN,
    ...(status === "published" ? { publishedAt: BORN } : {}),
    ...(status === "active" ? { activatedAt: BORN } : {}),
    ...more,
  };
}

function stateOf(...keys: readonly SigningKey[]): KeyringState {
  return { keys: Object.fromEntries(keys.map((one) => [one.kid, one])) };
}

function next(state: KeyringState, after: number, more: Partial<Due> = {}) {
  return nextStep(state, { algs: ["ES256"], schedule, now: BORN + after, usable: () => true, ...more });
}

describe("the schedule of signing keys", () => {
  it("on an empty keyring makes, publishes and activates at once", () => {
    expect(next(stateOf(), 0)).toEqual({ kind: "make", alg: "ES256" });
    expect(next(stateOf(key("a", "created")), 0)).toEqual({ kind: "publish", kid: "a" });
    expect(next(stateOf(key("a", "published")), 0)).toEqual({ kind: "activate", kid: "a" });
    expect(next(stateOf(key("a", "active")), 0)).toBeUndefined();
  });

  it("makes and publishes the successor ahead of its time and activates it when it is due", () => {
    const active = key("a", "active");
    expect(next(stateOf(active), 29 * DAY - 1)).toBeUndefined();
    expect(next(stateOf(active), 29 * DAY)).toEqual({ kind: "make", alg: "ES256" });
    expect(next(stateOf(active, key("b", "created")), 29 * DAY)).toEqual({ kind: "publish", kid: "b" });
    const waiting = stateOf(active, key("b", "published", { publishedAt: BORN + 29 * DAY }));
    expect(next(waiting, 30 * DAY - 1)).toBeUndefined();
    expect(next(waiting, 30 * DAY)).toEqual({ kind: "activate", kid: "b" });
  });

  it("keeps the publishing lead even when it is late itself", () => {
    const late = stateOf(key("a", "active"), key("b", "published", { publishedAt: BORN + 40 * DAY }));
    expect(next(late, 41 * DAY - 1)).toBeUndefined();
    expect(next(late, 41 * DAY)).toEqual({ kind: "activate", kid: "b" });
  });

  it("removes a retired key when its time is over and not before", () => {
    const retired = stateOf(key("a", "active"), key("z", "retired", { removeAfter: BORN + 100 }));
    expect(next(retired, 99)).toBeUndefined();
    expect(next(retired, 100)).toEqual({ kind: "remove", kid: "z" });
  });

  it("never activates what is not in the vault, and replaces an active key that is not", () => {
    const usable = (kid: string) => kid === "here";
    expect(next(stateOf(key("elsewhere", "published")), 0, { usable })).toEqual({ kind: "make", alg: "ES256" });
    expect(next(stateOf(key("elsewhere", "active")), 0, { usable })).toEqual({ kind: "make", alg: "ES256" });
    expect(next(stateOf(key("elsewhere", "active"), key("here", "published")), 0, { usable })).toEqual({ kind: "activate", kid: "here" });
  });

  it("has everybody choose the same successor: published before made, then the first in the stream, whatever clocks say", () => {
    expect(next(stateOf(key("b", "created", { createdAt: BORN + 1 }), key("a", "created")), 0)).toEqual({ kind: "publish", kid: "b" });
    expect(next(stateOf(key("a", "created"), key("b", "created")), 0)).toEqual({ kind: "publish", kid: "a" });
    expect(next(stateOf(key("a", "created"), key("b", "published", { createdAt: BORN + 5 })), 0)).toEqual({ kind: "activate", kid: "b" });
  });

  it("passes over compromised and removed keys", () => {
    expect(next(stateOf(key("a", "compromised"), key("b", "removed")), 0)).toEqual({ kind: "make", alg: "ES256" });
  });

  it("looks after each algorithm by itself", () => {
    const state = stateOf(key("a", "active"), key("r", "active", { alg: "RS256", activatedAt: BORN - 30 * DAY }));
    expect(next(state, 0, { algs: ["ES256", "RS256"] })).toEqual({ kind: "make", alg: "RS256" });
    expect(next(state, 0, { algs: ["ES256"] })).toBeUndefined();
  });
});
