import type { BridgeRegistration } from "@grantline/domain/bridge";
import { OAuthError } from "@grantline/oauth/errors";
import { registeredScopes } from "../registered-scopes.ts";
import { shownName } from "../shown-name.ts";
import type { ForeignMetadata } from "./foreign-server.ts";
import { isKeycloak } from "./keycloak.ts";

/** Keycloak matches a registered URI that ends in `*` as a prefix: RFC 9700 §4.1.3 wants the whole of it compared. */
export function checkRedirects(uris: readonly string[]): void {
  if (uris.some((uri) => uri.includes("*")))
    throw new OAuthError(
      "invalid_redirect_uri",
      "redirect-uri-invalid",
      "A redirect URI has a * in it, which the directory behind this bridge may not take literally.",
    );
}

/** A client as that server is told of it (RFC 7591 §2), with nothing that is not in the standard: Keycloak refuses members it has never heard of. */
export function clientDocument(
  { bridgeId, life, metadata }: BridgeRegistration,
  offered: readonly string[],
  server: Pick<ForeignMetadata, "registration_endpoint">,
): Readonly<Record<string, unknown>> {
  const { redirect_uris, grant_types, response_types, application_type } = metadata;
  // Keycloak has no client scope of that name and refuses it here, although it takes it at its authorization endpoint
  const scopes = registeredScopes(offered, metadata).filter((name) => name !== "openid" || !isKeycloak(server));
  return {
    client_name: shownName(metadata),
    redirect_uris,
    grant_types,
    response_types,
    application_type,
    // the facade authenticates, whether its client does or not
    token_endpoint_auth_method: "client_secret_post",
    // said always: a server that is not told gives a client whatever its default is, in Keycloak every optional scope of the realm
    scope: scopes.join(" "),
    software_id: `grantline-bridge-${bridgeId}-${life}`,
  };
}
