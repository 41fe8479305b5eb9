import { describe, expect, it } from "vitest";
import { browserAddress } from "./open-browser.ts";

describe("an address for the browser", () => {
  it("is an http or https URL, spelled so that nothing in it is more than an address", () => {
    expect(browserAddress("https://as.example/authorize?a=1&b=$(calc)")).toBe("https://as.example/authorize?a=1&b=$(calc)");
    expect(browserAddress('https://as.example/"; rm -rf ~')).toBe("https://as.example/%22;%20rm%20-rf%20~");
  });

  it.each([
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,x",
    "ms-settings:about",
    "--help",
    "-a",
    "http:$(calc.exe)/\\",
    "https://user:secret@as.example/",
    "",
    "calc.exe",
  ])("is not %s", (address) => {
    let opened: string | undefined;
    try {
      opened = browserAddress(address);
    } catch {
      opened = undefined;
    }
    // What the URL parser makes of it may only ever be an address of the web
    expect(opened === undefined || /^https?:\/\/[a-z0-9.%[\]:$()-]+\//.test(opened)).toBe(true);
    if (!address.startsWith("http:$")) expect(opened).toBeUndefined();
  });
});
