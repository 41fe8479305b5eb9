import type { FlagAbout } from "@grantline/domain/flag";
import type { OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";

/** The kill switch of the device authorization grant, asked at every step of it. Throws `unauthorized_client` while it is off. */
export function requireDeviceGrantOn({ flags }: Pick<OAuthContext, "flags">, about: FlagAbout): void {
  if (flags.enabled("oauth.device-grant", about)) return;
  throw new OAuthError("unauthorized_client", "capability-off", "Devices can't be connected here at the moment.");
}
