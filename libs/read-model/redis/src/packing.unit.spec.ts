import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { liveGrant, liveIssuances } from "./fixtures/live-tokens.ts";
import { pack, unpack } from "./packing.ts";

describe("packing", () => {
  it("gives any JSON text back, byte for byte", () => {
    const random = fc.oneof(
      fc.constantFrom("", "0".repeat(16), "f".repeat(301), "-".repeat(43), "_".repeat(22), "A".repeat(43), "B".repeat(43), "a".repeat(129)),
      fc.uint8Array({ minLength: 8, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("hex")),
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
      fc.uuid(),
      fc.uuid().map((uuid) => uuid.toUpperCase()),
      fc.string({ unit: "binary" }),
    );
    const value = fc.array(
      fc.oneof(
        random,
        fc.jsonValue(),
        fc.tuple(random, random).map((two) => two.join("-")),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(value, fc.boolean(), (values, twice) => {
        const text = JSON.stringify(twice ? [values, values] : values);
        expect(unpack(pack(text))).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });

  it("gives back text with more random values than it has places for", () => {
    const text = JSON.stringify(
      Array.from({ length: 300 }, (_, n) => (n % 2 === 0 ? randomUUID() : randomBytes(32).toString("base64url"))),
    );
    expect(unpack(pack(text + text))).toBe(text + text);
  });

  it("makes what is kept of tokens a third of its size", () => {
    const { body } = liveIssuances(1_800_000_000, 1)[0]!;
    expect(pack(body).length).toBeLessThan(body.length / 3);
    const grant = JSON.stringify(liveGrant(1_800_000_000, 3).state);
    expect(pack(grant).length).toBeLessThan(grant.length / 3);
  });
});
