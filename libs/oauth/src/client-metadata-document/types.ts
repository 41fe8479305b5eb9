import type { ClientMetadata } from "@grantline/domain/client";

/** A client's metadata document, fetched and checked. */
export interface ClientDocument {
  readonly metadata: ClientMetadata;
  /** base64url SHA-256 of the exact bytes served. */
  readonly documentHash: string;
}

/**
 * Finds the metadata document behind a client_id that is a URL. Cached as its headers say, within bounds; concurrent calls share one fetch.
 * Throws OAuthError `invalid_client`; its `cause` is an OutboundError when the fetch itself failed.
 */
export interface ClientDocuments {
  get(clientId: string): Promise<ClientDocument>;
}
