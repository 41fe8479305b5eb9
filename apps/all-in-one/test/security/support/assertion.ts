import { generateKeyPairSync, randomUUID, sign, type KeyObject } from "node:crypto";
import { clientOf, type World } from "./world.ts";
import type { Registered } from "@grantline/testing";

export interface Keys {
  readonly privateKey: KeyObject;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

export function ecKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, publicJwk: { ...publicKey.export({ format: "jwk" }), kid: "ec-1" } };
}

export function rsaKeys(bits = 2048): Keys {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  return { privateKey, publicJwk: { ...publicKey.export({ format: "jwk" }), kid: "rsa-1" } };
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

/** A compact JWS with whatever header and claims; ES256 or RS256 by the key, unless a signature is given. */
export function jws(header: object, claims: object, key: KeyObject | undefined, signature?: string): string {
  const input = `${encode(header)}.${encode(claims)}`;
  if (signature !== undefined || key === undefined) return `${input}.${signature ?? ""}`;
  const made =
    key.asymmetricKeyType === "ec"
      ? sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" })
      : sign("sha256", Buffer.from(input), key);
  return `${input}.${made.toString("base64url")}`;
}

/** Claims of a client assertion that would pass, changed. */
export function assertionClaims(world: World, clientId: string, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const now = world.server.context.clock.now();
  return { iss: clientId, sub: clientId, aud: world.issuer, jti: randomUUID(), iat: now, exp: now + 60, ...changes };
}

export const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A client that signs assertions with `keys` and may use client_credentials. */
export function signingClient(world: World, keys: readonly Keys[], more: object = {}): Promise<Registered> {
  return clientOf(world.server, {
    client_name: "Signing",
    redirect_uris: [],
    response_types: [],
    grant_types: ["client_credentials"],
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: keys.map(({ publicJwk }) => publicJwk) },
    ...more,
  });
}
