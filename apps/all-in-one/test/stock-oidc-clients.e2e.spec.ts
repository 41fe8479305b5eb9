/*
 * Real: openid-client 6 and oauth4webapi 3, Grantline, HTTP between them. Made: the person, who is a browser without script.
 * Both libraries check what they receive (issuer, signatures, nonce, hashes, types); a wrong answer of ours makes them throw.
 */
import { startTestPlatform, type TestPlatform } from "@grantline/testing";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const REDIRECT_URI = "https://client.example/callback";
const AFTER_LOGOUT = "https://client.example/bye";
const RESOURCE = "https://notes.example/mcp";
const SCOPE = "openid profile offline_access notes:read";

let platform: TestPlatform;
let resourceServer: { client_id: string; client_secret: string };

beforeAll(async () => {
  platform = await startTestPlatform();
  resourceServer = await platform.admin.resource(RESOURCE, ["notes:read", "notes:write"]);
});
afterAll(() => platform?.close());

type Credentials = oauth.Client & { readonly client_secret: string };

/** A web application as an operator registers it. */
function webClient(more: object = {}): Promise<Credentials> {
  return platform.admin.call("POST", "/clients", {
    client_name: "Web application",
    redirect_uris: [REDIRECT_URI],
    post_logout_redirect_uris: [AFTER_LOGOUT],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "client_secret_basic",
    ...more,
  });
}

/** A program without a user. */
function machineClient(more: object): Promise<Credentials> {
  return platform.admin.call("POST", "/clients", { client_name: "Machine", redirect_uris: [], response_types: [], grant_types: ["client_credentials"], ...more });
}

async function keyPair(): Promise<{ readonly privateKey: oauth.CryptoKey; readonly jwks: object }> {
  const { publicKey, privateKey } = await oauth.generateKeyPair("ES256", { extractable: true });
  return { privateKey, jwks: { keys: [{ ...(await crypto.subtle.exportKey("jwk", publicKey)), alg: "ES256", use: "sig", kid: "one" }] } };
}

