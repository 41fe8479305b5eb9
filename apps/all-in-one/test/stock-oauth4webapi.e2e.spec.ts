/*
 * Real: oauth4webapi 3, Grantline, HTTP between them. Made: the person, who is a browser without script.
 * The library checks what it receives (issuer, signatures, nonce, hashes, types); a wrong answer of ours makes it throw.
 */
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientKeys, REDIRECT_URI, RESOURCE, SCOPE, startOidcWorld, type Credentials, type OidcWorld } from "./support/oidc-world.ts";

let world: OidcWorld;

beforeAll(async () => {
  world = await startOidcWorld();
});
afterAll(() => world?.platform.close());

describe("oauth4webapi", () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  let server: oauth.AuthorizationServer;

  beforeAll(async () => {
    const issuer = new URL(world.platform.issuer);
    server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  });

  async function register(metadata: object): Promise<Credentials> {
    const response = await oauth.dynamicClientRegistrationRequest(server, metadata, insecure);
    return (await oauth.processDynamicClientRegistrationResponse(response)) as Credentials;
  }

  async function logIn(client: oauth.Client, authentication: oauth.ClientAuth) {
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const parameters = {
      response_type: "code",
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      resource: RESOURCE,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    };
    const pushed = await oauth.processPushedAuthorizationResponse(
      server,
      client,
      await oauth.pushedAuthorizationRequest(server, client, authentication, parameters, insecure),
    );
    const url = new URL(server.authorization_endpoint ?? "");
    url.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri }).toString();
    const callback = await world.platform.person().authorize(url);
    const answer = oauth.validateAuthResponse(server, client, callback, state);
    const response = await oauth.authorizationCodeGrantRequest(server, client, authentication, answer, REDIRECT_URI, verifier, insecure);
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
    await oauth.validateApplicationLevelSignature(server, response, insecure);
    return tokens;
  }

  it.each(["ES256", "EdDSA", "RS256"])(
    "registers by itself for %s, logs a person in by PAR, and verifies the signature of the id_token",
    async (alg) => {
      const client = await register({
        client_name: "By itself",
        redirect_uris: [REDIRECT_URI],
        grant_types: ["authorization_code", "refresh_token"],
        id_token_signed_response_alg: alg,
      });
      expect(client).toMatchObject({ token_endpoint_auth_method: "client_secret_basic", registration_client_uri: expect.any(String) });
      const tokens = await logIn(client, oauth.ClientSecretBasic(client.client_secret));
      expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ iss: world.platform.issuer, aud: client.client_id });
      expect(JSON.parse(Buffer.from(tokens.id_token?.split(".")[0] ?? "", "base64url").toString())).toMatchObject({ alg });
    },
  );

  it("takes the access token for a JWT of RFC 9068 and verifies it", async () => {
    const client = await world.webClient();
    const tokens = await logIn(client, oauth.ClientSecretBasic(client.client_secret));
    const request = new Request(RESOURCE, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(server, request, RESOURCE, insecure);
    expect(claims).toMatchObject({ client_id: client.client_id, scope: expect.stringContaining("notes:read"), entity: "human" });
  });

  it("refreshes, for the issuer too, and reads userinfo with what it gets for it", async () => {
    const client = await world.webClient();
    const authentication = oauth.ClientSecretBasic(client.client_secret);
    const tokens = await logIn(client, authentication);
    const subject = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? "";
    const response = await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token ?? "", {
      ...insecure,
      additionalParameters: { resource: world.platform.issuer },
    });
    const own = await oauth.processRefreshTokenResponse(server, client, response);
    expect(own.refresh_token).not.toBe(tokens.refresh_token);
    const info = await oauth.processUserInfoResponse(
      server,
      client,
      subject,
      await oauth.userInfoRequest(server, client, own.access_token, insecure),
    );
    expect(info.sub).toBe(subject);
  });

  it("introspects, plain (RFC 7662) and signed (RFC 9701), and sees a revocation at once", async () => {
    const client = await world.webClient();
    const authentication = oauth.ClientSecretBasic(client.client_secret);
    const { access_token } = await logIn(client, authentication);
    const guard = { client_id: world.resourceServer.client_id };
    const guardAuthentication = oauth.ClientSecretBasic(world.resourceServer.client_secret);
    const introspect = (requestJwtResponse: boolean) =>
      oauth.introspectionRequest(server, guard, guardAuthentication, access_token, { ...insecure, requestJwtResponse });

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
    const { privateKey, jwks } = await clientKeys();
    const keyed = await world.machineClient({ token_endpoint_auth_method: "private_key_jwt", jwks });
    const posted = await world.machineClient({ token_endpoint_auth_method: "client_secret_post" });
    for (const [client, authentication] of [
      [keyed, oauth.PrivateKeyJwt({ key: privateKey, kid: "one" })],
      [posted, oauth.ClientSecretPost(posted.client_secret)],
    ] as const) {
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        { scope: "notes:read", resource: RESOURCE },
        insecure,
      );
      expect(await oauth.processClientCredentialsResponse(server, client, response)).toMatchObject({
        scope: "notes:read",
        token_type: "bearer",
      });
    }
  });

  it("is told in OAuth's words what was wrong", async () => {
    const client = await world.webClient();
    const wrong = oauth.ClientSecretBasic("not-the-secret");
    const response = await oauth.refreshTokenGrantRequest(server, client, wrong, "gl_rt_nonsense", insecure);
    await expect(oauth.processRefreshTokenResponse(server, client, response)).rejects.toMatchObject({ cause: [{ scheme: "basic" }] });
    const refused = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic(client.client_secret),
      "gl_rt_nonsense",
      insecure,
    );
    await expect(oauth.processRefreshTokenResponse(server, client, refused)).rejects.toMatchObject({ error: "invalid_grant", status: 400 });
  });
});
