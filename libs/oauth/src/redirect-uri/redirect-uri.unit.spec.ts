import { describe, expect, it } from "vitest";
import { isLoopbackRedirect, redirectChain, redirectHost, redirectOrigin, redirectUriMatches } from "./redirect-uri.ts";
import { withParameters } from "./with-parameters.ts";

const REGISTERED = "https://allowed.com/cb";
/** none of these is the registered URI. */
const OTHERS = [
  "https://allowed.com/c",
  "https://allowed.com/cb/",
  "https://allowed.com/cbx",
  "https://allowed.com/cb/x",
  "https://allowed.com",
  "https://allowed.com/",
  "https://sub.allowed.com/cb",
  "https://xallowed.com/cb",
  "https://com/cb",
  "https://allowed.com.evil/cb",
  "https://allowed.com.evil.com/cb",
  "https://allowed.com@evil.com/cb",
  "https://evil.com@allowed.com/cb",
  "https://user:pw@allowed.com/cb",
  "https://evil.com\\@allowed.com/cb",
  "https://allowed.com\\.evil.com/cb",
  "https:\\\\allowed.com\\cb",
  "https:/allowed.com/cb",
  "https:///allowed.com/cb",
  "//allowed.com/cb",
  "https://allowed.com/../cb",
  "https://allowed.com/x/../cb",
  "https://allowed.com/x/..%2fcb",
  "https://allowed.com/x/%2e%2e/cb",
  "https://allowed.com/x/..;/cb",
  "https://allowed.com/%252e%252e/cb",
  "https://allowed.com/c%62",
  "https://allowed.com/cb%00",
  "https://allowed.com/cb%0a",
  "https://allowed.com/cb#frag",
  "https://allowed.com/cb#",
  "https://allowed.com/cb?",
  "https://allowed.com/cb?a=b",
  "https://allowed.com/cb;a",
  "https://allowed.com/CB",
  "https://ALLOWED.com/cb",
  "HTTPS://allowed.com/cb",
  "https://allowed.com./cb",
  "https://аllowed.com/cb",
  "https://xn--llowed-4ve.com/cb",
  "https://allowed.com/cb\t",
  "https://allowed.com/c\tb",
  "https://allowed.com/cb\n",
  "\nhttps://allowed.com/cb",
  " https://allowed.com/cb",
  "https://allowed.com/cb ",
  "https://allowed.com:443/cb",
  "https://allowed.com:8443/cb",
  "http://allowed.com/cb",
  "https://allowedxcom/cb",
  "javascript://allowed.com/cb",
  "data:text/html,cb",
  "",
];

describe("a registered https redirect URI", () => {
  it("matches itself byte for byte", () => {
    expect(redirectUriMatches(REGISTERED, REGISTERED)).toBe(true);
    expect(redirectUriMatches("https://allowed.com/cb?a=b", "https://allowed.com/cb?a=b")).toBe(true);
  });

  it.each(OTHERS)("does not match %j", (presented) => {
    expect(redirectUriMatches(REGISTERED, presented)).toBe(false);
  });

  it("is no pattern", () => {
    expect(redirectUriMatches("https://*.allowed.com/cb", "https://a.allowed.com/cb")).toBe(false);
    expect(redirectUriMatches("https://allowed.com/cb?a=b", "https://allowed.com/cb?a=c")).toBe(false);
    expect(redirectUriMatches("https://allowed.com/cb?a=b", "https://allowed.com/cb?a=b&x=1")).toBe(false);
  });
});

