import { describe, expect, it } from "vitest";
import { OAuthError } from "../errors/index.ts";
import { formatScope, isIdentityScope, parseOptionalScope, parseScope } from "./scope.ts";

describe("scope", () => {
  it("keeps the order, folds duplicates and tolerates extra spaces", () => {
    expect(parseScope(" b  a b ")).toEqual(["b", "a"]);
    expect(formatScope(["b", "a"])).toBe("b a");
  });

  it.each(['a"b', "a\\b", "käse", "a\tb", "a\nb", "a\u0000", "a\u007f", "\u202ea"])("refuses %j as invalid_scope", (text) => {
    expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: "invalid_scope", reason: "scope-malformed" }) as OAuthError);
  });

  it("refuses more than 4 kB", () => {
    expect(parseScope("a".repeat(4096))).toHaveLength(1);
    expect(() => parseScope("a".repeat(4097))).toThrow(OAuthError);
  });

  it("takes an empty scope for an absent one", () => {
    expect(parseOptionalScope(undefined)).toBeUndefined();
    expect(parseOptionalScope("  ")).toBeUndefined();
    expect(parseOptionalScope("a")).toEqual(["a"]);
  });

  it("knows identity scopes", () => {
    expect(["openid", "profile", "email", "offline_access"].every(isIdentityScope)).toBe(true);
    expect(isIdentityScope("Openid")).toBe(false);
  });
});
