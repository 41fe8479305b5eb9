import { describe, expect, it } from "vitest";
import { checkRedirectUri, inferApplicationType } from "./redirect-uri-rules.ts";

const none = { redirectSchemes: [] };

describe("a redirect URI", () => {
  it.each([
    "https://app.example/cb",
    "https://app.example",
    "https://app.example/",
    "https://app.example:8443/cb?x=1&y=%2F",
    "https://xn--bcher-kva.example/cb",
    "https://app.example/@me/cb",
    "http://127.0.0.1/cb",
    "http://127.0.0.1:5353/cb",
    "http://[::1]/cb",
    "http://localhost:3000/oauth/callback",
    "HTTPS://app.example/cb",
    "http://LOCALHOST/cb",
    "https://localhost/cb",
  ])("may be %s", (uri) => {
    expect(() => checkRedirectUri(uri, none)).not.toThrow();
  });

  //
  it.each([
    "",
    "not-a-uri",
    "/cb",
    "//app.example/cb",
    "https://",
    "https:///cb",
    "http://app.example/cb",
    "http://127.0.0.2/cb",
    "http://0.0.0.0/cb",
    "http://127.1/cb",
    "http://0x7f.1/cb",
    "http://2130706433/cb",
    "http://localhost./cb",
    "http://[::ffff:127.0.0.1]/cb",
    "https://app.example/cb#frag",
    "https://app.example/cb#",
    "https://user@app.example/cb",
    "https://user:pw@app.example/cb",
    "https://allowed.com@evil.example/cb",
    "https://app.example\\@evil.example/cb",
    "https:\\\\app.example/cb",
    "https://app.example/a/../b",
    "https://app.example/%2e%2E/b",
    "https://app.example/.",
    "https://app.example/a b",
    "https://app.example/\tcb",
    "https://app.example/\ncb",
    " https://app.example/cb",
    "https://bücher.example/cb",
    "https://app.example/‮cb",
    "https://*.app.example/cb",
    "https://app.example/*",
    "https://app%2eexample/cb",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "vbscript:x",
    "blob:https://app.example/x",
    "about:blank",
    "ws://localhost/x",
    "ftp://localhost/x",
    "cursor://callback",
    "com.example.app:/cb",
    `https://app.example/${"a".repeat(1_000)}`,
  ])("is never %j", (uri) => {
    expect(() => checkRedirectUri(uri, none)).toThrow(
      expect.objectContaining({ code: "invalid_redirect_uri", reason: "redirect-uri-invalid" }),
    );
  });

  it("may have a private-use scheme an operator named, and no other", () => {
    expect(() => checkRedirectUri("cursor://anysphere.cursor/cb", { redirectSchemes: ["cursor"] })).not.toThrow();
    expect(() => checkRedirectUri("com.example.app:/cb", { redirectSchemes: "any" })).not.toThrow();
    expect(() => checkRedirectUri("vscode://x/cb", { redirectSchemes: ["cursor"] })).toThrow("redirect-uri-invalid");
  });

  it("never runs anything, even where an operator allows it by mistake", () => {
    for (const scheme of ["javascript", "data", "file", "vbscript"])
      expect(() => checkRedirectUri(`${scheme}:x`, { redirectSchemes: [scheme] })).toThrow("redirect-uri-invalid");
    expect(() => checkRedirectUri("javascript:x", { redirectSchemes: "any" })).toThrow("redirect-uri-invalid");
  });
});

describe("the application type a client leaves out", () => {
  it("is native when every redirect stays on the machine", () => {
    expect(inferApplicationType(["http://localhost/cb", "http://127.0.0.1:1/cb", "cursor://cb", "https://localhost/cb"])).toBe("native");
  });
  it("is web otherwise", () => {
    expect(inferApplicationType(["http://localhost/cb", "https://app.example/cb"])).toBe("web");
    expect(inferApplicationType([])).toBe("web");
  });
});
