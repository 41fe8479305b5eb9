import { sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { freshKeys, type OpenKeysPlace } from "./place.ts";

export function describeVault(openPlace: OpenKeysPlace): void {
  describe("the vault", () => {
    const fixture = freshKeys(openPlace);

    it.each([
      ["ES256", "sha256", "P-256"],
      ["EdDSA", null, "Ed25519"],
      ["RS256", "sha256", undefined],
    ] as const)("makes %s keys that sign through any handle", async (alg, digest, crv) => {
      const { open } = fixture();
      const { kid, publicJwk } = await (await open()).vault.create(alg);
      expect(publicJwk).toMatchObject({ kid, alg, use: "sig", ...(crv === undefined ? { kty: "RSA", e: "AQAB" } : { crv }) });
      expect(Object.keys(publicJwk)).not.toContain("d");
      const key = await (await open()).vault.privateKey(kid);
      const signature = sign(digest, Buffer.from("text"), key);
      expect(verify(digest, Buffer.from("text"), { key: publicJwk, format: "jwk" }, signature)).toBe(true);
    });

    it("keeps no private key in the clear", async () => {
      const { open, place } = fixture();
      const { vault } = await open();
      const secrets: Buffer[] = [];
      for (const alg of ["ES256", "EdDSA", "RS256"] as const) {
        const key = await vault.privateKey((await vault.create(alg)).kid);
        secrets.push(key.export({ format: "der", type: "pkcs8" }), Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url"));
      }
      const stolen = await place.stolen();
      expect(stolen.length).toBeGreaterThan(500);
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThanOrEqual(32);
        expect(holds(stolen, secret)).toBe(false);
        expect(holds(stolen, secret.subarray(-24))).toBe(false);
      }
    });

    it("has no key it never made, and none it has destroyed, through whichever handle", async () => {
      const { open } = fixture();
      const [here, there] = [await open(), await open()];
      const { kid } = await here.vault.create("ES256");
      await there.vault.privateKey(kid);
      await there.vault.destroy(kid);
      await there.vault.destroy(kid);
      for (const { vault } of [here, there]) {
        await expect(vault.privateKey(kid)).rejects.toThrow(/no private part of signing key/);
        await expect(vault.privateKey("never-made")).rejects.toThrow(/no private part of signing key/);
      }
    });
  });
}

/** In the bytes as they are, or as a dump would write them. */
export function holds(stolen: Buffer, secret: Buffer): boolean {
  const forms = [
    secret,
    Buffer.from(secret.toString("hex")),
    Buffer.from(secret.toString("base64")),
    Buffer.from(secret.toString("base64url")),
  ];
  return forms.some((form) => stolen.includes(form));
}
