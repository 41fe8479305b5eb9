import { describe, expect, it } from "vitest";
import { at, fold, decided, given } from "../testing/given.ts";
import { access, active, authorization, authorized, rotate, rotation, T0 } from "../testing/grants.ts";
import { type GrantCommand, grantDecider, type GrantEvent, type GrantRefusal, type GrantState } from "./index.ts";

const refused = (reason: GrantRefusal) => ({ kind: "refused", reason }) as const;
const denied = at<GrantEvent>(T0, { type: "GrantDenied", data: { clientId: "c1", subject: "s1", reason: "user" } });
const ended = (event: GrantEvent, history = active()) => [...history, ...at(T0 + 10, event)];
const revoked = ended({ type: "GrantRevoked", data: { reason: "logout" } });

const authorize: GrantCommand = { kind: "authorize", now: T0, event: authorization() };
const deny: GrantCommand = { kind: "deny", now: T0, clientId: "c1", subject: "s1", reason: "user" };
const revoke: GrantCommand = { kind: "revoke", now: T0 + 20, reason: "admin" };

describe("creating a grant", () => {
  it("records an authorization with its code", () => {
    const done = given(grantDecider).when(authorize);
    expect(done.decision).toEqual(decided({ kind: "authorized" }, { type: "GrantAuthorized", data: authorization() }));
    expect(done.state).toMatchObject({ status: "authorized", basis: { clientId: "c1" }, code: { redirectUriGiven: true } });
    expect(done.state).not.toHaveProperty("basis.codeHash");
  });

  it("records a denial, which spends the interaction just as well", () => {
    const done = given(grantDecider).when(deny);
    expect(done.decision).toEqual(
      decided({ kind: "denied" }, { type: "GrantDenied", data: { clientId: "c1", subject: "s1", reason: "user" } }),
    );
    expect(done.state).toEqual({ status: "denied", clientId: "c1", subject: "s1" });
  });

  it.each([
    ["authorized", authorized()],
    ["active", active()],
    ["denied", denied],
    ["revoked", revoked],
  ])("happens once: refused when %s already", (_status, history) => {
    expect(given(grantDecider, history).when(authorize).decision).toEqual(decided(refused("grant-exists")));
    expect(given(grantDecider, history).when(deny).decision).toEqual(decided(refused("grant-exists")));
  });
});

describe("revoking a grant", () => {
  it.each([
    ["authorized", authorized()],
    ["active", active()],
  ])("ends an %s one", (_status, history) => {
    const done = given(grantDecider, history).when(revoke);
    expect(done.decision).toEqual(decided({ kind: "revoked", already: false }, { type: "GrantRevoked", data: { reason: "admin" } }));
    expect(done.state).toMatchObject({ status: "revoked", reason: "admin", at: T0 + 20 });
  });

  it("changes nothing the second time", () => {
    expect(given(grantDecider, revoked).when(revoke).decision).toEqual(decided({ kind: "revoked", already: true }));
  });

  it("needs a grant", () => {
    expect(given(grantDecider).when(revoke).decision).toEqual(decided(refused("grant-unknown")));
    expect(given(grantDecider, denied).when(revoke).decision).toEqual(decided(refused("grant-unknown")));
  });
});

describe("revoking one access token", () => {
  const one = (n: number, jti = `g1.${n}`): GrantCommand => ({ kind: "revoke-access-token", now: T0 + 20, n, jti, exp: access(n).exp });
  const rotated = [...active(), ...rotation(0, T0 + 10)];

  it("takes it from the live tokens and leaves the others", () => {
    const done = given(grantDecider, rotated).when(one(0));
    expect(done.decision).toEqual(
      decided({ kind: "revoked", already: false }, { type: "AccessTokenRevoked", data: { n: 0, jti: "g1.0", exp: access(0).exp } }),
    );
    expect(done.state).toMatchObject({ status: "active", tokens: [access(1)] });
    expect(given(grantDecider, done.history).when(one(0)).decision).toEqual(decided({ kind: "revoked", already: true }));
  });

  it("finds nothing left to do on a revoked grant", () => {
    expect(given(grantDecider, revoked).when(one(0)).decision).toEqual(decided({ kind: "revoked", already: true }));
  });

  it("does not know a token that was never issued", () => {
    expect(given(grantDecider, rotated).when(one(2)).decision).toEqual(decided(refused("token-unknown")));
    expect(given(grantDecider, rotated).when(one(-1)).decision).toEqual(decided(refused("token-unknown")));
    expect(given(grantDecider, rotated).when(one(1, "g1.other")).decision).toEqual(decided(refused("token-unknown")));
    expect(given(grantDecider, authorized()).when(one(0)).decision).toEqual(decided(refused("token-unknown")));
    expect(given(grantDecider).when(one(0)).decision).toEqual(decided(refused("grant-unknown")));
    expect(given(grantDecider, denied).when(one(0)).decision).toEqual(decided(refused("grant-unknown")));
  });

  it("works for the only token of a grant without refresh tokens", () => {
    const single = [...authorized(), ...at<GrantEvent>(T0 + 1, { type: "CodeRedeemed", data: { access: access(0) } })];
    expect(given(grantDecider, single).when(one(0)).decision.outcome).toEqual({ kind: "revoked", already: false });
    expect(given(grantDecider, single).when(one(1)).decision).toEqual(decided(refused("token-unknown")));
  });
});

