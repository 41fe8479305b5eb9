import { describe, expect, it } from "vitest";
import { readBasic } from "./basic.ts";

const header = (text: string | Buffer) => `Basic ${Buffer.from(text).toString("base64")}`;

describe("Basic client credentials", () => {
  it("are read as sent", () => {
    expect(readBasic(header("client-1:s3cret"))).toEqual([{ clientId: "client-1", secret: "s3cret" }]);
    expect(readBasic(`bAsIc ${Buffer.from("a:b").toString("base64")}`)).toEqual([{ clientId: "a", secret: "b" }]);
  });

  it("are also read form-decoded (RFC 6749 §2.3.1)", () => {
    expect(readBasic(header("a%20b:c%2Bd+e"))).toEqual([
      { clientId: "a%20b", secret: "c%2Bd+e" },
      { clientId: "a b", secret: "c+d e" },
    ]);
    expect(readBasic(header("https%3A%2F%2Fc.example%2Fx:s"))?.[1]).toEqual({ clientId: "https://c.example/x", secret: "s" });
  });

  it("split an id that is a URL at its last colon, any other at its first", () => {
    expect(readBasic(header("https://c.example:8443/x:s"))).toEqual([{ clientId: "https://c.example:8443/x", secret: "s" }]);
    expect(readBasic(header("id:with:colons"))).toEqual([{ clientId: "id", secret: "with:colons" }]);
  });

  it("keep a raw secret with a lone percent sign", () => {
    expect(readBasic(header("id:100%"))).toEqual([{ clientId: "id", secret: "100%" }]);
  });

  it("are refused when malformed (K-01)", () => {
    const bad = [
      "Basic",
      "Basic ",
      "Basic  YTpi",
      "Basic\tYTpi",
      "Basic YTpi extra",
      "Bearer YTpi",
      "Basic !!!!",
      header("nocolon"),
      header(":secret"),
      header("a:b\u0000"),
      header("a\nb:c"),
      header(Buffer.from([0xff, 0xfe, 0x3a, 0x61])),
      `Basic ${"A".repeat(9000)}`,
    ];
    for (const value of bad) expect(readBasic(value)).toBeUndefined();
  });
});
