import { describe, expect, it } from "vitest";
import { at, decided, given } from "../testing/given.ts";
import { access, active, good, refresh, rotate, rotation, T0 } from "../testing/grants.ts";
import { grantDecider, type GrantEvent, type GrantRefusal } from "./index.ts";

const refused = (reason: GrantRefusal) => ({ kind: "refused", reason }) as const;
const rotated = [...active(), ...rotation(0, T0 + 100)];
const firstAnswer = { kind: "retried", access: access(1), refresh: refresh(1) } as const;
const retriedOnce: GrantEvent = { type: "RefreshRetried", data: { generation: 0 } };
/** What another instance mints before it knows of the first: must never be recorded. */
const mintedAgain = { access: access(1, { jti: "other" }), refresh: refresh(1, { nonce: "other" }) };

describe("a refresh token presented again inside the retry window (P4)", () => {
  it("gets the first answer again, and the log learns of it", () => {
    expect(given(grantDecider, rotated).when(rotate(0, { now: T0 + 110, ...mintedAgain })).decision).toEqual(
      decided(firstAnswer, retriedOnce),
    );
  });

  it("adds nothing to the log the second time", () => {
    const once = given(grantDecider, rotated).when(rotate(0, { now: T0 + 110 }));
    expect(given(grantDecider, once.history).when(rotate(0, { now: T0 + 111 })).decision).toEqual(decided(firstAnswer));
  });

  it("is answered until the last second of the window, which a retry does not extend", () => {
    const once = given(grantDecider, rotated).when(rotate(0, { now: T0 + 130 }));
    expect(once.decision).toEqual(decided(firstAnswer, retriedOnce));
    expect(given(grantDecider, once.history).when(rotate(0, { now: T0 + 131 })).decision).toEqual(
      decided(
        refused("refresh-reused"),
        { type: "RefreshReuseDetected", data: { clientId: "c1", generation: 0 } },
        { type: "GrantRevoked", data: { reason: "refresh-reuse" } },
      ),
    );
  });

  it("keeps its window when the successor has been used meanwhile", () => {
    const further = [...rotated, ...rotation(1, T0 + 105), ...rotation(2, T0 + 107)];
    const once = given(grantDecider, further).when(rotate(0, { now: T0 + 120 }));
    expect(once.decision).toEqual(decided(firstAnswer, retriedOnce));
    expect(given(grantDecider, once.history).when(rotate(0, { now: T0 + 121 })).decision).toEqual(decided(firstAnswer));
    expect(given(grantDecider, once.history).when(rotate(1, { now: T0 + 121 })).decision).toEqual(
      decided({ kind: "retried", access: access(2), refresh: refresh(2) }, { type: "RefreshRetried", data: { generation: 1 } }),
    );
    expect(given(grantDecider, once.history).when(rotate(0, { now: T0 + 131 })).decision.outcome).toEqual(refused("refresh-reused"));
  });

  it("never has a window over 300 seconds", () => {
    expect(given(grantDecider, rotated).when(rotate(0, { now: T0 + 400, retryWindowSeconds: 9_999 })).decision.outcome).toEqual(
      firstAnswer,
    );
    expect(given(grantDecider, rotated).when(rotate(0, { now: T0 + 401, retryWindowSeconds: 9_999 })).decision.outcome).toEqual(
      refused("refresh-reused"),
    );
  });

  it("must ask for the same scope and resource, or is refused without revoking", () => {
    const asked = { requestedScope: ["read", "write"], requestedResource: "https://one.test/mcp" };
    const { history } = given(grantDecider, active()).when(rotate(0, asked));
    const again = given(grantDecider, history);
    expect(again.when(rotate(0, { ...asked, requestedScope: ["write", "read"] })).decision).toEqual(decided(firstAnswer, retriedOnce));
    expect(again.when(rotate(0, { ...asked, requestedScope: ["read"] })).decision).toEqual(decided(refused("refresh-retry-differs")));
    expect(again.when(rotate(0, { ...asked, requestedScope: ["read", "write", "admin"] })).decision).toEqual(
      decided(refused("refresh-retry-differs")),
    );
    expect(again.when(rotate(0, { requestedResource: asked.requestedResource })).decision).toEqual(
      decided(refused("refresh-retry-differs")),
    );
    expect(again.when(rotate(0, { ...asked, requestedResource: "https://two.test/" })).decision).toEqual(
      decided(refused("refresh-retry-differs")),
    );
    expect(given(grantDecider, rotated).when(rotate(0, { requestedScope: ["read"] })).decision).toEqual(
      decided(refused("refresh-retry-differs")),
    );
  });

  it("does not outlive its standing or its family", () => {
    expect(given(grantDecider, rotated).when(rotate(0, { now: T0 + 110, standing: { ...good, clientActive: false } })).decision).toEqual(
      decided(refused("standing-lost")),
    );
    expect(
      given(grantDecider, [...active({ absoluteExpiresAt: T0 + 110 }), ...rotation(0, T0 + 100)]).when(rotate(0, { now: T0 + 110 }))
        .decision,
    ).toEqual(decided(refused("refresh-expired"), { type: "GrantExpired", data: { reason: "absolute" } }));
  });

  it("is refused once the grant is revoked", () => {
    const revoked = [...rotated, ...at<GrantEvent>(T0 + 105, { type: "GrantRevoked", data: { reason: "admin" } })];
    expect(given(grantDecider, revoked).when(rotate(0, { now: T0 + 110 })).decision).toEqual(decided(refused("grant-revoked")));
  });
});
