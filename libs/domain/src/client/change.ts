import type { Decision } from "../kernel/index.ts";
import type { ClientCommand, ClientEvent, ClientOutcome, ClientSecret, ClientState } from "./types.ts";

type Of<K extends ClientCommand["kind"]> = Extract<ClientCommand, { kind: K }>;
type Decided = Decision<ClientEvent, ClientOutcome>;
type LiveClient = Extract<ClientState, { status: "active" | "suspended" }>;

const PUBLIC: Decided = { events: [], outcome: { kind: "refused", reason: "client-public" } };

/** RFC 7592 §2.2: an update replaces the whole metadata; secret and registration token it brings replace the old ones at once. */
export function updateClient(command: Of<"update">, state: LiveClient): Decided {
  const { metadata, documentHash, secret, registrationTokenHash, now } = command;
  if (secret && metadata.token_endpoint_auth_method === "none") return PUBLIC;
  const same = !command.settings && documentHash === state.documentHash;
  const events: ClientEvent[] = same
    ? []
    : [{ type: "ClientUpdated", data: { metadata, settings: command.settings ?? state.settings, documentHash } }];
  if (secret) events.push(...retirements(state.secrets, now), { type: "ClientSecretIssued", data: { secret } });
  if (registrationTokenHash !== undefined) events.push({ type: "RegistrationTokenRotated", data: { registrationTokenHash } });
  return { events, outcome: events.length === 0 ? { kind: "unchanged" } : { kind: "done", generation: state.generation } };
}

/** A new secret beside the present ones, which end with the overlap: a fleet can be moved over without a gap. */
export function rotateSecret({ secret, overlapEndsAt }: Of<"rotate-secret">, state: LiveClient): Decided {
  if (state.metadata.token_endpoint_auth_method === "none") return PUBLIC;
  const events: ClientEvent[] = [...retirements(state.secrets, overlapEndsAt), { type: "ClientSecretIssued", data: { secret } }];
  return { events, outcome: { kind: "done", generation: state.generation } };
}

/** Ends every secret by `end`, epoch seconds; one that ends sooner keeps its own end, for an overlap never prolongs. */
function retirements(secrets: readonly ClientSecret[], end: number): readonly ClientEvent[] {
  return secrets
    .filter(({ expiresAt }) => expiresAt === undefined || expiresAt > end)
    .map(({ id }) => ({ type: "ClientSecretRetired", data: { secretId: id, expiresAt: end } }));
}
