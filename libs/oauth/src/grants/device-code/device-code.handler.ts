import type { DeviceRequest, DeviceState } from "@grantline/domain/device";
import { commandMeta } from "../../context/index.ts";
import { findPending, inTime, requireDeviceGrantOn } from "../../device-request/index.ts";
import { sameHash } from "../../tokens/index.ts";
import { grantRefused } from "../grant-refusals.ts";
import type { GrantContext, TokenAnswer, TokenCall } from "../grant-type.ts";
import { parseDeviceCodeRequest, type DeviceCodeRequest } from "./device-code.request.ts";
import { expireDevice, openGrant } from "./open-grant.ts";
import { deviceCodeUnknown, deviceCodeUsed, deviceDenied, deviceExpired, stillPending, tooFast } from "./refusals.ts";

/**
 * Answers a device that polls (RFC 8628 §3.4): 1 its code, 2 what its person decided, if anything yet, 3 the tokens, once (P2). Throws OAuthError; see
 * refusals.ts.
 */
export async function redeemDeviceCode(context: GrantContext, call: TokenCall): Promise<TokenAnswer> {
  const asked = parseDeviceCodeRequest(call.params);
  requireDeviceGrantOn(context, { client: call.client.clientId });
  const state = await decidedState(context, asked.deviceId);
  if (state.status === "none" || state.status === "requested") return wait(context, call, asked);
  requireOwner(state.request, call, asked);
  switch (state.status) {
    case "denied":
      throw deviceDenied();
    case "redeemed":
      throw deviceCodeUsed();
    case "expired":
      throw deviceExpired();
    case "approved": {
      const meta = commandMeta(context, call.request, { kind: "client", id: call.client.clientId });
      if (state.request.expiresAt <= context.clock.now()) {
        await expireDevice(context, asked.deviceId, meta);
        throw deviceExpired();
      }
      return openGrant(context, call, { asked, request: state.request, approval: state.approval, meta });
    }
  }
}

/** A decision never changes, so a cached one will do. That there is none is believed only fresh from the store. */
async function decidedState(context: GrantContext, deviceId: string): Promise<DeviceState> {
  const { state } = await context.devices.load(deviceId);
  return state.status === "none" || state.status === "approved" ? (await context.devices.load(deviceId, { fresh: true })).state : state;
}

async function wait(context: GrantContext, call: TokenCall, asked: DeviceCodeRequest): Promise<never> {
  const pending = await findPending(context, asked.deviceId);
  // Over, or lost with the ephemeral store: no person can find it any more, so its device should not wait (P5: never a yes)
  if (pending === undefined) throw deviceExpired();
  requireOwner(pending.request, call, asked);
  if (pending.request.expiresAt <= context.clock.now()) throw deviceExpired();
  throw (await inTime(context, asked.deviceId, pending.request.expiresAt)) ? stillPending() : tooFast();
}

function requireOwner({ clientId, codeHash }: DeviceRequest, { client }: TokenCall, asked: DeviceCodeRequest): void {
  if (!sameHash(codeHash, asked.codeHash)) throw deviceCodeUnknown();
  // RFC 8628 §3.4: the client that polls is the one that asked
  if (clientId !== client.clientId) throw grantRefused("client-mismatch");
}
