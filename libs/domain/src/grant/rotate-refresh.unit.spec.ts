import { supersededHash } from "./superseded.ts";
import { describe, expect, it } from "vitest";
import { at, decided, given } from "../testing/given.ts";
import { access, active, authorized, digest, good, redeem, refresh, rotate, rotation, T0 } from "../testing/grants.ts";
import { grantDecider, type GrantEvent, type GrantRefusal } from "./index.ts";

const refused = (reason: GrantRefusal) => ({ kind: "refused", reason }) as const;
const rotated = [...active(), ...rotation(0, T0 + 100)];

describe("rotating a refresh token", () => {
  it("records the successor and the access token", () => {
    const done = given(grantDecider, active()).when(rotate(0));
    expect(done.decision).toEqual(
      decided({ kind: "rotated" }, { type: "RefreshTokenRotated", data: { access: access(1), refresh: refresh(1) } }),
    );
    expect(done.state).toMatchObject({
      refresh: refresh(1),
      tokens: [access(0), access(1)],
      history: { newest: 0, hashes: [digest("refresh-0")] },
    });
  });

  it("keeps scope and resource as asked, for a retry to repeat", () => {
    expect(
      given(grantDecider, active()).when(rotate(0, { requestedScope: ["read"], requestedResource: "https://one.test/mcp" })).decision,
    ).toEqual(
      decided(
        { kind: "rotated" },
        {
          type: "RefreshTokenRotated",
          data: { access: access(1), refresh: refresh(1), requestedScope: ["read"], requestedResource: "https://one.test/mcp" },
        },
      ),
    );
  });

  it("takes a resource at the root with and without its slash", () => {
    const forTwo = { access: access(1, { aud: "https://two.test/", resource: "r2" }) };
    expect(given(grantDecider, active()).when(rotate(0, { ...forTwo, requestedResource: "https://two.test" })).decision.outcome.kind).toBe(
      "rotated",
    );
    const bare = active({ resources: [{ id: "r1", uri: "https://one.test", scopes: ["read"] }] });
    expect(given(grantDecider, bare).when(rotate(0, { requestedResource: "https://one.test/" })).decision.outcome.kind).toBe("rotated");
  });

  it("takes only the slash after a host for the same resource, never one after a path", () => {
    expect(given(grantDecider, active()).when(rotate(0, { requestedResource: "https://one.test/mcp/" })).decision).toEqual(
      decided(refused("resource-not-granted")),
    );
  });

  it("takes the issuer by name for a token about the person, where openid was granted", () => {
    const { resource: _resource, ...userinfo } = access(1, { aud: "https://issuer.test", scope: ["openid"] });
    const named = { access: userinfo, requestedResource: "https://issuer.test/" };
    expect(given(grantDecider, active()).when(rotate(0, named)).decision.outcome.kind).toBe("rotated");
    expect(given(grantDecider, active()).when(rotate(0, { ...named, requestedResource: "https://other.test" })).decision).toEqual(
      decided(refused("resource-not-granted")),
    );
    expect(
      given(grantDecider, active({ scope: ["read"] })).when(rotate(0, { ...named, access: { ...userinfo, scope: [] } })).decision,
    ).toEqual(decided(refused("resource-not-granted")));
  });

  it("drops tokens that have ended by then", () => {
    const done = given(grantDecider, active()).when(rotate(0, { now: T0 + 901, access: access(1, { exp: T0 + 2_000 }) }));
    expect(done.state).toMatchObject({ tokens: [access(1, { exp: T0 + 2_000 })] });
  });

  it("remembers the hashes of the last 256 generations", () => {
    const many = Array.from({ length: 300 }, (_, generation) => rotation(generation, T0 + 100 + generation)).flat();
    const { state } = given(grantDecider, [...active(), ...many]);
    const { history } = state as Extract<typeof state, { status: "active" }>;
    expect(history.hashes.length + (history.older ?? []).length).toBeLessThan(256 + 16);
    expect([43, 44, 299, 300].map((generation) => supersededHash(history, generation))).toEqual([
      undefined,
      digest("refresh-44"),
      digest("refresh-299"),
      undefined,
    ]);
  });

  it("holds no more than 32 live access tokens a family: the oldest go first", () => {
    const many = Array.from({ length: 40 }, (_, generation) => rotation(generation, T0 + 100 + generation)).flat();
    const { state } = given(grantDecider, [...active(), ...many]);
    expect((state as Extract<typeof state, { status: "active" }>).tokens.map(({ n }) => n)).toEqual(
      Array.from({ length: 32 }, (_, index) => index + 9),
    );
  });
});

