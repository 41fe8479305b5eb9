import { describe, expect, it } from "vitest";
import type { Standing } from "../kernel/index.ts";
import { at, decided, given } from "../testing/given.ts";
import { access, active, authorized, digest, good, redeem, refresh, T0 } from "../testing/grants.ts";
import { grantDecider, type GrantEvent, type GrantRefusal } from "./index.ts";

const refused = (reason: GrantRefusal) => ({ kind: "refused", reason }) as const;
const revokedBy = (reason: "code-replay" | "admin"): GrantEvent => ({ type: "GrantRevoked", data: { reason } });
const revoked = (history: readonly (GrantEvent & { at: number })[], reason: "code-replay" | "admin") => [
  ...history,
  ...at(T0 + 2, revokedBy(reason)),
];

describe("redeeming a code", () => {
  it("records the tokens issued", () => {
    expect(given(grantDecider, authorized()).when(redeem()).decision).toEqual(
      decided({ kind: "redeemed" }, { type: "CodeRedeemed", data: { access: access(0), refresh: refresh(0) } }),
    );
  });

  it("accepts an OAuth 2.1 client that leaves redirect_uri out", () => {
    const { redirectUri: _redirectUri, ...command } = redeem();
    expect(given(grantDecider, authorized()).when(command).decision).toEqual(
      decided({ kind: "redeemed" }, { type: "CodeRedeemed", data: { access: access(0), refresh: refresh(0) } }),
    );
  });

  it("works without a refresh token", () => {
    const { refresh: _refresh, ...command } = redeem();
    const done = given(grantDecider, authorized()).when(command);
    expect(done.decision).toEqual(decided({ kind: "redeemed" }, { type: "CodeRedeemed", data: { access: access(0) } }));
    expect(done.state).toMatchObject({ status: "active", tokens: [access(0)] });
    expect(done.state).not.toHaveProperty("refresh");
  });

  it("never records a refresh token the authorization does not allow", () => {
    expect(given(grantDecider, authorized({ refreshable: false })).when(redeem()).decision).toEqual(
      decided({ kind: "redeemed" }, { type: "CodeRedeemed", data: { access: access(0) } }),
    );
  });

  it("accepts until the code's last second and not after it", () => {
    expect(given(grantDecider, authorized()).when(redeem({ now: T0 + 59 })).decision.outcome.kind).toBe("redeemed");
    expect(given(grantDecider, authorized()).when(redeem({ now: T0 + 60 })).decision).toEqual(decided(refused("code-expired")));
  });
});

describe("a stranger's attempt at a code", () => {
  const attempts: readonly [string, Partial<ReturnType<typeof redeem>>, GrantRefusal][] = [
    ["another client", { clientId: "c2" }, "client-mismatch"],
    ["a wrong secret", { codeHash: digest("guess") }, "code-unknown"],
    ["another redirect_uri", { redirectUri: "http://127.0.0.1:3000/other" }, "redirect-uri-mismatch"],
    ["a wrong verifier", { verifierChallenge: digest("wrong") }, "pkce-mismatch"],
  ];

  it.each(attempts)("with %s is refused and leaves an unused code usable", (_what, changes, reason) => {
    const attempt = given(grantDecider, authorized()).when(redeem(changes));
    expect(attempt.decision).toEqual(decided(refused(reason)));
    expect(given(grantDecider, attempt.history).when(redeem()).decision.outcome).toEqual({ kind: "redeemed" });
  });

  it.each(attempts)("with %s revokes nothing once the code is used", (_what, changes, reason) => {
    expect(given(grantDecider, active()).when(redeem(changes)).decision).toEqual(decided(refused(reason)));
  });

  it("with another client is refused for that alone, whatever else is wrong or right", () => {
    expect(
      given(grantDecider, active()).when(redeem({ clientId: "c2", codeHash: digest("guess"), verifierChallenge: "x" })).decision,
    ).toEqual(decided(refused("client-mismatch")));
    expect(given(grantDecider, active()).when(redeem({ clientId: "c2" })).decision).toEqual(decided(refused("client-mismatch")));
  });

  it("checks a presented redirect_uri even when the authorization request gave none", () => {
    expect(
      given(grantDecider, authorized({ redirectUriGiven: false })).when(redeem({ redirectUri: "https://evil.test/" })).decision,
    ).toEqual(decided(refused("redirect-uri-mismatch")));
  });
});

