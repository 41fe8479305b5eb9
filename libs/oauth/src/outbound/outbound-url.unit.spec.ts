import { describe, expect, it } from "vitest";
import { isLoopbackAddress, isLoopbackHost, isPublicAddress } from "./address.ts";
import { OutboundError } from "./outbound-error.ts";
import { checkOutboundUrl } from "./outbound-url.ts";

const strict = { allowInsecureLoopback: false };
const development = { allowInsecureLoopback: true };

describe("an address we may connect to", () => {
  it.each(["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:800::200e"])("is global unicast: %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd12::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::7f00:1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2001::1",
    "ff02::1",
    "2001:db8::1",
    "fec0::1",
    "5f00::1",
    "",
    "localhost",
    "1.2.3",
  ])("is nothing else: %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it("is loopback by range, a loopback host by name", () => {
    expect(["127.0.0.1", "127.3.2.1", "::1"].every(isLoopbackAddress)).toBe(true);
    expect(["8.8.8.8", "localhost", ""].some(isLoopbackAddress)).toBe(false);
    expect(["localhost", "127.0.0.1", "[::1]"].every(isLoopbackHost)).toBe(true);
    expect(["127.0.0.2", "localhost.", "app.localhost"].some(isLoopbackHost)).toBe(false);
  });
});

describe("a URL somebody named for us to fetch", () => {
  it.each([
    "https://client.example/metadata.json",
    "https://client.example:8443/x",
    "https://[2606:4700:4700::1111]/x",
    "https://93.184.216.34/x",
    "https://client.example?x=1",
  ])("may be %s", (url) => {
    expect(checkOutboundUrl(url, strict).href).toContain("https://");
  });

  // F-01
  it.each([
    "not a url",
    "http://client.example/x",
    "ftp://client.example/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://user@client.example/x",
    "https://:pw@client.example/x",
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://localhost./x",
    "https://0x7f.1/x",
    "https://2130706433/x",
    "https://0177.0.0.1/x",
    "https://127.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[fd00::1]/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/x",
    "https://0.0.0.0/x",
    "https://router/x",
    "https://printer.local/x",
    "https://db.internal/x",
    "https://app.localhost/x",
    "https://client.example./x",
    "https://client.example:22/x",
    "https://client.example:25/x",
    "http://localhost:3000/x",
    "https://①②⑦.⓪.⓪.①/x",
  ])("is never %s", (url) => {
    expect(() => checkOutboundUrl(url, strict)).toThrow(OutboundError);
  });

  it("may be on this very machine in development, over http too", () => {
    for (const url of ["http://localhost:3000/x", "http://127.0.0.1:3000/x", "http://[::1]:3000/x", "https://localhost/x"])
      expect(checkOutboundUrl(url, development).href).toBe(url);
  });

  it.each(["http://127.0.0.2:3000/x", "http://client.example/x", "ftp://localhost/x", "http://10.0.0.1/x", "http://localhost.:3000/x"])(
    "but never %s, in development either",
    (url) => {
      expect(() => checkOutboundUrl(url, development)).toThrow(OutboundError);
    },
  );
});
