import type { ClientMetadata, ClientState } from "@grantline/domain/client";
import {
  clientStreamId,
  type ClientDirectory,
  type ClientView,
  type Clock,
  type OAuthContext,
  type OAuthSettings,
} from "../context/index.ts";
import type { ClientDocuments } from "../client-metadata-document/types.ts";
import { OAuthError } from "../errors/index.ts";
import { OutboundError } from "../outbound/outbound-error.ts";

export interface ClientDirectoryParts {
  readonly clients: OAuthContext["clients"];
  readonly settings: Pick<OAuthSettings, "cimd">;
  readonly clock: Clock;
  /** Absent: clients are found in their streams only. */
  readonly documents?: ClientDocuments;
}

/**
 * Finds clients: one cached load of the client's own stream, and for an https client_id its metadata document on top.
 * Throws OAuthError `invalid_client` (client-unknown, client-suspended, client-deleted, client-expired, or why the document was refused).
 */
export function createClientDirectory(parts: ClientDirectoryParts): ClientDirectory {
  const find = async (clientId: string): Promise<ClientView> => {
    const streamId = clientStreamId(clientId);
    const { state } = parts.clients.loadCached(streamId) ?? (await parts.clients.load(streamId));
    // The stream id of a document client is a client_id to nobody: only the name it was registered under finds a client.
    const known = state.status !== "none" && state.clientId === clientId ? state : undefined;
    if (known !== undefined && known.status !== "active") throw barred(known);
    if (known?.how === "cimd" || (known === undefined && looksLikeDocument(clientId)))
      return fromDocument(parts, clientId, streamId, known);
    if (known === undefined)
      throw new OAuthError("invalid_client", "client-unknown", "The client is not known here. Register it, then try again.");
    return { clientId, streamId, state: known };
  };
  return { find };
}

type Active = ClientView["state"];

function looksLikeDocument(clientId: string): boolean {
  return clientId.startsWith("https://") || clientId.startsWith("http://");
}

async function fromDocument(
  parts: ClientDirectoryParts,
  clientId: string,
  streamId: string,
  known: Active | undefined,
): Promise<ClientView> {
  if (!parts.settings.cimd.enabled || parts.documents === undefined) {
    throw new OAuthError(
      "invalid_client",
      "client-unknown",
      "Client ID Metadata Documents are not accepted here. Register the client instead.",
    );
  }
  try {
    const document = await parts.documents.get(clientId);
    const base: Active = known ?? firstSeen(clientId, document.metadata, parts.clock.now());
    return { clientId, streamId, state: { ...base, metadata: document.metadata }, documentHash: document.documentHash };
  } catch (error) {
    // P7: while its host is away a client we know goes on as its stream last knew it; a stranger has to wait.
    if (known !== undefined && isTemporary(error)) return { clientId, streamId, state: known };
    throw error;
  }
}

function firstSeen(clientId: string, metadata: ClientMetadata, now: number): Active {
  return {
    status: "active",
    clientId,
    how: "cimd",
    verification: "cimd",
    metadata,
    settings: {},
    secrets: [],
    registeredAt: now,
    generation: 0,
  };
}

function isTemporary(error: unknown): boolean {
  return error instanceof OAuthError && error.cause instanceof OutboundError && error.cause.temporary;
}

function barred(state: Extract<ClientState, { status: "suspended" | "deleted" }>): OAuthError {
  if (state.status === "suspended")
    return new OAuthError("invalid_client", "client-suspended", "The client has been suspended by the operator of this server.");
  // A person stuck behind a client that cached its registration must learn what to do (mcp-auth.md, P3).
  if (state.reason === "unused") {
    return new OAuthError(
      "invalid_client",
      "client-expired",
      "The registration of this client expired because it was not used. The client should register again.",
    );
  }
  return new OAuthError(
    "invalid_client",
    "client-deleted",
    "The registration of this client was deleted. The client should register again.",
  );
}
