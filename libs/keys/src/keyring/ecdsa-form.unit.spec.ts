import { generateKeyPairSync, sign, verify } from "node:crypto";
import { assert, nat, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { derToRaw, rawToDer } from "./ecdsa-form.ts";

describe("the two forms of an ECDSA signature", () => {
  it("convert as OpenSSL converts, for short and long integers alike", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const lengths = new Set<number>();
    for (let round = 0; round < 600; round += 1) {
      const text = Buffer.from(`text ${round}`);
      const der = sign("sha256", text, privateKey);
      lengths.add(der.length);
      const raw = derToRaw(der);
      expect(raw).toHaveLength(64);
      expect(verify("sha256", text, { key: publicKey, dsaEncoding: "ieee-p1363" }, raw)).toBe(true);
      expect(rawToDer(raw)).toEqual(der);
    }
    expect(lengths.size).toBeGreaterThan(1);
  });

  it("go there and back for any two numbers", () => {
    assert(
      property(uint8Array({ minLength: 64, maxLength: 64 }), nat(31), nat(31), (bytes, zerosOfR, zerosOfS) => {
        const raw = Buffer.from(bytes)
          .fill(0, 0, zerosOfR)
          .fill(0, 32, 32 + zerosOfS);
        expect(derToRaw(rawToDer(raw) ?? Buffer.alloc(0))).toEqual(raw);
      }),
    );
  });

  it("refuse any other length", () => {
    for (const length of [0, 63, 65, 72]) expect(rawToDer(Buffer.alloc(length))).toBeUndefined();
  });
});
