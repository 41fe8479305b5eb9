import type { ClientMetadata, ClientSecret } from "@grantline/domain/client";
import type { Random } from "../context/index.ts";
import { sha256 } from "../tokens/index.ts";

/** A secret of ours: recognisable to secret scanners, 256 bits. Stored as its SHA-256. */
export function mintClientSecret(random: Random, now: number): { readonly value: string; readonly record: ClientSecret } {
  const value = `gl_cs_${random.token(32)}`;
  return { value, record: { id: random.hex(8), hash: sha256(value), issuedAt: now } };
}

export function needsSecret(metadata: ClientMetadata): boolean {
  return metadata.token_endpoint_auth_method === "client_secret_basic" || metadata.token_endpoint_auth_method === "client_secret_post";
}
