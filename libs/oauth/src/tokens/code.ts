import type { Random } from "../context/index.ts";
import { SECRET_BYTES, seal, unseal } from "./artefact.ts";
import { sha256 } from "./hashes.ts";
import { isGrantId } from "./locator.ts";

export interface MintedSecret {
  /** What leaves, once. */
  readonly value: string;
  /** What is recorded: base64url SHA-256 of the secret part. */
  readonly hash: string;
}

/** A new authorization code for a grant: `gl_ac_{grantId}.{secret}{crc}`. */
export function mintCode(random: Random, grantId: string): MintedSecret {
  const secret = random.token(SECRET_BYTES);
  return { value: seal("code", grantId, secret), hash: sha256(secret) };
}

/** The grant a code points at and the hash to compare. Undefined when it is no code of ours. */
export function parseCode(value: string): { readonly grantId: string; readonly hash: string } | undefined {
  const parts = unseal("code", value);
  return parts !== undefined && isGrantId(parts.locator) ? { grantId: parts.locator, hash: sha256(parts.secret) } : undefined;
}