describe("a refresh that is refused", () => {
  it("knows no grant, a denied grant, an unredeemed grant and one without refresh tokens", () => {
    expect(given(grantDecider).when(rotate(0)).decision).toEqual(decided(refused("grant-unknown")));
    expect(
      given(grantDecider, at<GrantEvent>(T0, { type: "GrantDenied", data: { clientId: "c1", subject: "s1", reason: "user" } })).when(
        rotate(0),
      ).decision,
    ).toEqual(decided(refused("grant-unknown")));
    expect(given(grantDecider, authorized()).when(rotate(0)).decision).toEqual(decided(refused("refresh-unknown")));
    const { refresh: _refresh, ...command } = redeem();
    expect(given(grantDecider, given(grantDecider, authorized()).when(command).history).when(rotate(0)).decision).toEqual(
      decided(refused("refresh-unknown")),
    );
    expect(
      given(grantDecider, given(grantDecider, authorized()).when(command).history).when(rotate(-1, { recordedHash: digest("refresh--1") }))
        .decision,
    ).toEqual(decided(refused("refresh-unknown")));
  });

  it("does no harm when another client presents it, used or not", () => {
    expect(given(grantDecider, active()).when(rotate(0, { clientId: "c2" })).decision).toEqual(decided(refused("client-mismatch")));
    expect(given(grantDecider, rotated).when(rotate(0, { clientId: "c2", now: T0 + 5_000 })).decision).toEqual(
      decided(refused("client-mismatch")),
    );
  });

  it("does no harm when the secret is wrong, of any generation", () => {
    for (const generation of [0, 1, 2, 99]) {
      expect(given(grantDecider, rotated).when(rotate(generation, { presentedHash: digest("guess"), now: T0 + 5_000 })).decision).toEqual(
        decided(refused("refresh-unknown")),
      );
    }
  });

  it("does not believe a generation that was never issued, even with a recorded hash in the command", () => {
    expect(given(grantDecider, rotated).when(rotate(2, { recordedHash: digest("refresh-2") })).decision).toEqual(
      decided(refused("refresh-unknown")),
    );
  });

  it("prefers the hash in its own history to the one in the command", () => {
    expect(
      given(grantDecider, rotated).when(rotate(0, { presentedHash: digest("guess"), recordedHash: digest("guess") })).decision,
    ).toEqual(decided(refused("refresh-unknown")));
  });

  it("ends the grant when the family's absolute end has come", () => {
    const late = given(grantDecider, active()).when(rotate(0, { now: T0 + 10_000 }));
    expect(late.decision).toEqual(decided(refused("refresh-expired"), { type: "GrantExpired", data: { reason: "absolute" } }));
    expect(given(grantDecider, late.history).when(rotate(0, { now: T0 + 100 })).decision).toEqual(decided(refused("grant-revoked")));
  });

  it("ends the grant when the refresh token has been idle too long", () => {
    expect(given(grantDecider, active()).when(rotate(0, { now: T0 + 4_999 })).decision.outcome.kind).toBe("rotated");
    const late = given(grantDecider, active()).when(rotate(0, { now: T0 + 5_000 }));
    expect(late.decision).toEqual(decided(refused("refresh-expired"), { type: "GrantExpired", data: { reason: "idle" } }));
    expect(late.state).toMatchObject({ status: "revoked", reason: "idle" });
  });

  it("does not outlive its standing", () => {
    expect(given(grantDecider, active()).when(rotate(0, { standing: { ...good, subjectActive: false } })).decision).toEqual(
      decided(refused("standing-lost")),
    );
  });

  it("may not widen the scope", () => {
    expect(given(grantDecider, active()).when(rotate(0, { requestedScope: ["read", "delete"] })).decision).toEqual(
      decided(refused("scope-widened")),
    );
    expect(given(grantDecider, active()).when(rotate(0, { access: access(1, { scope: ["delete"] }) })).decision).toEqual(
      decided(refused("scope-widened")),
    );
  });

  it("may not reach another resource", () => {
    expect(given(grantDecider, active()).when(rotate(0, { requestedResource: "https://three.test/" })).decision).toEqual(
      decided(refused("resource-not-granted")),
    );
    expect(given(grantDecider, active()).when(rotate(0, { access: access(1, { resource: "r9" }) })).decision).toEqual(
      decided(refused("resource-not-granted")),
    );
  });

  it("never records a successor out of line", () => {
    expect(given(grantDecider, active()).when(rotate(0, { refresh: refresh(2) })).decision).toEqual(decided(refused("refresh-unknown")));
    expect(given(grantDecider, active()).when(rotate(0, { access: access(2) })).decision).toEqual(decided(refused("refresh-unknown")));
  });

  it("is told apart on a revoked grant only by the right secret", () => {
    const revoked = [...rotated, ...at<GrantEvent>(T0 + 110, { type: "GrantRevoked", data: { reason: "logout" } })];
    expect(given(grantDecider, revoked).when(rotate(1)).decision).toEqual(decided(refused("grant-revoked")));
    expect(given(grantDecider, revoked).when(rotate(0)).decision).toEqual(decided(refused("grant-revoked")));
    expect(given(grantDecider, revoked).when(rotate(1, { presentedHash: digest("guess") })).decision).toEqual(
      decided(refused("refresh-unknown")),
    );
    expect(
      given(grantDecider, [...authorized(), ...at<GrantEvent>(T0 + 1, { type: "GrantRevoked", data: { reason: "admin" } })]).when(rotate(0))
        .decision,
    ).toEqual(decided(refused("refresh-unknown")));
  });
});

