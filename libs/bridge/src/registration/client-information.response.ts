import type { BridgeRegistration } from "@grantline/domain/bridge";
import type { BridgeFacadeSettings } from "../context.ts";

interface Shown {
  /** In clear, only where it was just made or just shown to us. */
  readonly secret?: string;
  readonly registrationToken: string;
}

/** RFC 7591 §3.2.1: everything as registered, with what the facade adds. Nothing of the application at the target. */
export function clientInformation(
  { issuer }: Pick<BridgeFacadeSettings, "issuer">,
  { clientId, requestedAt, metadata }: BridgeRegistration,
  { secret, registrationToken }: Shown,
): Readonly<Record<string, unknown>> {
  return {
    client_id: clientId,
    client_id_issued_at: requestedAt,
    // 0: does not expire; the application's own secret is renewed on this side
    ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    registration_access_token: registrationToken,
    registration_client_uri: `${issuer}/register/${clientId}`,
    ...metadata,
  };
}
