import { describe, expect, it } from "vitest";
import type { Found } from "./detector.ts";
import { networkOf, withoutVersions } from "./observer.ts";
import { DEFAULT_POLICY, responseTo } from "./policy.ts";

const NOW = 1_900_000_000;
const found: Found = {
  kind: "refresh-reuse",
  severity: "high",
  key: "g1",
  target: { clientId: "c1", subject: "s1", grantId: "g1" },
  evidence: [],
  count: 1,
  since: NOW,
  until: NOW,
};
const answer = (wanted: "observe" | "alert" | "step-up" | "suspend-client" | "revoke-grant", more: Partial<Found> = {}, acting = true) =>
  responseTo({ ...found, ...more }, { ...DEFAULT_POLICY, [more.kind ?? found.kind]: wanted }, { now: NOW, acting });

describe("the response to a finding", () => {
  it("is to tell people, where nobody has said anything", () => {
    for (const response of Object.values(DEFAULT_POLICY)) expect(response).toBe("alert");
  });

  it("is the one of the policy where it fits", () => {
    for (const response of ["observe", "alert", "step-up", "suspend-client", "revoke-grant"] as const)
      expect(answer(response)).toBe(response);
  });

  it("is never harsher than that: milder where it does not fit, where responses are off, where strangers could cause it", () => {
    expect(answer("suspend-client", { target: { subject: "s1" } })).toBe("alert");
    expect(answer("revoke-grant", { target: { clientId: "c1" } })).toBe("alert");
    expect(answer("step-up", { target: {} })).toBe("alert");
    expect(answer("revoke-grant", {}, false)).toBe("alert");
    expect(answer("observe", {}, false)).toBe("observe");
    expect(answer("suspend-client", { kind: "client-authentication-failures" })).toBe("alert");
    expect(answer("suspend-client", { kind: "registration-flood" })).toBe("alert");
    expect(answer("suspend-client", { kind: "scope-probing", target: { clientId: "c1" } })).toBe("alert");
    expect(answer("suspend-client", { kind: "scope-probing", target: { clientId: "c1", subject: "s1" } })).toBe("suspend-client");
  });

  it("is none to what is of little weight, or long past", () => {
    expect(answer("revoke-grant", { severity: "low" })).toBe("observe");
    expect(answer("revoke-grant", { until: NOW - 3_601 })).toBe("observe");
    expect(answer("revoke-grant", { until: NOW - 3_600 })).toBe("revoke-grant");
  });
});

describe("what is taken for the same place", () => {
  it("is the neighbourhood of an address, not the address", () => {
    expect(networkOf("192.0.2.1")).toBe(networkOf("192.0.2.200"));
    expect(networkOf("192.0.2.1")).not.toBe(networkOf("192.0.3.1"));
    expect(networkOf("::ffff:192.0.2.1")).toBe(networkOf("192.0.2.1"));
    expect(networkOf("2001:db8:1:2::/64")).toBe(networkOf("2001:db8:1:ffff::1"));
    expect(networkOf("2001:db8:1::1")).not.toBe(networkOf("2001:db8:2::1"));
    for (const nothing of [undefined, "", "unknown"]) expect(networkOf(nothing)).toBeUndefined();
  });

  it("is a program, whatever its version", () => {
    expect(withoutVersions("Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0")).toBe(
      withoutVersions("Mozilla/5.0 (X11; Linux x86_64) Firefox/142.0.1"),
    );
    expect(withoutVersions("curl/8.1")).not.toBe(withoutVersions("claude-code/8.1"));
  });
});