describe("openid-client", () => {
  function configure({ client_id, client_secret }: Credentials, authentication = openid.ClientSecretBasic(client_secret)): Promise<openid.Configuration> {
    return openid.discovery(new URL(platform.issuer), client_id, {}, authentication, { execute: [openid.allowInsecureRequests] });
  }

  async function logIn(config: openid.Configuration) {
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
    const url = await openid.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      resource: RESOURCE,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
      state: expectedState,
      nonce: expectedNonce,
    });
    const person = platform.person();
    const callback = await person.authorize(url);
    const tokens = await openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true });
    return { url, person, tokens, subject: tokens.claims()?.sub ?? "" };
  }

  it("finds the server by its issuer and logs a person in: PAR, PKCE, state, nonce, iss and id_token are checked", async () => {
    const config = await configure(await webClient());
    openid.enableNonRepudiationChecks(config);
    const { url, tokens } = await logIn(config);
    expect([...url.searchParams.keys()].sort()).toEqual(["client_id", "request_uri"]);
    expect(tokens.claims()).toMatchObject({ iss: platform.issuer, aud: config.clientMetadata().client_id });
    expect(tokens.scope?.split(" ").sort()).toEqual(SCOPE.split(" ").sort());
  });

  it("refuses a callback whose iss is another's", async () => {
    const config = await configure(await webClient());
    const verifier = openid.randomPKCECodeVerifier();
    const url = openid.buildAuthorizationUrl(config, { redirect_uri: REDIRECT_URI, scope: "openid", code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" });
    const callback = await platform.person().authorize(url);
    callback.searchParams.set("iss", "https://evil.example");
    await expect(openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier })).rejects.toMatchObject({ code: oauth.INVALID_RESPONSE, cause: { message: expect.stringContaining("iss") } });
  });

  it("reads userinfo", async () => {
    const config = await configure(await webClient());
    const { tokens, subject } = await logIn(config);
    expect(await openid.fetchUserInfo(config, tokens.access_token, subject)).toMatchObject({ sub: subject });
  });

  it("refreshes, with rotation and a new id_token for the same person", async () => {
    const config = await configure(await webClient());
    const { tokens, subject } = await logIn(config);
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? "");
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
    expect(refreshed.access_token).not.toBe(tokens.access_token);
    expect(refreshed.claims()?.sub).toBe(subject);
  });

  it("revokes a refresh token, and the resource server sees the access token of that family die", async () => {
    const config = await configure(await webClient());
    const guard = await configure(resourceServer);
    const { tokens, subject } = await logIn(config);
    expect(await openid.tokenIntrospection(guard, tokens.access_token)).toMatchObject({ active: true, sub: subject, aud: RESOURCE, scope: expect.stringContaining("notes:read") });
    await openid.tokenRevocation(config, tokens.refresh_token ?? "");
    expect(await openid.tokenIntrospection(guard, tokens.access_token)).toEqual({ active: false });
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? "")).rejects.toMatchObject({ error: "invalid_grant", status: 400 });
  });

  it("gets a machine its token with a secret", async () => {
    const config = await configure(await machineClient({ token_endpoint_auth_method: "client_secret_basic" }));
    const tokens = await openid.clientCredentialsGrant(config, { scope: "notes:read", resource: RESOURCE });
    expect(tokens).toMatchObject({ token_type: "bearer", scope: "notes:read" });
    expect(tokens.refresh_token).toBeUndefined();
  });

  it("gets a machine its token with a signed assertion", async () => {
    const { privateKey, jwks } = await keyPair();
    const config = await configure(await machineClient({ token_endpoint_auth_method: "private_key_jwt", jwks }), openid.PrivateKeyJwt({ key: privateKey, kid: "one" }));
    expect(await openid.clientCredentialsGrant(config, { scope: "notes:write", resource: RESOURCE })).toMatchObject({ scope: "notes:write" });
  });

  it("logs the person out and back to where the application registered", async () => {
    const config = await configure(await webClient());
    const { person, tokens } = await logIn(config);
    const url = openid.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? "", post_logout_redirect_uri: AFTER_LOGOUT, state: "after" });
    const step = await person.open(url);
    expect(step).toMatchObject({ kind: "callback" });
    expect(step.url.href).toBe(`${AFTER_LOGOUT}?state=after`);
    expect(await person.open(`${platform.issuer}/grants`)).toMatchObject({ html: expect.stringContaining('id="login-form"') });
  });
});

