import { describe, expect, it } from "vitest";
import { at, given } from "../testing/given.ts";
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
    given(grantDecider, rotated).when(rotate(0, { now: T0 + 110, ...mintedAgain })).then(firstAnswer, retriedOnce);
  });

  it("adds nothing to the log the second time", () => {
    const once = given(grantDecider, rotated).when(rotate(0, { now: T0 + 110 }));
    given(grantDecider, once.history).when(rotate(0, { now: T0 + 111 })).then(firstAnswer);
  });

  it("is answered until the last second of the window, which a retry does not extend", () => {
    const once = given(grantDecider, rotated).when(rotate(0, { now: T0 + 130 }));
    once.then(firstAnswer, retriedOnce);
    given(grantDecider, once.history).when(rotate(0, { now: T0 + 131 })).then(
      refused("refresh-reused"),
      { type: "RefreshReuseDetected", data: { clientId: "c1", generation: 0 } },
      { type: "GrantRevoked", data: { reason: "refresh-reuse" } },
    );
  });

  it("keeps its window when the successor has been used meanwhile", () => {
    const further = [...rotated, ...rotation(1, T0 + 105), ...rotation(2, T0 + 107)];
    const once = given(grantDecider, further).when(rotate(0, { now: T0 + 120 }));
    once.then(firstAnswer, retriedOnce);
    given(grantDecider, once.history).when(rotate(0, { now: T0 + 121 })).then(firstAnswer);
    given(grantDecider, once.history).when(rotate(1, { now: T0 + 121 })).then(
      { kind: "retried", access: access(2), refresh: refresh(2) },
      { type: "RefreshRetried", data: { generation: 1 } },
    );
    expect(given(grantDecider, once.history).when(rotate(0, { now: T0 + 131 })).decision.outcome).toEqual(refused("refresh-reused"));
  });

  it("never has a window over 300 seconds", () => {
    expect(given(grantDecider, rotated).when(rotate(0, { now: T0 + 400, retryWindowSeconds: 9_999 })).decision.outcome).toEqual(firstAnswer);
    expect(given(grantDecider, rotated).when(rotate(0, { now: T0 + 401, retryWindowSeconds: 9_999 })).decision.outcome).toEqual(refused("refresh-reused"));
  });

  it("must ask for the same scope and resource, or is refused without revoking", () => {
    const asked = { requestedScope: ["read", "write"], requestedResource: "https://one.test/mcp" };
    const { history } = given(grantDecider, active()).when(rotate(0, asked));
    const again = given(grantDecider, history);
    again.when(rotate(0, { ...asked, requestedScope: ["write", "read"] })).then(firstAnswer, retriedOnce);
    again.when(rotate(0, { ...asked, requestedScope: ["read"] })).then(refused("refresh-retry-differs"));
    again.when(rotate(0, { ...asked, requestedScope: ["read", "write", "admin"] })).then(refused("refresh-retry-differs"));
    again.when(rotate(0, { requestedResource: asked.requestedResource })).then(refused("refresh-retry-differs"));
    again.when(rotate(0, { ...asked, requestedResource: "https://two.test/" })).then(refused("refresh-retry-differs"));
    given(grantDecider, rotated).when(rotate(0, { requestedScope: ["read"] })).then(refused("refresh-retry-differs"));
  });

  it("does not outlive its standing or its family", () => {
    given(grantDecider, rotated).when(rotate(0, { now: T0 + 110, standing: { ...good, clientActive: false } })).then(refused("standing-lost"));
    given(grantDecider, [...active({ absoluteExpiresAt: T0 + 110 }), ...rotation(0, T0 + 100)]).when(rotate(0, { now: T0 + 110 })).then(
      refused("refresh-expired"),
      { type: "GrantExpired", data: { reason: "absolute" } },
    );
  });

  it("is refused once the grant is revoked", () => {
    const revoked = [...rotated, ...at<GrantEvent>(T0 + 105, { type: "GrantRevoked", data: { reason: "admin" } })];
    given(grantDecider, revoked).when(rotate(0, { now: T0 + 110 })).then(refused("grant-revoked"));
  });
});
