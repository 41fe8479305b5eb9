import { describe, expect, it } from "vitest";
import type { OAuthError } from "../errors/index.ts";
import { requireChallenge, verifierChallenge } from "./pkce.ts";

// RFC 7636 appendix B
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

describe("PKCE", () => {
  it("hashes the verifier of the specification to its challenge", () => {
    expect(verifierChallenge(VERIFIER)).toBe(CHALLENGE);
    expect(requireChallenge(CHALLENGE, "S256")).toBe(CHALLENGE);
  });

  it("refuses a request without a challenge", () => {
    expect(() => requireChallenge(undefined, "S256")).toThrow(
      expect.objectContaining({ code: "invalid_request", reason: "pkce-missing" }) as OAuthError,
    );
  });

  it.each([undefined, "plain", "s256", "S512"])("refuses the method %s", (method) => {
    expect(() => requireChallenge(CHALLENGE, method)).toThrow(expect.objectContaining({ reason: "pkce-method-unsupported" }) as OAuthError);
  });

  it.each(["short", `${CHALLENGE}=`, `${CHALLENGE}A`, CHALLENGE.replace("E", "+")])("refuses the challenge %s", (challenge) => {
    expect(() => requireChallenge(challenge, "S256")).toThrow(expect.objectContaining({ reason: "pkce-malformed" }) as OAuthError);
  });

  it.each(["a".repeat(42), "a".repeat(129), `${"a".repeat(43)}+`, `${"a".repeat(43)}=`, `${"a".repeat(42)}ä`])(
    "refuses the verifier %s",
    (verifier) => {
      expect(() => verifierChallenge(verifier)).toThrow(
        expect.objectContaining({ code: "invalid_request", reason: "pkce-malformed" }) as OAuthError,
      );
    },
  );

  it("takes the shortest and the longest verifier", () => {
    expect(verifierChallenge("a".repeat(43))).toHaveLength(43);
    expect(verifierChallenge("~".repeat(128))).toHaveLength(43);
  });
});
