import { describe, expect, it } from "vitest";
import { at, fold, given } from "../testing/given.ts";
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
    done.then({ kind: "authorized" }, { type: "GrantAuthorized", data: authorization() });
    expect(done.state).toMatchObject({ status: "authorized", basis: { clientId: "c1" }, code: { redirectUriGiven: true } });
    expect(done.state).not.toHaveProperty("basis.codeHash");
  });

  it("records a denial, which spends the interaction just as well", () => {
    const done = given(grantDecider).when(deny);
    done.then({ kind: "denied" }, { type: "GrantDenied", data: { clientId: "c1", subject: "s1", reason: "user" } });
    expect(done.state).toEqual({ status: "denied", clientId: "c1", subject: "s1" });
  });

  it.each([["authorized", authorized()], ["active", active()], ["denied", denied], ["revoked", revoked]])("happens once: refused when %s already", (_status, history) => {
    given(grantDecider, history).when(authorize).then(refused("grant-exists"));
    given(grantDecider, history).when(deny).then(refused("grant-exists"));
  });
});

describe("revoking a grant", () => {
  it.each([["authorized", authorized()], ["active", active()]])("ends an %s one", (_status, history) => {
    const done = given(grantDecider, history).when(revoke);
    done.then({ kind: "revoked", already: false }, { type: "GrantRevoked", data: { reason: "admin" } });
    expect(done.state).toMatchObject({ status: "revoked", reason: "admin", at: T0 + 20 });
  });

  it("changes nothing the second time", () => {
    given(grantDecider, revoked).when(revoke).then({ kind: "revoked", already: true });
  });

  it("needs a grant", () => {
    given(grantDecider).when(revoke).then(refused("grant-unknown"));
    given(grantDecider, denied).when(revoke).then(refused("grant-unknown"));
  });
});

describe("revoking one access token", () => {
  const one = (n: number, jti = `g1.${n}`): GrantCommand => ({ kind: "revoke-access-token", now: T0 + 20, n, jti, exp: access(n).exp });
  const rotated = [...active(), ...rotation(0, T0 + 10)];

  it("takes it from the live tokens and leaves the others", () => {
    const done = given(grantDecider, rotated).when(one(0));
    done.then({ kind: "revoked", already: false }, { type: "AccessTokenRevoked", data: { n: 0, jti: "g1.0", exp: access(0).exp } });
    expect(done.state).toMatchObject({ status: "active", tokens: [access(1)] });
    given(grantDecider, done.history).when(one(0)).then({ kind: "revoked", already: true });
  });

  it("finds nothing left to do on a revoked grant", () => {
    given(grantDecider, revoked).when(one(0)).then({ kind: "revoked", already: true });
  });

  it("does not know a token that was never issued", () => {
    given(grantDecider, rotated).when(one(2)).then(refused("token-unknown"));
    given(grantDecider, rotated).when(one(-1)).then(refused("token-unknown"));
    given(grantDecider, rotated).when(one(1, "g1.other")).then(refused("token-unknown"));
    given(grantDecider, authorized()).when(one(0)).then(refused("token-unknown"));
    given(grantDecider).when(one(0)).then(refused("grant-unknown"));
    given(grantDecider, denied).when(one(0)).then(refused("grant-unknown"));
  });

  it("works for the only token of a grant without refresh tokens", () => {
    const single = [...authorized(), ...at<GrantEvent>(T0 + 1, { type: "CodeRedeemed", data: { access: access(0) } })];
    expect(given(grantDecider, single).when(one(0)).decision.outcome).toEqual({ kind: "revoked", already: false });
    given(grantDecider, single).when(one(1)).then(refused("token-unknown"));
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
    given(grantDecider, history).when(expire(reason, end - 1)).then(refused("expiry-not-due"));
    const done = given(grantDecider, history).when(expire(reason, end));
    done.then({ kind: "expired" }, { type: "GrantExpired", data: { reason } });
    expect(done.state).toMatchObject({ status: "revoked", reason });
    given(grantDecider, done.history).when(expire(reason, end)).then({ kind: "expired" });
  });

  it("does not apply an end the grant does not have", () => {
    given(grantDecider, active()).when(expire("code", T0 + 9_000)).then(refused("expiry-not-due"));
    given(grantDecider, authorized()).when(expire("idle", T0 + 9_000)).then(refused("expiry-not-due"));
    given(grantDecider).when(expire("code", T0)).then(refused("grant-unknown"));
    given(grantDecider, denied).when(expire("code", T0)).then(refused("grant-unknown"));
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
    expect(fold(grantDecider, ended({ type: "GrantRevoked", data: { reason: "admin" } }, withoutRefresh))).toMatchObject({ status: "revoked", history: {} });
  });

  it("takes a RefreshRetried of a generation it no longer knows", () => {
    const state = fold(grantDecider, active());
    expect(fold(grantDecider, at<GrantEvent>(T0 + 5, { type: "RefreshRetried", data: { generation: 9 } }), state)).toMatchObject({ status: "active", refresh: { generation: 0 } });
  });

  it("keeps at most 16 earlier rotations, and none older than any retry window", () => {
    const kept = (times: readonly number[]) => {
      const state = fold(grantDecider, [...active(), ...times.flatMap((time, generation) => rotation(generation, time))]);
      return (state as Extract<GrantState, { status: "active" }>).earlierRotations?.map((rotation) => rotation.refresh.generation);
    };
    expect(kept(Array.from({ length: 40 }, () => T0 + 10))).toHaveLength(16);
    expect(kept([T0 + 10, T0 + 20, T0 + 311])).toEqual([2]);
  });

  it("survives a type and a command it has never heard of", () => {
    const state = fold(grantDecider, active());
    expect(grantDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(grantDecider.decide({ kind: "from-the-future" } as never, state)).toEqual({ events: [], outcome: refused("grant-unknown") });
    expect(given(grantDecider, active()).when(rotate(0)).decision.outcome.kind).toBe("rotated");
  });
});
