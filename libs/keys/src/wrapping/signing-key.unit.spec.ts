import { describe, expect, it } from "vitest";
import { makeSigningKey } from "./signing-key.ts";

describe("a new signing key", () => {
  it("has an identifier no command line takes for an option, though one in 64 thumbprints looks like one", async () => {
    const made = await Promise.all(Array.from({ length: 600 }, () => makeSigningKey("EdDSA")));
    expect(made.map(({ kid }) => kid).filter((kid) => kid.startsWith("-"))).toEqual([]);
  });
});
