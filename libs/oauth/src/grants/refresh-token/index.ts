import type { GrantType } from "../grant-type.ts";
import { refreshTokens } from "./refresh-token.handler.ts";

export const refreshToken: GrantType = {
  grantType: "refresh_token",
  parameters: ["refresh_token", "scope", "resource"],
  handle: refreshTokens,
};
