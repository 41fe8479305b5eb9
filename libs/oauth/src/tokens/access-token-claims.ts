import type { AccessTokenRecord } from "@grantline/domain/grant";
import type { EntityKind } from "@grantline/domain/kernel";
import type { OAuthSettings } from "../context/index.ts";
import { statusListUri } from "./status-place.ts";

/** Whose token it is, and the generations it was made under. */
export interface TokenHolder {
  readonly clientId: string;
  readonly sub: string;
  readonly entity: EntityKind;
  readonly grantId?: string;
  /** Login session whose end is the token's too; absent for what outlives it. */
  readonly sessionId?: string;
  readonly authTime?: number;
  readonly generations: { readonly client: number; readonly subject?: number; readonly consent?: number; readonly resource?: number };
}

/** RFC 9068 §2.1: keeps an access token from passing as any other kind of JWT. */
export const ACCESS_TOKEN_TYP = "at+jwt";

/**
 * The claims of a JWT access token (RFC 9068 §2.2). They follow from what is recorded and nothing else, so a retry signs the same ones (P4).
 * `gid`, `sid` and `gen` are what a validator on the revocation feed compares.
 */
export function accessTokenClaims(
  settings: Pick<OAuthSettings, "issuer" | "origin" | "basePath">,
  holder: TokenHolder,
  record: Omit<AccessTokenRecord, "n" | "hash">,
): Record<string, unknown> {
  return {
    iss: settings.issuer,
    sub: holder.sub,
    aud: record.aud,
    client_id: holder.clientId,
    // RFC 6749 §3.3: a scope has at least one token, so an empty one is left out
    ...(record.scope.length === 0 ? {} : { scope: record.scope.join(" ") }),
    jti: record.jti,
    iat: record.iat,
    exp: record.exp,
    ...(holder.authTime === undefined ? {} : { auth_time: holder.authTime }),
    ...(holder.grantId === undefined ? {} : { gid: holder.grantId }),
    ...(holder.sessionId === undefined ? {} : { sid: holder.sessionId }),
    entity: holder.entity,
    gen: holder.generations,
    // draft-ietf-oauth-status-list §6.2: where validators that know nothing of our feed look
    ...(record.status === undefined
      ? {}
      : { status: { status_list: { idx: record.status.idx, uri: statusListUri(settings, record.status.list) } } }),
  };
}
