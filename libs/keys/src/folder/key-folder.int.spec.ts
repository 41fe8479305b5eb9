import { createPrivateKey, sign, verify } from "node:crypto";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { allBytes, openTestFolder, temporaryFolder } from "./key-folder.fixture.ts";
import { KeyFolderError } from "./key-folder-error.ts";

// Real: SQLite files, OpenSSL. Fake: the clock.
describe("a key folder", () => {
  it("is readable by its owner only", async () => {
    const dir = join(temporaryFolder(), "keys");
    await openTestFolder({ dir });
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of ["keys.db", "keys.db-wal", "subject-keys.db", "subject-keys.db-wal"])
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  });

  it("opens again with the same passphrase, in either Unicode form", async () => {
    const dir = temporaryFolder();
    const first = await openTestFolder({ dir, kek: { passphrase: "gr\u00fcne Wiesen und W\u00e4lder" } });
    const { kid } = await first.vault.create("EdDSA");
    first.close();
    const second = await openTestFolder({ dir, kek: { passphrase: "gru\u0308ne Wiesen und Wa\u0308lder" } });
    expect((await second.vault.privateKey(kid)).asymmetricKeyType).toBe("ed25519");
  });

  it("refuses another key or passphrase with one clear line", async () => {
    const dir = temporaryFolder();
    (await openTestFolder({ dir, kek: { passphrase: "the right passphrase" } })).close();
    const wrong = /keys\.db: the key-encryption key is not the one this file was made with \(GRANTLINE_KEK\)$/;
    await expect(openTestFolder({ dir, kek: { passphrase: "a wrong passphrase" } })).rejects.toThrow(wrong);
    await expect(openTestFolder({ dir, kek: { key: Buffer.alloc(32, 9) } })).rejects.toThrow(wrong);
    await expect(openTestFolder({ dir, kek: { passphrase: "a wrong passphrase" } })).rejects.toBeInstanceOf(KeyFolderError);
  });

  it("refuses a key that is none", async () => {
    await expect(openTestFolder({ dir: temporaryFolder(), kek: {} })).rejects.toThrow(/neither 32 bytes nor a passphrase/);
    await expect(openTestFolder({ dir: temporaryFolder(), kek: { key: Buffer.alloc(16) } })).rejects.toThrow(
      /must have 32 bytes, found 16/,
    );
  });

  it("refuses files of a newer version and folders that can't be written", async () => {
    const dir = temporaryFolder();
    (await openTestFolder({ dir })).close();
    const database = new DatabaseSync(join(dir, "keys.db"));
    database.exec("PRAGMA user_version=2");
    database.close();
    await expect(openTestFolder({ dir })).rejects.toThrow(/keys\.db: made by a newer version of Grantline \(format 2, this one knows 1\)/);
    const blocked = join(temporaryFolder(), "file");
    writeFileSync(blocked, "");
    await expect(openTestFolder({ dir: blocked })).rejects.toThrow(/can't be opened for writing/);
  });

  it("refuses a file that is no database", async () => {
    const dir = temporaryFolder();
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "keys.db"), "not a database at all, but long enough to look like one".repeat(40));
    await expect(openTestFolder({ dir })).rejects.toThrow(/keys\.db: can't be opened/);
  });
});

describe("the vault", () => {
  it.each([
    ["ES256", "sha256", "P-256"],
    ["EdDSA", null, "Ed25519"],
    ["RS256", "sha256", undefined],
  ] as const)("makes %s keys that work after a restart", async (alg, digest, crv) => {
    const dir = temporaryFolder();
    const first = await openTestFolder({ dir });
    const { kid, publicJwk } = await first.vault.create(alg);
    expect(publicJwk).toMatchObject({ kid, alg, use: "sig", ...(crv === undefined ? { kty: "RSA", e: "AQAB" } : { crv }) });
    expect(Object.keys(publicJwk)).not.toContain("d");
    first.close();
    const key = await (await openTestFolder({ dir })).vault.privateKey(kid);
    const signature = sign(digest, Buffer.from("text"), key);
    expect(verify(digest, Buffer.from("text"), { key: publicJwk, format: "jwk" }, signature)).toBe(true);
  });

  it("never writes a private key in the clear", async () => {
    const dir = temporaryFolder();
    const { vault } = await openTestFolder({ dir });
    for (const alg of ["ES256", "EdDSA", "RS256"] as const) {
      const key = await vault.privateKey((await vault.create(alg)).kid);
      const secrets = [key.export({ format: "der", type: "pkcs8" }), Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url")];
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThanOrEqual(32);
        expect(allBytes(dir).includes(secret)).toBe(false);
        expect(allBytes(dir).includes(secret.subarray(-24))).toBe(false);
      }
    }
  });

  it("destroys a key for good, its bytes too", async () => {
    const dir = temporaryFolder();
    const { vault } = await openTestFolder({ dir });
    const { kid } = await vault.create("ES256");
    const wrapped = wrappedOf(dir, kid);
    expect(allBytes(dir).includes(wrapped)).toBe(true);
    await vault.destroy(kid);
    await expect(vault.privateKey(kid)).rejects.toThrow(/no private part of signing key/);
    expect(allBytes(dir).includes(wrapped)).toBe(false);
  });

  it("notices a key put under another one's id", async () => {
    const dir = temporaryFolder();
    const first = await openTestFolder({ dir });
    const [mine, theirs] = [await first.vault.create("ES256"), await first.vault.create("ES256")];
    first.close();
    const database = new DatabaseSync(join(dir, "keys.db"));
    database.prepare("UPDATE signing_keys SET wrapped = ? WHERE kid = ?").run(wrappedOf(dir, mine.kid), theirs.kid);
    database.close();
    await expect((await openTestFolder({ dir })).vault.privateKey(theirs.kid)).rejects.toThrow(/its row was altered/);
  });

  it("wraps the same secret differently each time", async () => {
    const dir = temporaryFolder();
    const { vault } = await openTestFolder({ dir });
    const kids = [(await vault.create("EdDSA")).kid, (await vault.create("EdDSA")).kid];
    const ivs = kids.map((kid) => wrappedOf(dir, kid).subarray(0, 12).toString("hex"));
    expect(new Set(ivs).size).toBe(2);
    expect(() => createPrivateKey({ key: wrappedOf(dir, kids[0] ?? ""), format: "der", type: "pkcs8" })).toThrow(/asn1|DECODER/i);
  });
});

function wrappedOf(dir: string, kid: string): Buffer {
  const database = new DatabaseSync(join(dir, "keys.db"));
  const row = database.prepare("SELECT wrapped FROM signing_keys WHERE kid = ?").get(kid) as { wrapped: Uint8Array };
  database.close();
  return Buffer.from(row.wrapped);
}