describe("a used refresh token that comes back (P3)", () => {
  const theft: readonly GrantEvent[] = [
    { type: "RefreshReuseDetected", data: { clientId: "c1", generation: 0 } },
    { type: "GrantRevoked", data: { reason: "refresh-reuse" } },
  ];

  it("revokes the family when the retry window is over", () => {
    const reuse = given(grantDecider, rotated).when(rotate(0, { now: T0 + 131 }));
    expect(reuse.decision).toEqual(decided(refused("refresh-reused"), ...theft));
    expect(given(grantDecider, reuse.history).when(rotate(1, { now: T0 + 132 })).decision).toEqual(decided(refused("grant-revoked")));
  });

  it("revokes the family at once when the window is set to zero", () => {
    expect(given(grantDecider, rotated).when(rotate(0, { now: T0 + 100, retryWindowSeconds: 0 })).decision).toEqual(
      decided(refused("refresh-reused"), ...theft),
    );
  });

  it("revokes for a generation older than the history, by the hash read from the stream", () => {
    const many = Array.from({ length: 300 }, (_, generation) => rotation(generation, T0 + 100)).flat();
    const old = given(grantDecider, [...active(), ...many]);
    expect(old.when(rotate(0, { now: T0 + 1_000 })).decision).toEqual(decided(refused("refresh-unknown")));
    expect(old.when(rotate(0, { now: T0 + 1_000, recordedHash: digest("refresh-0") })).decision).toEqual(
      decided(refused("refresh-reused"), ...theft),
    );
    expect(old.when(rotate(0, { now: T0 + 1_000, recordedHash: digest("refresh-0"), presentedHash: digest("guess") })).decision).toEqual(
      decided(refused("refresh-unknown")),
    );
  });
});
