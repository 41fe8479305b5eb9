import { setTimeout as wait } from "node:timers/promises";
import * as oauth from "oauth4webapi";
import { CommandFailed } from "../failure.ts";
import { printable } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import { asked, CLIENT, granted, requestOptions, type Server } from "./authorization-server.ts";
import type { Wanted } from "./browser-login.ts";
import { browserAddress } from "./open-browser.ts";

/** Device authorization grant (RFC 8628): the person goes on with any browser anywhere, and types a code there. */
export async function loginByDevice(
  { issuer, metadata }: Server,
  wanted: Wanted,
  terminal: Terminal,
): Promise<oauth.TokenEndpointResponse> {
  const parameters = new URLSearchParams({ scope: wanted.scope });
  for (const resource of wanted.resources) parameters.append("resource", resource);
  const device = await granted(issuer, async () =>
    oauth.processDeviceAuthorizationResponse(
      metadata,
      CLIENT,
      await oauth.deviceAuthorizationRequest(metadata, CLIENT, oauth.None(), parameters, requestOptions(issuer)),
    ),
  );
  terminal.error(`Open ${browserAddress(device.verification_uri)}\nand type this code: ${printable(device.user_code)}\n`);
  return poll({ issuer, metadata }, wanted, device);
}

async function poll(
  { issuer, metadata }: Server,
  wanted: Wanted,
  device: oauth.DeviceAuthorizationResponse,
): Promise<oauth.TokenEndpointResponse> {
  const options = { ...requestOptions(issuer), additionalParameters: { resource: wanted.resources[0] ?? issuer } };
  const end = performance.now() + device.expires_in * 1000;
  for (let interval = device.interval ?? 5; performance.now() < end;) {
    await wait(interval * 1000);
    try {
      return await asked(issuer, async () =>
        oauth.processDeviceCodeResponse(
          metadata,
          CLIENT,
          await oauth.deviceCodeGrantRequest(metadata, CLIENT, oauth.None(), device.device_code, options),
        ),
      );
    } catch (error) {
      // RFC 8628 §3.5
      if (!(error instanceof oauth.ResponseBodyError)) throw error;
      if (error.error === "slow_down") interval += 5;
      else if (error.error !== "authorization_pending") throw refused(error);
    }
  }
  throw new CommandFailed("nobody typed the code in time", 1);
}

function refused({ error, error_description: description }: oauth.ResponseBodyError): CommandFailed {
  if (error === "access_denied") return new CommandFailed("not logged in: it was denied", 1);
  if (error === "expired_token") return new CommandFailed("nobody typed the code in time", 1);
  return new CommandFailed(`not logged in: ${error}${description === undefined ? "" : `: ${description}`}`, 1);
}