describe("a code that comes back (P3)", () => {
  it("revokes the family and says why, in one append", () => {
    const replay = given(grantDecider, active()).when(redeem({ now: T0 + 2 }));
    expect(replay.decision).toEqual(
      decided(refused("code-replayed"), { type: "CodeReplayDetected", data: { clientId: "c1" } }, revokedBy("code-replay")),
    );
    expect(replay.state).toMatchObject({ status: "revoked", reason: "code-replay", at: T0 + 2 });
    expect(replay.state).not.toHaveProperty("tokens");
  });

  it("counts as a replay even after the code's lifetime", () => {
    expect(given(grantDecider, active()).when(redeem({ now: T0 + 5_000 })).decision.events).toHaveLength(2);
  });

  it("is refused without further events once the family is revoked", () => {
    expect(given(grantDecider, revoked(active(), "code-replay")).when(redeem()).decision).toEqual(decided(refused("code-replayed")));
    expect(given(grantDecider, revoked(active(), "admin")).when(redeem()).decision).toEqual(decided(refused("code-replayed")));
  });

  it("is no replay when the grant was revoked before its code was used", () => {
    expect(given(grantDecider, revoked(authorized(), "admin")).when(redeem()).decision).toEqual(decided(refused("grant-revoked")));
  });

  it("is no replay when its expiry was recorded, even with the clock set back", () => {
    const expired = [...authorized(), ...at<GrantEvent>(T0 + 61, { type: "GrantExpired", data: { reason: "code" } })];
    expect(given(grantDecider, expired).when(redeem({ now: T0 + 1 })).decision).toEqual(decided(refused("code-expired")));
  });
});

describe("redeeming what may not be redeemed", () => {
  it("refuses when there is no grant, or a denied one", () => {
    expect(given(grantDecider).when(redeem()).decision).toEqual(decided(refused("grant-unknown")));
    expect(
      given(grantDecider, at<GrantEvent>(T0, { type: "GrantDenied", data: { clientId: "c1", subject: "s1", reason: "user" } })).when(
        redeem(),
      ).decision,
    ).toEqual(decided(refused("grant-unknown")));
  });

  it.each<[string, Partial<Standing>]>([
    ["the client is barred", { clientActive: false }],
    ["the subject is barred", { subjectActive: false }],
    ["the session has ended", { sessionActive: false }],
    ["the client's generation was raised", { generations: { ...good.generations, client: 2 } }],
  ])("refuses when %s", (_what, change) => {
    expect(given(grantDecider, authorized()).when(redeem({ standing: { ...good, ...change } })).decision).toEqual(
      decided(refused("standing-lost")),
    );
  });

  it("refuses when the family is over before it began", () => {
    expect(given(grantDecider, authorized({ absoluteExpiresAt: T0 + 1 })).when(redeem()).decision).toEqual(
      decided(refused("standing-lost")),
    );
  });

  it("never records a token for a resource or scope beyond the grant", () => {
    expect(given(grantDecider, authorized()).when(redeem({ access: access(0, { resource: "r9" }) })).decision).toEqual(
      decided(refused("resource-not-granted")),
    );
    expect(given(grantDecider, authorized()).when(redeem({ access: access(0, { scope: ["read", "delete"] }) })).decision).toEqual(
      decided(refused("scope-widened")),
    );
  });

  it("never records a scope that was granted for another resource only", () => {
    expect(given(grantDecider, authorized()).when(redeem({ access: access(0, { resource: "r1", scope: ["admin"] }) })).decision).toEqual(
      decided(refused("scope-widened")),
    );
    expect(
      given(grantDecider, authorized()).when(redeem({ access: access(0, { resource: "r2", scope: ["admin", "openid"] }) })).decision.outcome
        .kind,
    ).toBe("redeemed");
  });

  it("lets a token for the issuer carry what was granted about the person, and nothing of a resource", () => {
    const { resource: _resource, ...userinfo } = access(0, { aud: "https://issuer.test", scope: ["openid"] });
    expect(given(grantDecider, authorized()).when(redeem({ access: userinfo })).decision.outcome.kind).toBe("redeemed");
    for (const scope of ["email", "read"])
      expect(given(grantDecider, authorized()).when(redeem({ access: { ...userinfo, scope: [scope] } })).decision).toEqual(
        decided(refused("scope-widened")),
      );
  });
});
