import type { ClientMetadata } from "@grantline/domain/client";
import { OAuthError } from "@grantline/oauth/errors";
import { readRegistration, type RegistrationRequest } from "@grantline/oauth/registration";
import type { BridgeContext } from "../context.ts";

export interface BridgeRegistrationRequest extends RegistrationRequest {
  /** Does the application at the target need a secret? */
  readonly needsTargetSecret: boolean;
}

/** Reads a registration body and refuses what the target could never have. Throws the OAuthErrors of RFC 7591 §3.2.2. */
export async function readBridgeRegistration(
  context: Pick<BridgeContext, "settings" | "fetcher" | "target">,
  body: string | undefined,
): Promise<BridgeRegistrationRequest> {
  const { settings, fetcher, target } = context;
  const rules = {
    settings: {
      dcr: { enabled: true, initialAccessTokens: [], unusedLifetime: 0, redirectSchemes: settings.redirectSchemes },
      cimd: { enabled: true, allowInsecureLoopback: settings.allowInsecureLoopback },
    },
    fetcher,
    // grants without a person would act with the application's own rights at the target: nobody vouches for that here
    vouched: false,
  };
  const request = await readRegistration(body, rules);
  refuseKeys(request.metadata);
  return { ...request, needsTargetSecret: target.accept(request.metadata).needsSecret };
}

/** The facade knows its clients by a secret or not at all. */
export function refuseKeys({ token_endpoint_auth_method: method }: ClientMetadata): void {
  if (method === "private_key_jwt")
    throw new OAuthError(
      "invalid_client_metadata",
      "metadata-invalid",
      "Client metadata: token_endpoint_auth_method must be none, client_secret_basic or client_secret_post here.",
    );
}
