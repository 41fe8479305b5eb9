import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { SigningAlg } from "@grantline/domain/keyring";
import { calculateJwkThumbprint } from "jose";
import { unwrap, wrap } from "./wrap.ts";

const generate = promisify(generateKeyPair);

export interface NewSigningKey {
  readonly kid: string;
  readonly publicJwk: Readonly<Record<string, string>>;
  readonly privateKey: KeyObject;
}

/** A fresh key pair; the kid is the RFC 7638 thumbprint of its public part. None begins with "-": on a command line it would be taken for an option. */
export async function makeSigningKey(alg: SigningAlg): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await generateFor(alg);
  const jwk = publicKey.export({ format: "jwk" }) as Record<string, string>;
  const kid = await calculateJwkThumbprint(jwk);
  if (kid.startsWith("-")) return makeSigningKey(alg);
  return { kid, publicJwk: { ...jwk, kid, alg, use: "sig" }, privateKey };
}

/** The private part as PKCS #8, wrapped with the kid as associated data. */
export function wrapSigningKey(kek: KeyObject, { kid, privateKey }: Pick<NewSigningKey, "kid" | "privateKey">): Buffer {
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  const wrapped = wrap(kek, signingKeyAad(kid), pkcs8);
  pkcs8.fill(0);
  return wrapped;
}

/** Undefined when it was altered, or wrapped for another kid or under another key. */
export function unwrapSigningKey(kek: KeyObject, kid: string, wrapped: Uint8Array): KeyObject | undefined {
  const pkcs8 = unwrap(kek, signingKeyAad(kid), wrapped);
  if (!pkcs8) return undefined;
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  pkcs8.fill(0);
  return key;
}

/** What a wrapped signing key is bound to. */
export function signingKeyAad(kid: string): string {
  return `grantline signing key ${kid}`;
}

function generateFor(alg: SigningAlg): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (alg) {
    case "ES256":
      return generate("ec", { namedCurve: "P-256" });
    case "EdDSA":
      return generate("ed25519");
    case "RS256":
      return generate("rsa", { modulusLength: 2048 });
  }
}
