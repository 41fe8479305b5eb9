import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { DeviceCommand, DeviceEvent, DeviceOutcome, DeviceRefusal, DeviceRequest, DeviceState } from "./types.ts";

type Decided = Decision<DeviceEvent, DeviceOutcome>;
type Of<K extends DeviceCommand["kind"]> = Extract<DeviceCommand, { kind: K }>;

/** What a command leads to on a device authorization: one decision of one person, then one end. Pure. */
export function decideDevice(command: DeviceCommand, state: DeviceState): Decided {
  switch (command.kind) {
    case "approve":
      return approve(command, state);
    case "deny":
      return deny(command, state);
    case "redeem":
      return redeem(command, state);
    case "expire":
      return expire(command, state);
    default:
      return exhausted(command, refuse("device-undecided"));
  }
}

function approve({ request, approval, now }: Of<"approve">, state: DeviceState): Decided {
  const barred = undecidable(request, state, now);
  if (barred) return barred;
  return {
    events: [
      { type: "DeviceAuthorizationRequested", data: request },
      { type: "DeviceAuthorizationApproved", data: approval },
    ],
    outcome: { kind: "approved" },
  };
}

function deny({ request, subject, reason, slowDowns, now }: Of<"deny">, state: DeviceState): Decided {
  const barred = undecidable(request, state, now);
  if (barred) return barred;
  return {
    events: [
      { type: "DeviceAuthorizationRequested", data: request },
      ...slowed(slowDowns),
      { type: "DeviceAuthorizationDenied", data: { subject, reason } },
    ],
    outcome: { kind: "denied" },
  };
}

/** P2: whoever decides first has decided. */
function undecidable(request: DeviceRequest, state: DeviceState, now: number): Decided | undefined {
  if (state.status !== "none") return refuse("device-decided");
  // RFC 8628 §3.5: after its end a device code is worth nothing
  return request.expiresAt <= now ? refuse("device-expired") : undefined;
}

function redeem({ grantId, slowDowns }: Of<"redeem">, state: DeviceState): Decided {
  if (state.status === "redeemed" && state.grantId === grantId) return { events: [], outcome: { kind: "redeemed" } };
  if (state.status !== "approved" && state.status !== "expired")
    return refuse(state.status === "none" ? "device-undecided" : "device-decided");
  return {
    events: [...slowed(slowDowns), { type: "DeviceAuthorizationRedeemed", data: { grantId } }],
    outcome: { kind: "redeemed" },
  };
}

function expire({ now, slowDowns }: Of<"expire">, state: DeviceState): Decided {
  if (state.status === "expired") return { events: [], outcome: { kind: "expired" } };
  if (state.status !== "approved") return refuse(state.status === "none" ? "device-undecided" : "device-decided");
  const { expiresAt } = state.request;
  if (expiresAt > now) return refuse("expiry-not-due");
  return {
    events: [...slowed(slowDowns), { type: "DeviceAuthorizationExpired", data: { expiresAt } }],
    outcome: { kind: "expired" },
  };
}

function slowed(times: number): readonly DeviceEvent[] {
  return times > 0 ? [{ type: "SlowDownIssued", data: { times } }] : [];
}

function refuse(reason: DeviceRefusal): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}
