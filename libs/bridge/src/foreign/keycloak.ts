import type { ForeignMetadata } from "./foreign-server.ts";

const OIDC = /\/clients-registrations\/openid-connect\/?$/;

type Endpoints = Pick<ForeignMetadata, "registration_endpoint">;

/** Known by where it registers clients: `/realms/{realm}/clients-registrations/openid-connect`. */
export function isKeycloak({ registration_endpoint: endpoint }: Endpoints): boolean {
  return OIDC.test(endpoint);
}

/** The same client where Keycloak speaks of it in its own terms. The registration access token is good for both. */
export function keycloakClientUrl({ registration_endpoint: endpoint }: Endpoints, clientId: string): string {
  return `${endpoint.replace(OIDC, "/clients-registrations/default")}/${encodeURIComponent(clientId)}`;
}

/** What the standard has no member for; whatever is left out stays as it is. */
export function withoutIssuer(clientId: string): object {
  return { clientId, attributes: { "exclude.issuer.from.auth.response": "true" } };
}
