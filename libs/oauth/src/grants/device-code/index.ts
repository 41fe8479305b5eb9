import type { GrantType } from "../grant-type.ts";
import { redeemDeviceCode } from "./device-code.handler.ts";

export const deviceCode: GrantType = {
  grantType: "urn:ietf:params:oauth:grant-type:device_code",
  parameters: ["device_code", "resource"],
  handle: redeemDeviceCode,
};
