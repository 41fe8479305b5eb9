import type { ClientState } from "@grantline/domain/client";
import { clientStreamId, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest } from "../http/index.ts";
import { parseRegistrationToken, sameHash, sha256 } from "../tokens/index.ts";
import { bearerRefused, bearerValue } from "./bearer-value.ts";
import { needsSecret } from "./client-secret.ts";
import type { RegistrationRequest } from "./registration.request.ts";

export type ManagedClient = Extract<ClientState, { status: "active" }>;

export interface Managed {
  readonly client: ManagedClient;
  readonly streamId: string;
  /** As presented. */
  readonly token: string;
  readonly tokenHash: string;
}

/**
 * The client whose registration access token the request carries, and whose URL it is sent to. Throws OAuthError `invalid_token`:
 * the same answer for an unknown client, another client's token and a rotated one (RFC 7592 §2: no oracle).
 */
export async function authenticateManager(context: Pick<OAuthContext, "clients">, request: HttpRequest): Promise<Managed> {
  const presented = bearerValue(request) ?? "";
  const parsed = parseRegistrationToken(presented);
  const clientId = request.params["client_id"] ?? "";
  if (parsed === undefined || parsed.clientStreamId !== clientStreamId(clientId)) throw wrong();
  const { state } = await context.clients.load(parsed.clientStreamId);
  if (state.status === "none" || state.status === "deleted" || state.clientId !== clientId) throw wrong();
  if (!sameHash(state.registrationTokenHash ?? "", parsed.hash)) throw wrong();
  // A suspended client must not be able to change itself back into something else.
  if (state.status === "suspended")
    throw new OAuthError("access_denied", "client-suspended", "The client has been suspended by the operator of this server.");
  return { client: state, streamId: parsed.clientStreamId, token: presented, tokenHash: parsed.hash };
}

/** RFC 7592 §2.2: what an update must and must not carry. Returns the secret it showed, if it did. */
export function checkUpdate(
  request: RegistrationRequest,
  client: Pick<ManagedClient, "clientId" | "secrets">,
  now: number,
): string | undefined {
  const { members } = request;
  if (members["client_id"] !== client.clientId) throw invalid("client_id must be that of the client");
  const forbidden = ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"].find(
    (name) => name in members,
  );
  if (forbidden !== undefined) throw invalid(`${forbidden} is the server's to set`);
  const secret = members["client_secret"];
  if (secret === undefined || secret === null) return undefined;
  // RFC 7592 §2.2: a client may show its secret but never choose it
  const known =
    typeof secret === "string" && client.secrets.some((each) => sameHash(each.hash, sha256(secret)) && (each.expiresAt ?? Infinity) > now);
  if (!known) throw invalid("client_secret is not the one that was issued");
  return needsSecret(request.metadata) ? String(secret) : undefined;
}

function wrong(): OAuthError {
  return bearerRefused("registration-token-wrong", "The registration access token is not valid for this client.");
}

function invalid(what: string): OAuthError {
  return new OAuthError("invalid_client_metadata", "metadata-invalid", `Client metadata: ${what}.`);
}