/** registered, presented, whether only the port differs. */
const LOOPBACK: readonly (readonly [string, string, boolean])[] = [
  ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true],
  ["http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true],
  ["http://[::1]/cb", "http://[::1]:8080/cb", true],
  ["http://localhost/cb", "http://localhost:3000/cb", true],
  ["http://localhost:3000", "http://localhost:4000", true],
  ["http://localhost/cb?x=1", "http://localhost:5/cb?x=1", true],
  ["http://127.0.0.1/cb", "http://127.0.0.1:49152/other", false],
  ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb/", false],
  ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb?x=1", false],
  ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb#f", false],
  ["http://127.0.0.1/cb", "http://localhost:49152/cb", false],
  ["http://localhost/cb", "http://127.0.0.1:49152/cb", false],
  ["http://127.0.0.1/cb", "http://[::1]:49152/cb", false],
  ["http://127.0.0.1/cb", "http://127.0.0.2:49152/cb", false],
  ["http://127.0.0.1/cb", "http://0.0.0.0:49152/cb", false],
  ["http://127.0.0.1/cb", "http://127.1/cb", false],
  ["http://127.0.0.1/cb", "http://2130706433/cb", false],
  ["http://127.0.0.1/cb", "http://0x7f.0.0.1/cb", false],
  ["http://127.0.0.1/cb", "http://127.0.0.1.evil.com/cb", false],
  ["http://127.0.0.1/cb", "http://127.0.0.1:80@evil.com/cb", false],
  ["http://127.0.0.1/cb", "http://127.0.0.1:/cb", false],
  ["http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false],
  ["http://127.0.0.1/cb", "http://127.0.0.1:8a/cb", false],
  ["http://127.0.0.1/cb", "https://127.0.0.1:8080/cb", false],
  ["https://127.0.0.1/cb", "https://127.0.0.1:8080/cb", false],
  ["http://localhost/cb", "http://LOCALHOST:1/cb", false],
  ["http://localhost/cb", "http://localhost.:1/cb", false],
  ["http://localhost/cb", "http://user@localhost:1/cb", false],
  ["http://localhost/cb", "http://localhost:1\\cb", false],
  ["http://example.com/cb", "http://example.com:8080/cb", false],
  ["http://localhost:99999/cb", "http://localhost:1/cb", false],
];

describe("a registered loopback redirect URI", () => {
  it.each(LOOPBACK)("%s against %s: %s", (registered, presented, expected) => {
    expect(redirectUriMatches(registered, presented)).toBe(expected);
  });

  it("is told apart from others", () => {
    expect(["http://localhost/cb", "http://127.0.0.1:1", "http://[::1]/"].every(isLoopbackRedirect)).toBe(true);
    expect(["https://localhost/cb", "http://localhost.evil.com/cb", "cursor://x"].some(isLoopbackRedirect)).toBe(false);
  });
});

describe("what a redirect needs", () => {
  it("is allowed in form-action by origin, by scheme where there is none", () => {
    expect(redirectOrigin("https://a.example/cb?x")).toBe("https://a.example");
    expect(redirectOrigin("http://127.0.0.1:99/cb")).toBe("http://127.0.0.1:99");
    expect(redirectOrigin("http://[::1]:99/cb")).toBe("http:");
    expect(redirectOrigin("cursor://anysphere/cb")).toBe("cursor:");
    expect(redirectChain("https://a.example/cb")).toEqual(["https://a.example", "https:"]);
    expect(redirectChain("http://127.0.0.1:99/cb")).toEqual(["http://127.0.0.1:99", "https:", "http://localhost:*", "http://127.0.0.1:*"]);
  });

  it("is shown as host and port, or as an application on the device", () => {
    expect(redirectHost("https://a.example:8443/cb")).toBe("a.example:8443");
    expect(redirectHost("http://127.0.0.1:99/cb")).toBe("127.0.0.1:99");
    expect(redirectHost("cursor://claude.ai/cb")).toBe("cursor: (an application on this device)");
  });

  it("keeps the query a URI has", () => {
    expect(withParameters("https://a.example/cb", { code: "1", state: undefined })).toBe("https://a.example/cb?code=1");
    expect(withParameters("https://a.example/cb?x=%20y", { state: "a b&c" })).toBe("https://a.example/cb?x=%20y&state=a+b%26c");
    expect(withParameters("https://a.example/cb?", { code: "1" })).toBe("https://a.example/cb?code=1");
    expect(withParameters("https://a.example/cb?x&", { code: "1" })).toBe("https://a.example/cb?x&code=1");
    expect(withParameters("https://a.example/cb", {})).toBe("https://a.example/cb");
  });
});
