import { authorizationCode } from "./authorization-code/index.ts";
import { clientCredentials } from "./client-credentials/index.ts";
import { deviceCode } from "./device-code/index.ts";
import type { GrantType } from "./grant-type.ts";
import { refreshToken } from "./refresh-token/index.ts";

export type { GrantContext, GrantType, Issue, TokenAnswer, TokenCall } from "./grant-type.ts";

/** Every grant type of the token endpoint, by `grant_type`. Adding one here is all it takes to serve it. */
export const grantTypes: ReadonlyMap<string, GrantType> = new Map(
  [authorizationCode, refreshToken, clientCredentials, deviceCode].map((grant) => [grant.grantType, grant]),
);
