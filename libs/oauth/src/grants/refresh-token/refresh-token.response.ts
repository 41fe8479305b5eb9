import type { AccessTokenRecord, GrantBasis, RefreshTokenRecord } from "@grantline/domain/grant";
import type { ClientView } from "../../context/index.ts";
import { OAuthError } from "../../errors/index.ts";
import { type MintedAccessToken, mintIdToken, type MintedRefreshToken, remintAccessToken, remintRefreshToken } from "../../tokens/index.ts";
import { tokenAnswer } from "../grant-tokens.ts";
import type { GrantContext, TokenAnswer } from "../grant-type.ts";

interface About {
  readonly grantId: string;
  readonly basis: GrantBasis;
  readonly client: ClientView;
  readonly now: number;
}

/** The new generation. */
export function rotatedAnswer(
  context: GrantContext,
  of: About & { readonly access: MintedAccessToken; readonly refresh: MintedRefreshToken },
): Promise<TokenAnswer> {
  return answer(context, of, { accessToken: of.access.value, record: of.access.record, refreshToken: of.refresh.value });
}

/** P4: the first answer again, made from what was recorded. `invalid_grant` when its retry key has been destroyed. */
export function retriedAnswer(
  context: GrantContext,
  of: About & { readonly access: AccessTokenRecord; readonly refresh: RefreshTokenRecord },
): Promise<TokenAnswer> {
  const refreshToken = remintRefreshToken(context, of.grantId, of.refresh);
  const accessToken = remintAccessToken(context, of);
  if (refreshToken === undefined || accessToken === undefined) {
    throw new OAuthError(
      "invalid_grant",
      "retry-key-gone",
      "The first answer can't be given again. Start again at the authorization endpoint.",
    );
  }
  return answer(context, of, { accessToken, record: of.access, refreshToken });
}

async function answer(
  context: GrantContext,
  { basis, client, now }: About,
  {
    accessToken,
    record,
    refreshToken,
  }: { readonly accessToken: string; readonly record: AccessTokenRecord; readonly refreshToken: string },
): Promise<TokenAnswer> {
  const { scope, exp, iat } = record;
  // OIDC Core §12.2: a refresh may bring an ID token; its iat is new, its auth_time and sub are the first ones
  const idToken = scope.includes("openid") ? await mintIdToken(context, { basis, client, accessToken, scope, now: iat }) : undefined;
  return tokenAnswer({ accessToken, exp, now, scope, refreshToken, ...(idToken === undefined ? {} : { idToken }) });
}
