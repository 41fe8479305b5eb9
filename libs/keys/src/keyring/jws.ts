import { sign, verify, type KeyObject } from "node:crypto";
import type { SigningAlg } from "@grantline/domain/keyring";
import { derToRaw, rawToDer } from "./ecdsa-form.ts";

/** A function that signs the signing input of a compact JWS, by RFC 7518 §3 and RFC 8037 §3.1; made once per key, as it is the hot path. */
export function signerFor(alg: SigningAlg, key: KeyObject): (input: string) => string {
  switch (alg) {
    case "ES256":
      return (input) => derToRaw(sign("sha256", Buffer.from(input), key)).toString("base64url");
    case "EdDSA":
      return (input) => sign(null, Buffer.from(input), key).toString("base64url");
    case "RS256":
      return (input) => sign("sha256", Buffer.from(input), key).toString("base64url");
  }
}

/** A function that checks such a signature. */
export function verifierFor(alg: SigningAlg, key: KeyObject): (input: string, signature: Buffer) => boolean {
  switch (alg) {
    case "ES256":
      return (input, signature) => {
        const der = rawToDer(signature);
        return der !== undefined && verify("sha256", Buffer.from(input), key, der);
      };
    case "EdDSA":
      return (input, signature) => verify(null, Buffer.from(input), key, signature);
    case "RS256":
      return (input, signature) => verify("sha256", Buffer.from(input), key, signature);
  }
}

export interface JwsParts {
  readonly header: string;
  readonly payload: string;
  /** header.payload */
  readonly input: string;
  readonly signature: Buffer;
}

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
/** Ours are about a kilobyte; what is much longer was not made here. */
const MAX_LENGTH = 16_384;

/** Takes a compact JWS apart; undefined when it is not written as one. */
export function splitJws(jwt: string): JwsParts | undefined {
  const match = jwt.length <= MAX_LENGTH ? COMPACT.exec(jwt) : null;
  if (!match) return undefined;
  const [, header = "", payload = "", text = ""] = match;
  const signature = Buffer.from(text, "base64url");
  // RFC 7515 §2: base64url has one spelling; spare bits in the last character would give one token several
  if (signature.toString("base64url") !== text) return undefined;
  return { header, payload, input: `${header}.${payload}`, signature };
}

/** A segment's JSON object, undefined when it holds none. */
export function parseSegment(segment: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, "base64url").toString());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON: a stranger's text, which is what is being asked here.
    return undefined;
  }
}

export function encodeSegment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
