import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type TokenCommand, tokenDecider } from "./index.ts";

const revoke: TokenCommand = { kind: "revoke", now: T0, jti: "w1-2026010100.7", clientId: "c1", exp: T0 + 900, reason: "token-revocation" };

describe("revoking a token without a grant", () => {
  it("is recorded once", () => {
    const revoked = given(tokenDecider).when(revoke);
    expect(revoked.decision).toEqual(
      decided(
        { kind: "revoked", already: false },
        { type: "AccessTokenRevoked", data: { jti: "w1-2026010100.7", clientId: "c1", exp: T0 + 900, reason: "token-revocation" } },
      ),
    );
    expect(revoked.state).toEqual({ status: "revoked", jti: "w1-2026010100.7", exp: T0 + 900 });
    expect(given(tokenDecider, revoked.history).when(revoke).decision).toEqual(decided({ kind: "revoked", already: true }));
  });

  it("survives a type and a command it has never heard of", () => {
    const { state } = given(tokenDecider);
    expect(tokenDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(tokenDecider.decide({ kind: "from-the-future" } as never, state).events).toEqual([]);
  });
});
