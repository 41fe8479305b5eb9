import type { ClientCommand, ClientEvent, ClientMetadata, ClientRegistered, ClientSecret } from "../client/index.ts";
import type { Recorded } from "../kernel/index.ts";
import { at } from "./given.ts";
import { digest, T0 } from "./grants.ts";

export const metadata: ClientMetadata = {
  client_name: "Agent",
  redirect_uris: ["http://127.0.0.1/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "client_secret_basic",
  application_type: "native",
};
export const publicMetadata: ClientMetadata = { ...metadata, token_endpoint_auth_method: "none" };

export function registration(changes: Partial<ClientRegistered["data"]> = {}): ClientRegistered["data"] {
  return { clientId: "c1", how: "dcr", metadata, settings: {}, documentHash: digest("document"), ...changes };
}

export function secret(id: string, changes: Partial<ClientSecret> = {}): ClientSecret {
  return { id, hash: digest(`secret-${id}`), issuedAt: T0, ...changes };
}

/** A client with one secret, `first`. */
export const registeredClient: readonly Recorded<ClientEvent>[] = at<ClientEvent>(
  T0,
  { type: "ClientRegistered", data: registration() },
  { type: "ClientSecretIssued", data: { secret: secret("first") } },
);
export const publicClient: readonly Recorded<ClientEvent>[] = at<ClientEvent>(T0, {
  type: "ClientRegistered",
  data: registration({ metadata: publicMetadata }),
});
export const suspendedClient = [
  ...registeredClient,
  ...at<ClientEvent>(T0 + 1, { type: "ClientSuspended", data: { reason: "abuse", generation: 1 } }),
];
export const deletedClient = [
  ...registeredClient,
  ...at<ClientEvent>(T0 + 1, { type: "ClientDeleted", data: { reason: "admin", generation: 1 } }),
];

/** One command of every kind that needs a registered client. */
export const clientCommands: readonly Exclude<ClientCommand, { kind: "register" }>[] = [
  { kind: "update", now: T0 + 9, metadata, documentHash: digest("other") },
  { kind: "rotate-secret", now: T0 + 9, secret: secret("second"), overlapEndsAt: T0 + 100 },
  { kind: "rotate-registration-token", now: T0 + 9, registrationTokenHash: digest("rat") },
  { kind: "suspend", now: T0 + 9, reason: "abuse" },
  { kind: "reinstate", now: T0 + 9 },
  { kind: "delete", now: T0 + 9, reason: "admin" },
  { kind: "revoke-all", now: T0 + 9, reason: "admin" },
];