describe("expiring a grant", () => {
  type Why = Extract<GrantCommand, { kind: "expire" }>["reason"];
  const expire = (reason: Why, now: number): GrantCommand => ({ kind: "expire", now, reason });

  it.each<[Why, ReturnType<typeof authorized>, number]>([
    ["code", authorized(), T0 + 60],
    ["idle", active(), T0 + 5_000],
    ["absolute", active(), T0 + 10_000],
    ["absolute", authorized(), T0 + 10_000],
  ])("records its %s end once it has come", (reason, history, end) => {
    expect(given(grantDecider, history).when(expire(reason, end - 1)).decision).toEqual(decided(refused("expiry-not-due")));
    const done = given(grantDecider, history).when(expire(reason, end));
    expect(done.decision).toEqual(decided({ kind: "expired" }, { type: "GrantExpired", data: { reason } }));
    expect(done.state).toMatchObject({ status: "revoked", reason });
    expect(given(grantDecider, done.history).when(expire(reason, end)).decision).toEqual(decided({ kind: "expired" }));
  });

  it("does not apply an end the grant does not have", () => {
    expect(given(grantDecider, active()).when(expire("code", T0 + 9_000)).decision).toEqual(decided(refused("expiry-not-due")));
    expect(given(grantDecider, authorized()).when(expire("idle", T0 + 9_000)).decision).toEqual(decided(refused("expiry-not-due")));
    expect(given(grantDecider).when(expire("code", T0)).decision).toEqual(decided(refused("grant-unknown")));
    expect(given(grantDecider, denied).when(expire("code", T0)).decision).toEqual(decided(refused("grant-unknown")));
  });
});

describe("the fold of a grant", () => {
  const everything: readonly GrantEvent[] = [
    { type: "GrantAuthorized", data: authorization() },
    { type: "GrantDenied", data: { clientId: "c1", subject: "s1", reason: "user" } },
    { type: "CodeRedeemed", data: { access: access(0) } },
    { type: "RefreshTokenRotated", data: rotation(7, T0)[0]!.data as never },
    { type: "RefreshRetried", data: { generation: 9 } },
    { type: "CodeReplayDetected", data: { clientId: "c1" } },
    { type: "RefreshReuseDetected", data: { clientId: "c1", generation: 0 } },
    { type: "AccessTokenRevoked", data: { n: 9, jti: "none", exp: 0 } },
  ];

  it.each(everything.map((event) => [event.type, event] as const))("is not changed by a %s that does not fit", (_type, event) => {
    const state = fold(grantDecider, revoked);
    expect(fold(grantDecider, at(T0 + 20, event), state)).toEqual(state);
  });

  it("does not take a rotation out of line", () => {
    const state = fold(grantDecider, active());
    expect(fold(grantDecider, rotation(1, T0 + 9), state)).toEqual(state);
    expect(fold(grantDecider, rotation(0, T0 + 9), fold(grantDecider, authorized()))).toEqual(fold(grantDecider, authorized()));
  });

  it("does not revive an ended grant with another end", () => {
    const expired = ended({ type: "GrantExpired", data: { reason: "idle" } }, revoked);
    expect(fold(grantDecider, expired)).toMatchObject({ reason: "logout" });
    expect(fold(grantDecider, ended({ type: "GrantRevoked", data: { reason: "admin" } }, denied))).toMatchObject({ status: "denied" });
    const withoutRefresh = [...authorized(), ...at<GrantEvent>(T0 + 1, { type: "CodeRedeemed", data: { access: access(0) } })];
    expect(fold(grantDecider, ended({ type: "GrantRevoked", data: { reason: "admin" } }, withoutRefresh))).toMatchObject({
      status: "revoked",
      history: { newest: -1, hashes: [] },
    });
  });

  it("takes a RefreshRetried of a generation it no longer knows", () => {
    const state = fold(grantDecider, active());
    expect(fold(grantDecider, at<GrantEvent>(T0 + 5, { type: "RefreshRetried", data: { generation: 9 } }), state)).toMatchObject({
      status: "active",
      refresh: { generation: 0 },
    });
  });

  it("keeps at most 16 earlier rotations, and none older than any retry window", () => {
    const kept = (times: readonly number[]) => {
      const state = fold(grantDecider, [...active(), ...times.flatMap((time, generation) => rotation(generation, time))]);
      return (state as Extract<GrantState, { status: "active" }>).earlierRotations?.map((rotation) => rotation.refresh.generation);
    };
    expect(kept(Array.from({ length: 40 }, () => T0 + 10))).toHaveLength(16);
    expect(kept([T0 + 10, T0 + 20, T0 + 311])).toEqual([2]);
  });

  it("keeps a token through its last second, and a rotation through the longest window's", () => {
    const end = access(0).exp;
    const rotated = fold(grantDecider, [...active(), ...rotation(0, end)]);
    expect(rotated).toMatchObject({ tokens: [{ n: 0 }, { n: 1 }] });
    const other: GrantEvent = { type: "AccessTokenRevoked", data: { n: 1, jti: "g1.1", exp: end } };
    expect(fold(grantDecider, at(end, other), rotated)).toMatchObject({ tokens: [{ n: 0 }] });
    expect(fold(grantDecider, [...active(), ...rotation(0, T0 + 10), ...rotation(1, T0 + 310)])).toMatchObject({
      earlierRotations: [{ rotatedAt: T0 + 10 }],
    });
  });

  it("survives a type and a command it has never heard of", () => {
    const state = fold(grantDecider, active());
    expect(grantDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(grantDecider.decide({ kind: "from-the-future" } as never, state)).toEqual({ events: [], outcome: refused("grant-unknown") });
    expect(given(grantDecider, active()).when(rotate(0)).decision.outcome.kind).toBe("rotated");
  });
});
