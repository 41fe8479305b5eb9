import type { GrantType } from "../grant-type.ts";
import { redeemCode } from "./authorization-code.handler.ts";

export const authorizationCode: GrantType = {
  grantType: "authorization_code",
  parameters: ["code", "code_verifier", "redirect_uri", "resource"],
  handle: redeemCode,
};
