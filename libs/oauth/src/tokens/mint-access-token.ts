import type { AccessTokenRecord, GrantBasis, RefreshTokenRecord } from "@grantline/domain/grant";
import type { OAuthContext } from "../context/index.ts";
import { ACCESS_TOKEN_TYP, accessTokenClaims, type TokenHolder } from "./access-token-claims.ts";
import { sha256 } from "./hashes.ts";
import { grantLocator } from "./locator.ts";
import { deriveAccessSecret, opaqueAccessToken } from "./opaque-access-token.ts";
import { statusOf } from "./status-place.ts";
import type { TokenShape } from "./token-shape.ts";

export type { TokenHolder } from "./access-token-claims.ts";

export interface MintedAccessToken {
  readonly value: string;
  readonly record: AccessTokenRecord;
}

export interface AccessTokenOrder {
  readonly holder: TokenHolder;
  readonly shape: TokenShape;
  /** `{grantId}.{n}` or the issuance locator; becomes the jti. */
  readonly locator: string;
  /** The refresh generation it comes with; 0 without one. */
  readonly n: number;
  readonly aud: string;
  readonly resourceId?: string;
  readonly scope: readonly string[];
  readonly now: number;
  /** The token ends here at the latest (the end of the family). */
  readonly notAfter?: number;
  /** 43 characters base64url; asked for an opaque token only. */
  readonly secret: () => string;
}

/** Makes an access token and what to record of it. Nothing is recorded here; a token whose record no event holds is inactive. */
export function mintAccessToken(
  context: Pick<OAuthContext, "settings" | "signer" | "statusPlaces">,
  order: AccessTokenOrder,
): MintedAccessToken {
  const end = order.now + order.shape.lifetime;
  const facts = {
    n: order.n,
    jti: order.locator,
    format: order.shape.format,
    aud: order.aud,
    ...(order.resourceId === undefined ? {} : { resource: order.resourceId }),
    scope: order.scope,
    iat: order.now,
    exp: order.notAfter === undefined ? end : Math.min(end, order.notAfter),
  };
  if (order.shape.format === "opaque") {
    const value = opaqueAccessToken(order.locator, order.secret());
    return { value, record: { ...facts, hash: sha256(value) } };
  }
  const placed = { ...facts, ...statusOf(context, order.locator) };
  const claims = accessTokenClaims(context.settings, order.holder, placed);
  const signed = context.signer.sign(claims, { typ: ACCESS_TOKEN_TYP, ...(order.shape.alg === undefined ? {} : { alg: order.shape.alg }) });
  return { value: signed.jwt, record: { ...placed, hash: sha256(signed.jwt), alg: signed.alg, kid: signed.kid } };
}

/**
 * The token of a record again (P4): an opaque one with the same value, a JWT with the same claims under a new signature.
 * Undefined once the retry key of its generation is gone.
 */
export function remintAccessToken(
  context: Pick<OAuthContext, "settings" | "signer" | "retryKeys">,
  of: { readonly grantId: string; readonly basis: GrantBasis; readonly access: AccessTokenRecord; readonly refresh: RefreshTokenRecord },
): string | undefined {
  const { access, grantId } = of;
  if (access.format === "opaque") {
    const locator = grantLocator(grantId, access.n);
    const secret = deriveAccessSecret(context.retryKeys, locator, of.refresh);
    return secret === undefined ? undefined : opaqueAccessToken(locator, secret);
  }
  const claims = accessTokenClaims(context.settings, grantHolder(grantId, of.basis, access.resource), access);
  const alg = context.signer.algs().find((known) => known === access.alg);
  return context.signer.sign(claims, { typ: ACCESS_TOKEN_TYP, ...(alg === undefined ? {} : { alg }) }).jwt;
}

/** The holder of a grant's tokens: all from the basis, which never changes. */
export function grantHolder(grantId: string, basis: GrantBasis, resourceId: string | undefined): TokenHolder {
  const { client, subject, consent, resources } = basis.generations;
  const resource = resourceId === undefined ? undefined : resources[resourceId];
  return {
    clientId: basis.clientId,
    sub: basis.subject,
    entity: basis.entity,
    grantId,
    ...(basis.sessionId === undefined || basis.offline ? {} : { sessionId: basis.sessionId }),
    authTime: basis.authTime,
    generations: { client, subject, consent, ...(resource === undefined ? {} : { resource }) },
  };
}