describe("oauth4webapi", () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  let server: oauth.AuthorizationServer;

  beforeAll(async () => {
    const issuer = new URL(platform.issuer);
    server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  });

  async function register(metadata: object): Promise<Credentials> {
    const response = await oauth.dynamicClientRegistrationRequest(server, metadata, insecure);
    return (await oauth.processDynamicClientRegistrationResponse(response)) as Credentials;
  }

  async function logIn(client: oauth.Client, authentication: oauth.ClientAuth) {
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const parameters = { response_type: "code", client_id: client.client_id, redirect_uri: REDIRECT_URI, scope: SCOPE, resource: RESOURCE, code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", state, nonce };
    const pushed = await oauth.processPushedAuthorizationResponse(server, client, await oauth.pushedAuthorizationRequest(server, client, authentication, parameters, insecure));
    const url = new URL(server.authorization_endpoint ?? "");
    url.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri }).toString();
    const callback = await platform.person().authorize(url);
    const answer = oauth.validateAuthResponse(server, client, callback, state);
    const response = await oauth.authorizationCodeGrantRequest(server, client, authentication, answer, REDIRECT_URI, verifier, insecure);
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
    await oauth.validateApplicationLevelSignature(server, response, insecure);
    return tokens;
  }

  it.each(["ES256", "EdDSA", "RS256"])("registers by itself for %s, logs a person in by PAR, and verifies the signature of the id_token", async (alg) => {
    const client = await register({ client_name: "By itself", redirect_uris: [REDIRECT_URI], grant_types: ["authorization_code", "refresh_token"], id_token_signed_response_alg: alg });
    expect(client).toMatchObject({ token_endpoint_auth_method: "client_secret_basic", registration_client_uri: expect.any(String) });
    const tokens = await logIn(client, oauth.ClientSecretBasic(client.client_secret));
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ iss: platform.issuer, aud: client.client_id });
    expect(JSON.parse(Buffer.from(tokens.id_token?.split(".")[0] ?? "", "base64url").toString())).toMatchObject({ alg });
  });

  it("takes the access token for a JWT of RFC 9068 and verifies it", async () => {
    const client = await webClient();
    const tokens = await logIn(client, oauth.ClientSecretBasic(client.client_secret));
    const request = new Request(RESOURCE, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(server, request, RESOURCE, insecure);
    expect(claims).toMatchObject({ client_id: client.client_id, scope: expect.stringContaining("notes:read"), entity: "human" });
  });

  it("reads userinfo and refreshes", async () => {
    const client = await webClient();
    const authentication = oauth.ClientSecretBasic(client.client_secret);
    const tokens = await logIn(client, authentication);
    const subject = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? "";
    const info = await oauth.processUserInfoResponse(server, client, subject, await oauth.userInfoRequest(server, client, tokens.access_token, insecure));
    expect(info.sub).toBe(subject);
    const response = await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token ?? "", insecure);
    expect((await oauth.processRefreshTokenResponse(server, client, response)).refresh_token).not.toBe(tokens.refresh_token);
  });

  it("introspects, plain (RFC 7662) and signed (RFC 9701), and sees a revocation at once", async () => {
    const client = await webClient();
    const authentication = oauth.ClientSecretBasic(client.client_secret);
    const { access_token } = await logIn(client, authentication);
    const guard = { client_id: resourceServer.client_id };
    const guardAuthentication = oauth.ClientSecretBasic(resourceServer.client_secret);
    const introspect = (requestJwtResponse: boolean) => oauth.introspectionRequest(server, guard, guardAuthentication, access_token, { ...insecure, requestJwtResponse });

    const plain = await oauth.processIntrospectionResponse(server, guard, await introspect(false));
    expect(plain).toMatchObject({ active: true, client_id: client.client_id, aud: RESOURCE });

    const answer = await introspect(true);
    expect(answer.headers.get("content-type")).toBe("application/token-introspection+jwt");
    expect(await oauth.processIntrospectionResponse(server, guard, answer)).toEqual(plain);
    await oauth.validateApplicationLevelSignature(server, answer, insecure);

    await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, access_token, insecure));
    expect(await oauth.processIntrospectionResponse(server, guard, await introspect(true))).toEqual({ active: false });
  });

  it("gets a machine its token with an assertion, and with a secret in the body", async () => {
    const { privateKey, jwks } = await keyPair();
    const keyed = await machineClient({ token_endpoint_auth_method: "private_key_jwt", jwks });
    const posted = await machineClient({ token_endpoint_auth_method: "client_secret_post" });
    for (const [client, authentication] of [
      [keyed, oauth.PrivateKeyJwt({ key: privateKey, kid: "one" })],
      [posted, oauth.ClientSecretPost(posted.client_secret)],
    ] as const) {
      const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, { scope: "notes:read", resource: RESOURCE }, insecure);
      expect(await oauth.processClientCredentialsResponse(server, client, response)).toMatchObject({ scope: "notes:read", token_type: "bearer" });
    }
  });

  it("is told in OAuth's words what was wrong", async () => {
    const client = await webClient();
    const wrong = oauth.ClientSecretBasic("not-the-secret");
    const response = await oauth.refreshTokenGrantRequest(server, client, wrong, "gl_rt_nonsense", insecure);
    await expect(oauth.processRefreshTokenResponse(server, client, response)).rejects.toMatchObject({ cause: [{ scheme: "basic" }] });
    const refused = await oauth.refreshTokenGrantRequest(server, client, oauth.ClientSecretBasic(client.client_secret), "gl_rt_nonsense", insecure);
    await expect(oauth.processRefreshTokenResponse(server, client, refused)).rejects.toMatchObject({ error: "invalid_grant", status: 400 });
  });
});
