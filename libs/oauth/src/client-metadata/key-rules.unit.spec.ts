import { generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checkJwks, usableKeys } from "./key-rules.ts";

const jwkOf = (pair: { publicKey: { export(options: { format: "jwk" }): JsonWebKey } }): Record<string, unknown> => ({
  ...pair.publicKey.export({ format: "jwk" }),
});
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p256 = jwkOf(ec);
const ed25519 = jwkOf(generateKeyPairSync("ed25519"));
const rsa2048 = jwkOf(generateKeyPairSync("rsa", { modulusLength: 2_048 }));

/** A number every small prime of the fingerprint divides into 1: the shape ROCA keys have. */
function rocaModulus(): string {
  const primorial = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157].reduce(
    (product, prime) => product * BigInt(prime),
    1n,
  );
  const modulus = primorial * ((1n << 2_047n) / primorial) + 1n + primorial * 2n;
  return Buffer.from(modulus.toString(16).padStart(512, "0"), "hex").toString("base64url");
}

describe("a client's keys", () => {
  it("may be EC, Ed25519 and RSA from 2048 bits", () => {
    expect(() => checkJwks({ keys: [p256, ed25519, rsa2048] })).not.toThrow();
  });

  // K-12
  it.each([
    ["private", { ...ec.privateKey.export({ format: "jwk" }) }],
    ["symmetric", { kty: "oct", k: "c2VjcmV0" }],
    ["an oct key without its value", { kty: "oct" }],
    ["RSA of 1024 bits", jwkOf(generateKeyPairSync("rsa", { modulusLength: 1_024 }))],
    ["RSA with exponent 3", jwkOf(generateKeyPairSync("rsa", { modulusLength: 2_048, publicExponent: 3 }))],
    ["RSA with an even exponent", { ...rsa2048, e: Buffer.from("010002", "hex").toString("base64url") }],
    ["RSA with an enormous exponent", { ...rsa2048, e: Buffer.from("0200000001", "hex").toString("base64url") }],
    ["RSA that can be factored (ROCA)", { kty: "RSA", n: rocaModulus(), e: "AQAB" }],
    ["RSA of 16384 bits", { kty: "RSA", n: Buffer.alloc(2_048, 0xff).toString("base64url"), e: "AQAB" }],
    ["a point off its curve", { ...p256, y: p256["x"] }],
    ["a truncated point", { ...p256, x: "AA" }],
    ["a curve we do not know", jwkOf(generateKeyPairSync("ec", { namedCurve: "secp256k1" }))],
    ["X25519", jwkOf(generateKeyPairSync("x25519"))],
    ["Ed25519 of the wrong length", { ...ed25519, x: "AA" }],
    ["no key type", {}],
  ])("are refused when there is one that is %s", (_what, key) => {
    expect(() => checkJwks({ keys: [p256, key as Record<string, unknown>] })).toThrow(
      expect.objectContaining({ code: "invalid_client_metadata" }),
    );
    expect(usableKeys([p256, key as Record<string, unknown>])).toEqual([p256]);
  });

  it("are one to ten", () => {
    expect(() => checkJwks({ keys: [] })).toThrow("metadata-invalid");
    expect(() => checkJwks({ keys: Array.from({ length: 11 }, () => p256) })).toThrow("metadata-invalid");
    expect(usableKeys(Array.from({ length: 11 }, () => p256))).toHaveLength(10);
  });
});
