import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { BridgeEvent, BridgeRegistration, BridgeState, TargetKey } from "./types.ts";

type LiveOrEnding = Extract<BridgeState, { status: "pending" | "active" | "ending" }>;

/** The registration after one more event. Total: an event that does not fit the state changes nothing. */
export function evolveBridge(state: BridgeState, event: Recorded<BridgeEvent>): BridgeState {
  if (event.type === "RegistrationRequested") {
    const free = state.status === "none" || state.status === "gone";
    return free ? { status: "pending", ...event.data, requestedAt: event.at, keys: [] } : state;
  }
  return state.status === "none" || state.status === "gone" ? state : evolveLive(state, event);
}

function evolveLive(state: LiveOrEnding, event: Exclude<Recorded<BridgeEvent>, { type: "RegistrationRequested" }>): BridgeState {
  switch (event.type) {
    case "EntraAppCreated": {
      const { appId, ...application } = event.data;
      return { ...state, application: { clientId: appId, ...application } };
    }
    case "EntraServicePrincipalCreated":
      return withApplication(state, event.data);
    case "EntraSecretIssued":
      return { ...state, keys: [...state.keys, { ...event.data, stored: false }] };
    case "SecretStored":
      return { ...state, keys: state.keys.map((key) => afterStored(key, event.data)) };
    case "EntraSecretRemoved":
      return { ...state, keys: state.keys.filter(({ keyId }) => keyId !== event.data.keyId) };
    case "ForeignClientRegistered":
      return foreign(state, event.data);
    case "ApplicationUpdated":
      return withApplication(state, event.data);
    case "RegistrationCompleted":
      return state.status === "pending" ? { ...state, status: "active", completedAt: event.at } : state;
    case "RegistrationChanged":
      return changed(state, event.data);
    case "RegistrationUsed":
      return { ...state, usedAt: event.at };
    case "RegistrationFailed":
    case "RegistrationEnded":
      return { ...state, status: "ending", reason: event.data.reason };
    case "CompensationDone":
      return { status: "gone", bridgeId: state.bridgeId, life: state.life, reason: endReason(state), at: event.at };
    default:
      return exhausted(event, state);
  }
}

function withApplication(state: LiveOrEnding, more: { readonly servicePrincipalId?: string; readonly documentHash?: string }): BridgeState {
  return state.application === undefined ? state : { ...state, application: { ...state.application, ...more } };
}

function changed(state: LiveOrEnding, data: Extract<BridgeEvent, { type: "RegistrationChanged" }>["data"]): BridgeState {
  const { clientSecretHash: former, ...kept } = state;
  // RFC 7591 §2: a client registered `none` holds no secret
  const secret = data.metadata.token_endpoint_auth_method === "none" || former === undefined ? {} : { clientSecretHash: former };
  return { ...kept, ...secret, ...data };
}

function afterStored(key: TargetKey, { keyId, formerEndAt }: { readonly keyId: string; readonly formerEndAt: number }): TargetKey {
  if (key.keyId === keyId) return { ...key, stored: true };
  // an overlap never prolongs
  return key.removeAt === undefined || key.removeAt > formerEndAt ? { ...key, removeAt: formerEndAt } : key;
}

function foreign(
  state: LiveOrEnding,
  { clientId, documentHash, keyId, secretName, endsAt = 0 }: Extract<BridgeEvent, { type: "ForeignClientRegistered" }>["data"],
): BridgeState {
  const keys = keyId === undefined || secretName === undefined ? [] : [{ keyId, secretName, endsAt, stored: true }];
  return { ...state, application: { clientId, documentHash }, keys };
}

function endReason(state: LiveOrEnding & BridgeRegistration): string {
  return state.status === "ending" ? state.reason : "unknown";
}
