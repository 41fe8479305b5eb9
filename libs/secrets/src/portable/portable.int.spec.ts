// Real: OpenSSL, encrypted files as source and destination. Made: nothing.
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEncryptedFileStore } from "../encrypted-file/encrypted-file-store.ts";
import { SecretRefused, SecretStoreUnavailable } from "../errors.ts";
import { clock, KEK, NEW_KEK, newFolder } from "../fixtures/folder.ts";
import type { SecretStore } from "../port.ts";
import { openExport, sealExport } from "./sealed-export.ts";
import { exportSecrets, importSecrets } from "./transfer.ts";

const PASSPHRASE = { passphrase: "correct horse battery staple" };
const NAME = "oauth/github/my-server/access-token";
const pair = () =>
  generateKeyPairSync("x25519", {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });

describe("an export of secrets", () => {
  let [from, to]: SecretStore[] = [];
  let folders: ReturnType<typeof newFolder>[];
  beforeEach(async () => {
    folders = [newFolder(), newFolder()];
    [from, to] = await Promise.all(
      folders.map(({ dir }, index) => openEncryptedFileStore({ dir, kek: index === 0 ? KEK : NEW_KEK, clock })),
    );
    await (from as SecretStore).set(NAME, "gho_value", { expiresAt: 4_102_444_800 });
    await (from as SecretStore).set("oauth/google/x/client-secret", "line\nline π");
  });
  afterEach(async () => {
    await Promise.all([from?.close(), to?.close()]);
    for (const { remove } of folders) remove();
  });

  it.each([
    ["a passphrase", () => ({ seal: PASSPHRASE, open: PASSPHRASE })],
    [
      "a recipient's key",
      () => {
        const { publicKey, privateKey } = pair();
        return { seal: { recipient: publicKey }, open: { privateKey } };
      },
    ],
  ])("moves everything to another installation under %s, and shows nothing on the way", async (_what, means) => {
    const { seal, open } = means();
    const { text, exported } = await exportSecrets(from as SecretStore, seal);
    expect(exported).toBe(2);
    for (const seen of ["gho_value", "github", "π", PASSPHRASE.passphrase]) expect(text).not.toContain(seen);
    await (to as SecretStore).set(NAME, "mine");
    expect(await importSecrets(to as SecretStore, text, open)).toEqual({ imported: 1, kept: 1 });
    expect((await (to as SecretStore).get(NAME))?.value).toBe("mine");
    expect(await importSecrets(to as SecretStore, text, open, { overwrite: true })).toEqual({ imported: 2, kept: 0 });
    expect(await (to as SecretStore).get(NAME)).toMatchObject({ value: "gho_value", expiresAt: 4_102_444_800 });
    expect((await (to as SecretStore).get("oauth/google/x/client-secret"))?.value).toBe("line\nline π");
  });

  it("is refused whole when any of it was changed, and nothing is written", async () => {
    const { publicKey, privateKey } = pair();
    const { text } = await exportSecrets(from as SecretStore, { recipient: publicKey });
    await fc.assert(
      fc.asyncProperty(fc.nat(text.trimEnd().length - 1), fc.constantFrom("A", "B", "0", "}", '"', " "), async (at, character) => {
        const altered = text.slice(0, at) + character + text.slice(at + 1);
        fc.pre(altered !== text && !sameMeaning(altered, text));
        await expect(importSecrets(to as SecretStore, altered, { privateKey })).rejects.toThrow(SecretRefused);
      }),
      { numRuns: 100 },
    );
    expect(await (to as SecretStore).list()).toEqual([]);
  });

  it("is refused to another passphrase, another key, or the other kind of either", async () => {
    const [mine, other] = [pair(), pair()];
    const forKey = await sealExport("plain", { recipient: mine.publicKey });
    const forPhrase = await sealExport("plain", PASSPHRASE);
    expect([await openExport(forKey, { privateKey: mine.privateKey }), await openExport(forPhrase, PASSPHRASE)]).toEqual([
      "plain",
      "plain",
    ]);
    await expect(openExport(forKey, { privateKey: other.privateKey })).rejects.toThrow(/another recipient/);
    await expect(openExport(forKey, PASSPHRASE)).rejects.toThrow(/recipient's key/);
    await expect(openExport(forPhrase, { passphrase: "correct horse battery stapler" })).rejects.toThrow(SecretRefused);
    await expect(openExport(forPhrase, { privateKey: mine.privateKey })).rejects.toThrow(/passphrase/);
  });

  it("is not made under a short passphrase or for what is no X25519 key, and what was given is not repeated", async () => {
    await expect(sealExport("plain", { passphrase: "short" })).rejects.toThrow(/fewer than 12/);
    const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }).toString();
    for (const recipient of [p256, "no key at all", ""])
      await expect(sealExport("plain", { recipient })).rejects.toThrow(/no X25519 key in PEM$/);
  });

  it("can't make its reader work for hours, nor agree with everybody", async () => {
    const dear = JSON.stringify({
      ...JSON.parse(await sealExport("plain", PASSPHRASE)),
      seal: { kind: "passphrase", salt: "A".repeat(22), n: 2 ** 24 },
    });
    const beganMs = performance.now();
    await expect(openExport(dear, PASSPHRASE)).rejects.toThrow(SecretRefused);
    // what was asked for takes minutes
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    const { publicKey, privateKey } = pair();
    const box = JSON.parse(await sealExport("plain", { recipient: publicKey })) as { seal: object };
    const zero = JSON.stringify({ ...box, seal: { ...box.seal, ephemeral: Buffer.alloc(32).toString("base64url") } });
    await expect(openExport(zero, { privateKey })).rejects.toThrow(SecretRefused);
  });

  it("is not made while a store can't be asked", async () => {
    const silent: SecretStore = {
      ...(from as SecretStore),
      health: async () => [{ store: "key-vault", status: "degraded", writable: true }],
    };
    await expect(exportSecrets(silent, PASSPHRASE)).rejects.toThrow(SecretStoreUnavailable);
  });
});

/** The last characters of base64url may differ in bits that mean nothing, and JSON in white space. */
function sameMeaning(altered: string, text: string): boolean {
  try {
    const [one, other] = [altered, text].map((each) => JSON.parse(each) as { seal: Record<string, string>; iv: string; data: string });
    const bytes = (of: typeof one): string =>
      JSON.stringify({ ...of, iv: undefined, data: Buffer.from(of?.data ?? "", "base64url").toString("hex") }) + (of?.iv ?? "");
    return bytes(one) === bytes(other);
  } catch {
    return false;
  }
}
