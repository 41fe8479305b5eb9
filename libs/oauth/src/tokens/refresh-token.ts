import type { RefreshTokenRecord } from "@grantline/domain/grant";
import type { OAuthContext } from "../context/index.ts";
import { seal, unseal } from "./artefact.ts";
import { sha256 } from "./hashes.ts";
import { isGrantId } from "./locator.ts";

const NONCE_BYTES = 16;
const SHAPE = /^([a-z0-9]+)\.([1-9][0-9]{0,14})$/;

export interface MintedRefreshToken {
  readonly value: string;
  readonly record: RefreshTokenRecord;
}

/**
 * A new refresh generation: `gl_rt_{grantId}.{generation}.{secret}{crc}`. Its secret derives from the record's nonce under
 * today's retry key, so that the same value can be made again while that key lives (P4).
 */
export function mintRefreshToken(
  context: Pick<OAuthContext, "random" | "retryKeys">,
  of: { readonly grantId: string; readonly generation: number; readonly idleExpiresAt: number },
): MintedRefreshToken {
  const nonce = context.random.token(NONCE_BYTES);
  const { keyId } = context.retryKeys.current();
  const secret = context.retryKeys.derive(keyId, label(of.grantId, of.generation), nonce);
  if (secret === undefined) throw new Error("the current retry key can't be used");
  const record = { generation: of.generation, hash: sha256(secret), nonce, keyId, idleExpiresAt: of.idleExpiresAt };
  return { value: seal("refresh", `${of.grantId}.${of.generation}`, secret), record };
}

/** The value of a recorded generation again (P4); undefined once its retry key is gone. */
export function remintRefreshToken(
  context: Pick<OAuthContext, "retryKeys">,
  grantId: string,
  record: RefreshTokenRecord,
): string | undefined {
  const secret = context.retryKeys.derive(record.keyId, label(grantId, record.generation), record.nonce);
  return secret === undefined ? undefined : seal("refresh", `${grantId}.${record.generation}`, secret);
}

/** The grant, the generation and the hash to compare. Undefined when it is no refresh token of ours. */
export function parseRefreshToken(
  value: string,
): { readonly grantId: string; readonly generation: number; readonly hash: string } | undefined {
  const parts = unseal("refresh", value);
  const match = parts === undefined ? null : SHAPE.exec(parts.locator);
  if (parts === undefined || match === null) return undefined;
  const grantId = match[1] as string;
  return isGrantId(grantId) ? { grantId, generation: Number(match[2]), hash: sha256(parts.secret) } : undefined;
}

/** Grant, generation and kind are bound into the derivation: no value derives for another place. */
function label(grantId: string, generation: number): string {
  return `rt:${grantId}.${generation}`;
}
