import { ASSERTION_ALGS } from "../client-authentication/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { grantTypes } from "../grants/index.ts";
import { IDENTITY_SCOPES } from "../scope/index.ts";
import { CLAIMS_BY_SCOPE } from "../tokens/index.ts";

const CLIENT_AUTH_METHODS = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];
const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";
const CONFIDENTIAL_METHODS = CLIENT_AUTH_METHODS.filter((method) => method !== "none");

/** The one metadata document (RFC 8414, OpenID Discovery 1.0), made from what is served. */
export function authorizationServerMetadata({
  settings,
  signer,
  flags,
}: Pick<OAuthContext, "settings" | "signer" | "flags">): Readonly<Record<string, unknown>> {
  const base = `${settings.origin}${settings.basePath}`;
  const devices = flags.enabled("oauth.device-grant");
  return {
    // RFC 8414 §3.3: byte for byte the identifier clients used to get here, and the `iss` of every answer
    issuer: settings.issuer,
    ...endpoints(base, settings),
    // Advertised only where it is served to everybody
    ...(devices ? { device_authorization_endpoint: `${base}/device_authorization` } : {}),
    ...authorizationMembers(devices),
    token_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    introspection_endpoint_auth_methods_supported: CONFIDENTIAL_METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    introspection_signing_alg_values_supported: signer.algs(),
    revocation_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    // Advertised only where it is served: clients choose it over registration when they see it
    client_id_metadata_document_supported: settings.cimd.enabled,
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: signer.algs(),
    claims_supported: [
      "sub",
      "iss",
      "aud",
      "exp",
      "iat",
      "auth_time",
      "nonce",
      "amr",
      "sid",
      "at_hash",
      ...CLAIMS_BY_SCOPE.profile,
      ...CLAIMS_BY_SCOPE.email,
    ],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    require_pushed_authorization_requests: false,
  };
}

function endpoints(base: string, settings: OAuthContext["settings"]): Record<string, string> {
  return {
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    pushed_authorization_request_endpoint: `${base}/par`,
    introspection_endpoint: `${base}/introspect`,
    revocation_endpoint: `${base}/revoke`,
    userinfo_endpoint: `${base}/userinfo`,
    end_session_endpoint: `${base}/logout`,
    jwks_uri: `${base}/jwks`,
    // ours: no standard has a name for them yet
    grantline_revocation_feed: `${base}/v1/revocations`,
    grantline_forward_auth_endpoint: `${base}/v1/forward-auth`,
    ...(settings.dcr.enabled ? { registration_endpoint: `${base}/register` } : {}),
  };
}

function authorizationMembers(devices: boolean): Record<string, unknown> {
  return {
    response_types_supported: ["code"],
    response_modes_supported: ["query", "form_post"],
    grant_types_supported: [...grantTypes.keys()].filter((type) => devices || type !== DEVICE_CODE),
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    prompt_values_supported: ["none", "login", "consent", "select_account"],
    // Clients ask for all they see here (mcp-auth.md 3.4), so only what is everybody's: never a resource's or an admin scope
    scopes_supported: IDENTITY_SCOPES,
  };
}
