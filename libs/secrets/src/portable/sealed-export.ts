import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  scrypt,
} from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { SecretRefused } from "../errors.ts";

/** How an export is sealed: a passphrase, or the public key (X25519, PEM) of the only one who is to open it. */
export type SealFor = { readonly passphrase: string } | { readonly recipient: string };
/** What opens it: the passphrase, or the recipient's private key (PEM). */
export type OpenWith = { readonly passphrase: string } | { readonly privateKey: string };

const bytes = (length: number) => z.base64url().refine((text) => Buffer.from(text, "base64url").length === length);
const passphraseHead = z.strictObject({
  kind: z.literal("passphrase"),
  salt: bytes(16),
  // what a file may make us compute is bounded, up (memory) and down (guessing)
  n: z.union([z.literal(32_768), z.literal(65_536), z.literal(131_072)]),
});
const recipientHead = z.strictObject({ kind: z.literal("recipient"), ephemeral: bytes(32), recipient: bytes(32) });
const sealedExport = z.strictObject({
  grantline: z.literal("secrets"),
  version: z.literal(1),
  seal: z.union([passphraseHead, recipientHead]),
  iv: bytes(12),
  data: z.base64url().min(22),
});
type SealedExport = z.infer<typeof sealedExport>;
type Head = Omit<SealedExport, "data">;

const SHORTEST_PASSPHRASE = 12;
const N = 131_072;
const TAG_BYTES = 16;
const LONGEST_EXPORT = 64 * 1024 * 1024;
const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);

/** A text that nobody reads or changes unnoticed. @throws SecretRefused for a short passphrase or a key that is no X25519 public key. */
export async function sealExport(plain: string, seal: SealFor): Promise<string> {
  const { head, key } = "passphrase" in seal ? await passphraseSeal(seal.passphrase) : recipientSeal(seal.recipient);
  const whole: Head = { grantline: "secrets", version: 1, seal: head, iv: randomBytes(12).toString("base64url") };
  const cipher = createCipheriv("aes-256-gcm", key, Buffer.from(whole.iv, "base64url"), { authTagLength: TAG_BYTES }).setAAD(aadOf(whole));
  const data = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]).toString("base64url");
  return `${JSON.stringify({ ...whole, data })}\n`;
}

/** What `sealExport` was given. @throws SecretRefused when it is no export, was altered, or is not for this passphrase or key. */
export async function openExport(text: string, means: OpenWith): Promise<string> {
  const { data, ...head } = parsed(text);
  const key = await keyOf(head, means);
  const sealed = Buffer.from(data, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(head.iv, "base64url"), { authTagLength: TAG_BYTES }).setAAD(
    aadOf(head),
  );
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString();
  } catch {
    // GCM's only way to say no; which of the three it is cannot be told
    throw refused("it was altered, or is not for this passphrase or key");
  }
}

/** Everything outside the ciphertext is authenticated with it, in this one spelling. */
function aadOf({ grantline, version, seal, iv }: Head): Buffer {
  return Buffer.from(JSON.stringify([grantline, version, Object.entries(seal).sort(), iv]));
}

async function passphraseSeal(passphrase: string) {
  if (passphrase.length < SHORTEST_PASSPHRASE) throw refused(`the passphrase has fewer than ${SHORTEST_PASSPHRASE} characters`);
  const salt = randomBytes(16);
  return { head: { kind: "passphrase", salt: salt.toString("base64url"), n: N } as const, key: await passphraseKey(passphrase, salt, N) };
}

function passphraseKey(passphrase: string, salt: Buffer, n: number): Promise<Buffer> {
  return derive(passphrase.normalize("NFC"), salt, 32, { N: n, r: 8, p: 1, maxmem: 256 * n * 8 });
}

/** A sealed box: a key pair for this one export, whose private half is forgotten at once. */
function recipientSeal(pem: string) {
  const recipient = x25519(() => createPublicKey(pem));
  const ephemeral = generateKeyPairSync("x25519");
  const key = boxKey(ephemeral.privateKey, recipient, [ephemeral.publicKey, recipient]);
  return { head: { kind: "recipient", ephemeral: raw(ephemeral.publicKey), recipient: fingerprint(recipient) } as const, key };
}

async function keyOf({ seal }: Head, means: OpenWith): Promise<Buffer> {
  if (seal.kind === "passphrase") {
    if (!("passphrase" in means)) throw refused("it is sealed with a passphrase, and a key was given");
    return passphraseKey(means.passphrase, Buffer.from(seal.salt, "base64url"), seal.n);
  }
  if (!("privateKey" in means)) throw refused("it is sealed for a recipient's key, and a passphrase was given");
  const own = x25519(() => createPrivateKey(means.privateKey));
  const recipient = createPublicKey(own);
  if (fingerprint(recipient) !== seal.recipient) throw refused("it is sealed for another recipient's key");
  const ephemeral = x25519(() => createPublicKey({ key: { kty: "OKP", crv: "X25519", x: seal.ephemeral }, format: "jwk" }));
  return boxKey(own, ephemeral, [ephemeral, recipient]);
}

function boxKey(privateKey: KeyObject, publicKey: KeyObject, both: readonly [KeyObject, KeyObject]): Buffer {
  const secret = x25519Agreement(privateKey, publicKey);
  const salt = Buffer.concat(both.map((key) => Buffer.from(raw(key), "base64url")));
  return Buffer.from(hkdfSync("sha256", secret, salt, "grantline secrets export v1", 32));
}

function x25519Agreement(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    // OpenSSL refuses points of small order, whose agreement would be known to everybody
    throw refused("its key is none that can be agreed with");
  }
}

function x25519(read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    // the parser's error could quote the key
    key = undefined;
  }
  if (key?.asymmetricKeyType !== "x25519") throw refused("the key is no X25519 key in PEM");
  return key;
}

function raw(key: KeyObject): string {
  return key.export({ format: "jwk" }).x ?? "";
}

function fingerprint(key: KeyObject): string {
  return createHash("sha256").update(raw(key)).digest("base64url");
}

function parsed(text: string): SealedExport {
  if (text.length > LONGEST_EXPORT) throw refused("it is too long to be an export");
  const found = sealedExport.safeParse(json(text));
  if (!found.success) throw refused("it is no export of secrets, or of a newer version");
  return found.data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // the parser's error would quote the text
    return undefined;
  }
}

function refused(why: string): SecretRefused {
  return new SecretRefused("export", `the export was refused: ${why}`);
}
