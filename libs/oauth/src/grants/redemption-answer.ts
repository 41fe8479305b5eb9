import type { GrantBasis } from "@grantline/domain/grant";
import type { ClientView } from "../context/index.ts";
import { type MintedAccessToken, mintIdToken, type MintedRefreshToken } from "../tokens/index.ts";
import { tokenAnswer } from "./grant-tokens.ts";
import type { GrantContext, TokenAnswer } from "./grant-type.ts";

export interface Redemption {
  readonly basis: GrantBasis;
  readonly client: ClientView;
  readonly access: MintedAccessToken;
  readonly refresh?: MintedRefreshToken;
  readonly scope: readonly string[];
  readonly now: number;
}

/** RFC 6749 §5.1, with an ID token when openid was granted (OIDC Core §3.1.3.3). */
export async function redemptionAnswer(
  context: GrantContext,
  { basis, client, access, refresh, scope, now }: Redemption,
): Promise<TokenAnswer> {
  const accessToken = access.value;
  const idToken = scope.includes("openid") ? await mintIdToken(context, { basis, client, accessToken, scope, now }) : undefined;
  return tokenAnswer({
    accessToken,
    exp: access.record.exp,
    now,
    scope,
    ...(refresh === undefined ? {} : { refreshToken: refresh.value }),
    ...(idToken === undefined ? {} : { idToken }),
  });
}
