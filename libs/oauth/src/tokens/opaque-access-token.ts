import type { RefreshTokenRecord } from "@grantline/domain/grant";
import type { RetryKeys } from "@grantline/keys";
import { seal, unseal } from "./artefact.ts";
import { type Locator, parseLocator } from "./locator.ts";

/** `gl_at_{locator}.{secret}{crc}` */
export function opaqueAccessToken(locator: string, secret: string): string {
  return seal("access", locator, secret);
}

/** The secret of the opaque access token issued with a refresh generation (P4); undefined once the retry key is gone. */
export function deriveAccessSecret(
  retryKeys: RetryKeys,
  locator: string,
  refresh: Pick<RefreshTokenRecord, "keyId" | "nonce">,
): string | undefined {
  return retryKeys.derive(refresh.keyId, `at:${locator}`, refresh.nonce);
}

/** Where the token's record lives. Undefined when it is no opaque access token of ours. */
export function parseOpaqueAccessToken(value: string): Locator | undefined {
  const parts = unseal("access", value);
  return parts === undefined ? undefined : parseLocator(parts.locator);
}
