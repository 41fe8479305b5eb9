import { describe, expect, it } from "vitest";
import { OAuthError } from "../errors/index.ts";
import { assertionHeader, assertionSubject, checkAssertionClaims } from "./assertion-rules.ts";

const part = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const jws = (header: unknown, payload: unknown = { sub: "c" }) => `${part(header)}.${part(payload)}.c2ln`;
const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof OAuthError) return `${error.code}/${error.reason}`;
    throw error;
  }
  return "accepted";
};

describe("the header of a client assertion", () => {
  it("names an asymmetric algorithm of ours", () => {
    for (const alg of ["ES256", "EdDSA", "RS256", "PS256"]) expect(assertionHeader(jws({ alg, kid: "k" }))).toEqual({ alg, kid: "k" });
  });

  it("is refused with any other, in whatever spelling (K-05)", () => {
    for (const alg of ["none", "NONE", "nOnE", "HS256", "HS512", "RS1", "ES384", "RSA-OAEP", "", undefined, 1]) {
      expect(reasonOf(() => assertionHeader(jws({ alg })))).toMatch(/assertion-(alg|malformed)$/);
    }
  });

  it("is refused with critical extensions, a strange kid, five parts, or 8 kB (K-10)", () => {
    expect(reasonOf(() => assertionHeader(jws({ alg: "ES256", crit: ["exp"] })))).toBe("invalid_client/assertion-malformed");
    expect(reasonOf(() => assertionHeader(jws({ alg: "ES256", kid: 7 })))).toBe("invalid_client/assertion-malformed");
    expect(reasonOf(() => assertionHeader(`${jws({ alg: "ES256" })}.x.y`))).toBe("invalid_client/assertion-malformed");
    expect(reasonOf(() => assertionHeader(jws({ alg: "ES256" }, "x".repeat(9000))))).toBe("invalid_client/assertion-malformed");
    expect(reasonOf(() => assertionHeader("not a jwt"))).toBe("invalid_client/assertion-malformed");
  });
});

describe("the subject of an unverified assertion", () => {
  it("names the client", () => expect(assertionSubject(jws({ alg: "ES256" }))).toBe("c"));

  it("must be there and be text", () => {
    for (const payload of [{}, { sub: "" }, { sub: 1 }, { sub: "x".repeat(3000) }])
      expect(reasonOf(() => assertionSubject(jws({ alg: "ES256" }, payload)))).toBe("invalid_client/assertion-claims");
    for (const payload of ["not json", "[]"])
      expect(reasonOf(() => assertionSubject(jws({ alg: "ES256" }, payload)))).toBe("invalid_client/assertion-malformed");
  });
});

describe("the claims of a client assertion", () => {
  const now = 1_800_000_000;
  const us = new Set(["https://as.example", "https://as.example/token"]);
  const good = { iss: "c", sub: "c", aud: "https://as.example", exp: now + 300, iat: now, jti: "j" };
  const check = (change: Record<string, unknown>) => reasonOf(() => checkAssertionClaims({ ...good, ...change }, "c", us, now));

  it("are accepted when right, with the time they were issued at", () => {
    expect(checkAssertionClaims(good, "c", us, now)).toEqual({ jti: "j", exp: now + 300, issuedAt: now });
    expect(
      checkAssertionClaims({ iss: "c", sub: "c", aud: ["other", "https://as.example/token"], exp: now + 60, jti: "j" }, "c", us, now)
        .issuedAt,
    ).toBe(now - 540);
  });

  it("forgive a minute of clock difference and no more (H-10)", () => {
    expect(check({ exp: now - 59 })).toBe("accepted");
    expect(check({ exp: now - 60 })).toBe("invalid_client/assertion-claims");
    expect(check({ iat: now + 60 })).toBe("accepted");
    expect(check({ iat: now + 61 })).toBe("invalid_client/assertion-claims");
    expect(check({ nbf: now + 61 })).toBe("invalid_client/assertion-claims");
  });

  it.each([
    { iss: "other" },
    { sub: "other" },
    { aud: "https://evil.example" },
    { aud: undefined },
    { aud: 5 },
    { aud: Array.from({ length: 11 }, () => "https://as.example") },
    { exp: undefined },
    { exp: "soon" },
    { exp: now + 601 },
    { exp: Number.POSITIVE_INFINITY },
    { jti: undefined },
    { jti: "" },
    { jti: 7 },
    { jti: "x".repeat(257) },
    { iat: "x" },
  ])("are refused with %o", (change) => {
    expect(check(change)).toBe("invalid_client/assertion-claims");
  });
});
