import { startTestPlatform, type TestPlatform } from "@grantline/testing";
import { generateKeyPair, type Client, type CryptoKey } from "oauth4webapi";

export const REDIRECT_URI = "https://client.example/callback";
export const AFTER_LOGOUT = "https://client.example/bye";
export const RESOURCE = "https://notes.example/mcp";
export const SCOPE = "openid profile offline_access notes:read";

export type Credentials = Client & { readonly client_secret: string };

export interface OidcWorld {
  readonly platform: TestPlatform;
  /** What the resource's own server introspects with. */
  readonly resourceServer: Credentials;
  /** A web application as an operator registers it. */
  webClient(): Promise<Credentials>;
  /** A program without a user. */
  machineClient(metadata: object): Promise<Credentials>;
}

/** Grantline with one resource, for libraries that are given the issuer. */
export async function startOidcWorld(): Promise<OidcWorld> {
  const platform = await startTestPlatform();
  const { client_id, client_secret } = await platform.admin.resource(RESOURCE, ["notes:read", "notes:write"]);
  const register = (metadata: object): Promise<Credentials> => platform.admin.call("POST", "/clients", metadata);
  return {
    platform,
    resourceServer: { client_id, client_secret },
    webClient: () =>
      register({
        client_name: "Web application",
        redirect_uris: [REDIRECT_URI],
        post_logout_redirect_uris: [AFTER_LOGOUT],
        grant_types: ["authorization_code", "refresh_token"],
        token_endpoint_auth_method: "client_secret_basic",
      }),
    machineClient: (metadata) =>
      register({ client_name: "Machine", redirect_uris: [], response_types: [], grant_types: ["client_credentials"], ...metadata }),
  };
}

/** A signing key of a client, and the key set it registers. */
export async function clientKeys(): Promise<{ readonly privateKey: CryptoKey; readonly jwks: object }> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { privateKey, jwks: { keys: [{ ...(await crypto.subtle.exportKey("jwk", publicKey)), alg: "ES256", use: "sig", kid: "one" }] } };
}
