import type { Recorded, VerificationLevel } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { ClientEvent, ClientRegistered, ClientSecret, ClientState } from "./types.ts";

type LiveClient = Extract<ClientState, { status: "active" | "suspended" }>;

const VERIFICATION: Readonly<Record<ClientRegistered["data"]["how"], VerificationLevel>> = {
  admin: "operator",
  bootstrap: "operator",
  resource: "operator",
  bridge: "operator",
  cimd: "cimd",
  dcr: "dcr",
};

/** The client after one more event. Total: an event that does not fit the state changes nothing. */
export function evolveClient(state: ClientState, event: Recorded<ClientEvent>): ClientState {
  if (event.type === "ClientRegistered") return state.status === "none" ? registered(event.data, event.at) : state;
  if (state.status === "none" || state.status === "deleted") return state;
  return evolveLive(state, event);
}

function registered(data: ClientRegistered["data"], at: number): ClientState {
  return { status: "active", ...data, verification: VERIFICATION[data.how], secrets: [], registeredAt: at, generation: 0 };
}

function evolveLive(state: LiveClient, event: Exclude<Recorded<ClientEvent>, { type: "ClientRegistered" }>): ClientState {
  switch (event.type) {
    case "ClientUpdated":
      // RFC 7591 §2: a client registered `none` holds no secret
      return { ...state, ...event.data, secrets: event.data.metadata.token_endpoint_auth_method === "none" ? [] : state.secrets };
    case "ClientSecretIssued":
      return { ...state, secrets: [...usable(state.secrets, event.at), event.data.secret] };
    case "ClientSecretRetired":
      return {
        ...state,
        secrets: usable(
          state.secrets.map((secret) => retire(secret, event.data)),
          event.at,
        ),
      };
    case "RegistrationTokenRotated":
      return { ...state, registrationTokenHash: event.data.registrationTokenHash };
    case "ClientSuspended":
      return { ...state, status: "suspended", reason: event.data.reason, generation: event.data.generation };
    case "ClientReinstated":
      return reinstated(state);
    case "ClientGenerationRaised":
      return { ...state, generation: event.data.generation };
    case "ClientDeleted":
      return { status: "deleted", clientId: state.clientId, reason: event.data.reason, at: event.at, generation: event.data.generation };
    default:
      return exhausted(event, state);
  }
}

function reinstated(state: LiveClient): ClientState {
  if (state.status === "active") return state;
  const { status: _status, reason: _reason, ...client } = state;
  return { status: "active", ...client };
}

function retire(secret: ClientSecret, { secretId, expiresAt }: { readonly secretId: string; readonly expiresAt: number }): ClientSecret {
  return secret.id === secretId ? { ...secret, expiresAt } : secret;
}

function usable(secrets: readonly ClientSecret[], at: number): readonly ClientSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > at);
}
