import type { RegisteredClient } from "@grantline/domain/client";
import type { OAuthSettings } from "../context/index.ts";

export interface Credentials {
  /** In clear, only where it was just made or just shown to us. */
  readonly secret?: string;
  readonly registrationToken: string;
}

/** RFC 7591 §3.2.1: everything as registered, with the server's additions. No nulls; a secret only for clients that have one. */
export function clientInformation(
  client: RegisteredClient,
  credentials: Credentials,
  settings: Pick<OAuthSettings, "origin" | "basePath">,
): Readonly<Record<string, unknown>> {
  return {
    client_id: client.clientId,
    client_id_issued_at: client.registeredAt,
    // 0: does not expire
    ...(credentials.secret === undefined ? {} : { client_secret: credentials.secret, client_secret_expires_at: 0 }),
    registration_access_token: credentials.registrationToken,
    registration_client_uri: `${settings.origin}${settings.basePath}/register/${client.clientId}`,
    ...client.metadata,
  };
}
