import { OAuthError } from "../../errors/index.ts";
import type { Parameters } from "../../http/index.ts";
import { parseResourceUris } from "../../resource/index.ts";
import { parseDeviceCode } from "../../tokens/index.ts";
import { deviceCodeUnknown } from "./refusals.ts";

export interface DeviceCodeRequest {
  readonly deviceId: string;
  readonly codeHash: string;
  readonly resource?: string;
}

/** Throws `invalid_request` for what is missing, `invalid_grant` for what is no device code of ours, `invalid_target` for several resources. */
export function parseDeviceCodeRequest(params: Parameters): DeviceCodeRequest {
  const value = params.get("device_code");
  if (value === undefined) throw new OAuthError("invalid_request", "parameter-missing", "device_code is required.");
  const code = parseDeviceCode(value);
  if (code === undefined) throw deviceCodeUnknown();
  const resources = parseResourceUris(params.all("resource"));
  // RFC 8707 §2.2: a token has one audience here, so one resource is named at most
  if (resources.length > 1) throw new OAuthError("invalid_target", "resource-repeated", "Name one resource in a token request.");
  const resource = resources[0];
  return { deviceId: code.deviceId, codeHash: code.hash, ...(resource === undefined ? {} : { resource }) };
}
