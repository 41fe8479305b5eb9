import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import { rotateSecret, updateClient } from "./change.ts";
import type { ClientCommand, ClientEvent, ClientOutcome, ClientRefusal, ClientState } from "./types.ts";

type Decided = Decision<ClientEvent, ClientOutcome>;
type LiveClient = Extract<ClientState, { status: "active" | "suspended" }>;

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

/** What a command leads to on a client. Pure; every refusal says why (see `ClientRefusal`). */
export function decideClient(command: ClientCommand, state: ClientState): Decided {
  if (command.kind === "register") return register(command, state);
  if (state.status === "none") return refuse("client-unknown");
  if (state.status === "deleted") return command.kind === "delete" ? UNCHANGED : refuse("client-deleted");
  return decideLive(command, state);
}

function refuse(reason: ClientRefusal): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}

function done(generation: number, ...events: readonly ClientEvent[]): Decided {
  return { events, outcome: { kind: "done", generation } };
}

function register(command: Extract<ClientCommand, { kind: "register" }>, state: ClientState): Decided {
  // A client_id is never used again, so old tokens and consents cannot change hands
  if (state.status === "deleted") return refuse("client-deleted");
  if (state.status !== "none") return refuse("client-exists");
  if (!command.secret) return done(0, { type: "ClientRegistered", data: command.event });
  // RFC 7591 §2: a client registered `none` is never handed a secret
  if (command.event.metadata.token_endpoint_auth_method === "none") return refuse("client-public");
  return done(0, { type: "ClientRegistered", data: command.event }, { type: "ClientSecretIssued", data: { secret: command.secret } });
}

function decideLive(command: Exclude<ClientCommand, { kind: "register" }>, state: LiveClient): Decided {
  const barred = barredFromManaging(command, state);
  if (barred !== undefined) return refuse(barred);
  const next = state.generation + 1;
  switch (command.kind) {
    case "update":
      return updateClient(command, state);
    case "rotate-secret":
      return rotateSecret(command, state);
    case "rotate-registration-token":
      return done(state.generation, { type: "RegistrationTokenRotated", data: { registrationTokenHash: command.registrationTokenHash } });
    case "suspend":
      // P5: suspension raises the generation, so what was issued before stays dead after a reinstatement
      return state.status === "suspended"
        ? UNCHANGED
        : done(next, { type: "ClientSuspended", data: { reason: command.reason, generation: next } });
    case "reinstate":
      return state.status === "active" ? refuse("client-not-suspended") : done(state.generation, { type: "ClientReinstated", data: {} });
    case "delete":
      return dueForDeletion(command, state)
        ? done(next, { type: "ClientDeleted", data: { reason: command.reason, generation: next } })
        : UNCHANGED;
    case "revoke-all":
      return done(next, { type: "ClientGenerationRaised", data: { generation: next, reason: command.reason } });
    default:
      return exhausted(command, refuse("client-unknown"));
  }
}

/**
 * RFC 7592 §2.2: an update replaces the registration access token, so each is good for one. Judged here and not only at the door: of two at once
 * both were let in with the same token.
 */
function barredFromManaging(command: Exclude<ClientCommand, { kind: "register" }>, state: LiveClient): ClientRefusal | undefined {
  const shown = "presentedTokenHash" in command ? command.presentedTokenHash : undefined;
  if (shown === undefined) return undefined;
  if (shown !== state.registrationTokenHash) return "registration-token-used";
  // what an operator suspended does not change itself
  return state.status === "suspended" ? "client-suspended" : undefined;
}

/** A sweep may only take a client that was registered to go away unused, and only when its time has come. */
function dueForDeletion({ reason, now }: Extract<ClientCommand, { kind: "delete" }>, { unusedExpiresAt }: LiveClient): boolean {
  return reason !== "unused" || (unusedExpiresAt !== undefined && unusedExpiresAt <= now);
}
