import type { GrantBasis, GrantedResource } from "@grantline/domain/grant";
import type { ClientView } from "../context/index.ts";
import { formatScope } from "../scope/index.ts";
import {
  deriveAccessSecret,
  grantHolder,
  grantLocator,
  mintAccessToken,
  type MintedAccessToken,
  type MintedRefreshToken,
  mintRefreshToken,
  SECRET_BYTES,
  tokenShape,
} from "../tokens/index.ts";
import type { GrantContext, TokenAnswer } from "./grant-type.ts";

export interface GenerationOrder {
  readonly grantId: string;
  readonly basis: GrantBasis;
  readonly client: ClientView;
  /** Number of the access token: 0 at code redemption, then the refresh generation. */
  readonly n: number;
  /** Absent: a token for the issuer itself (userinfo). */
  readonly target?: GrantedResource;
  readonly scope: readonly string[];
  readonly now: number;
}

/**
 * Mints the access token of one generation of a grant. With a refresh token beside it, the secret of an opaque one derives from
 * that one's nonce, so that a retry can make both again (P4).
 */
export async function mintGrantAccess(
  context: Pick<GrantContext, "settings" | "signer" | "random" | "retryKeys" | "resources" | "statusPlaces">,
  order: GenerationOrder,
  refresh: MintedRefreshToken | undefined,
): Promise<MintedAccessToken> {
  const { basis, client, grantId, n, target } = order;
  const registered =
    target === undefined ? undefined : (context.resources.loadCached(target.id) ?? (await context.resources.load(target.id))).state;
  const locator = grantLocator(grantId, n);
  return mintAccessToken(context, {
    holder: grantHolder(grantId, basis, target?.id),
    shape: tokenShape(context, client, basis.entity, registered?.status === "active" ? registered : undefined),
    locator,
    n,
    aud: target?.uri ?? context.settings.issuer,
    ...(target === undefined ? {} : { resourceId: target.id }),
    scope: order.scope,
    now: order.now,
    notAfter: basis.absoluteExpiresAt,
    secret: () =>
      (refresh === undefined ? undefined : deriveAccessSecret(context.retryKeys, locator, refresh.record)) ??
      context.random.token(SECRET_BYTES),
  });
}

/** Refresh tokens go to every client registered for them, now too, whose authorization allows it (mcp-auth.md, A20). */
export function mayRefresh(basis: GrantBasis, client: ClientView): boolean {
  return basis.refreshable && client.state.metadata.grant_types.includes("refresh_token");
}

/** Mints the refresh token of a generation: it ends when idle, and with its family. */
export function mintGrantRefresh(
  context: Pick<GrantContext, "settings" | "random" | "retryKeys">,
  order: Pick<GenerationOrder, "grantId" | "basis" | "client" | "now">,
  generation: number,
): MintedRefreshToken {
  const { basis, client } = order;
  const idle = client.state.settings.refreshIdleLifetime ?? context.settings.lifetimes[basis.entity].refreshIdle;
  return mintRefreshToken(context, {
    grantId: order.grantId,
    generation,
    idleExpiresAt: Math.min(order.now + idle, basis.absoluteExpiresAt),
  });
}

/** RFC 6749 §5.1. */
export function tokenAnswer(of: {
  readonly accessToken: string;
  readonly exp: number;
  readonly now: number;
  readonly scope: readonly string[];
  readonly refreshToken?: string;
  readonly idToken?: string;
}): TokenAnswer {
  return {
    access_token: of.accessToken,
    token_type: "Bearer",
    expires_in: of.exp - of.now,
    ...(of.scope.length === 0 ? {} : { scope: formatScope(of.scope) }),
    ...(of.refreshToken === undefined ? {} : { refresh_token: of.refreshToken }),
    ...(of.idToken === undefined ? {} : { id_token: of.idToken }),
  };
}
