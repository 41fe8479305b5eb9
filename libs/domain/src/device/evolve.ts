import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { DeviceEvent, DeviceState } from "./types.ts";

/** The device authorization after one more event. Total: an event that does not fit the state changes nothing. */
export function evolveDevice(state: DeviceState, event: Recorded<DeviceEvent>): DeviceState {
  switch (event.type) {
    case "DeviceAuthorizationRequested":
      return state.status === "none" ? { status: "requested", request: event.data } : state;
    case "DeviceAuthorizationApproved":
      return state.status === "requested" ? { status: "approved", request: state.request, approval: event.data } : state;
    case "DeviceAuthorizationDenied":
      return state.status === "requested" ? { status: "denied", request: state.request } : state;
    case "DeviceAuthorizationRedeemed":
      // The grant was opened before its device heard of it, so an end recorded in between gives way
      return state.status === "approved" || state.status === "expired"
        ? { status: "redeemed", request: state.request, grantId: event.data.grantId }
        : state;
    case "DeviceAuthorizationExpired":
      return state.status === "approved" ? { status: "expired", request: state.request } : state;
    case "SlowDownIssued":
      return state;
    default:
      return exhausted(event, state);
  }
}
