import { type Endpoint, json } from "@grantline/oauth/http";
import { type BridgeContext, facadePath } from "../context.ts";

const CACHE_SECONDS = 300;

/** The facade's metadata at every place a client looks, with what Entra leaves out of its own: PKCE, registration, client authentication. */
export function facadeMetadataEndpoints(context: Pick<BridgeContext, "settings" | "upstream">): readonly Endpoint[] {
  const path = facadePath(context.settings);
  const handle = async () => json(200, await facadeMetadata(context), { "cache-control": `public, max-age=${CACHE_SECONDS}` });
  // RFC 8414 §3.1: the issuer's path comes after the well-known one; OpenID Discovery §4 appends instead
  const paths = [
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
    `${path}/.well-known/openid-configuration`,
  ];
  return [...new Set(paths)].map((each, index) => ({
    id: `bridge-metadata-${index + 1}`,
    method: "GET",
    path: each,
    cors: true,
    audience: "program",
    openapi: { tags: ["bridge"], summary: "Metadata of the facade (RFC 8414)", responses: { "200": { description: "The document." } } },
    handle,
  }));
}

async function facadeMetadata({
  settings,
  upstream,
}: Pick<BridgeContext, "settings" | "upstream">): Promise<Readonly<Record<string, unknown>>> {
  const { issuer, documentHosts } = settings;
  const { jwks } = await upstream.endpoints();
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    // tokens are the target's, and so are the keys they are signed with
    ...(jwks === undefined ? {} : { jwks_uri: jwks }),
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
    scopes_supported: upstream.scopes,
    client_id_metadata_document_supported: documentHosts.length > 0,
    // members OpenID Discovery wants; no ID token is passed on
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}
