/*
 * Real: openid-client 6, Grantline, HTTP between them. Made: the person, who is a browser without script.
 * The library checks what it receives (issuer, signatures, nonce, hashes, types); a wrong answer of ours makes it throw.
 */
import { INVALID_RESPONSE } from "oauth4webapi";
import * as openid from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AFTER_LOGOUT,
  clientKeys,
  REDIRECT_URI,
  RESOURCE,
  SCOPE,
  startOidcWorld,
  type Credentials,
  type OidcWorld,
} from "./support/oidc-world.ts";

let world: OidcWorld;

beforeAll(async () => {
  world = await startOidcWorld();
});
afterAll(() => world?.platform.close());

describe("openid-client", () => {
  function configure(
    { client_id, client_secret }: Credentials,
    authentication = openid.ClientSecretBasic(client_secret),
  ): Promise<openid.Configuration> {
    return openid.discovery(new URL(world.platform.issuer), client_id, {}, authentication, { execute: [openid.allowInsecureRequests] });
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
    const person = world.platform.person();
    const callback = await person.authorize(url);
    const tokens = await openid.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier,
      expectedState,
      expectedNonce,
      idTokenExpected: true,
    });
    return { url, person, tokens, subject: tokens.claims()?.sub ?? "" };
  }

  it("finds the server by its issuer and logs a person in: PAR, PKCE, state, nonce, iss and id_token are checked", async () => {
    const config = await configure(await world.webClient());
    openid.enableNonRepudiationChecks(config);
    const { url, tokens } = await logIn(config);
    expect([...url.searchParams.keys()].sort()).toEqual(["client_id", "request_uri"]);
    expect(tokens.claims()).toMatchObject({ iss: world.platform.issuer, aud: config.clientMetadata().client_id });
    expect(tokens.scope?.split(" ").sort()).toEqual(SCOPE.split(" ").sort());
  });

  it("refuses a callback whose iss is another's", async () => {
    const config = await configure(await world.webClient());
    const verifier = openid.randomPKCECodeVerifier();
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: "openid",
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const callback = await world.platform.person().authorize(url);
    callback.searchParams.set("iss", "https://evil.example");
    await expect(openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier })).rejects.toMatchObject({
      code: INVALID_RESPONSE,
      cause: { message: expect.stringContaining("iss") },
    });
  });

  it("reads userinfo with a token for the issuer, and not with the one its MCP server gets to see", async () => {
    const config = await configure(await world.webClient());
    const { tokens, subject } = await logIn(config);
    await expect(openid.fetchUserInfo(config, tokens.access_token, subject)).rejects.toMatchObject({ status: 401 });
    const own = await openid.refreshTokenGrant(config, tokens.refresh_token ?? "", { resource: world.platform.issuer });
    expect(await openid.fetchUserInfo(config, own.access_token, subject)).toMatchObject({ sub: subject });
  });

  it("refreshes, with rotation and a new id_token for the same person", async () => {
    const config = await configure(await world.webClient());
    const { tokens, subject } = await logIn(config);
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? "");
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
    expect(refreshed.access_token).not.toBe(tokens.access_token);
    expect(refreshed.claims()?.sub).toBe(subject);
  });

  it("revokes a refresh token, and the resource server sees the access token of that family die", async () => {
    const config = await configure(await world.webClient());
    const guard = await configure(world.resourceServer);
    const { tokens, subject } = await logIn(config);
    expect(await openid.tokenIntrospection(guard, tokens.access_token)).toMatchObject({
      active: true,
      sub: subject,
      aud: RESOURCE,
      scope: expect.stringContaining("notes:read"),
    });
    await openid.tokenRevocation(config, tokens.refresh_token ?? "");
    expect(await openid.tokenIntrospection(guard, tokens.access_token)).toEqual({ active: false });
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
      status: 400,
    });
  });

  it("gets a machine its token with a secret", async () => {
    const config = await configure(await world.machineClient({ token_endpoint_auth_method: "client_secret_basic" }));
    const tokens = await openid.clientCredentialsGrant(config, { scope: "notes:read", resource: RESOURCE });
    expect(tokens).toMatchObject({ token_type: "bearer", scope: "notes:read" });
    expect(tokens.refresh_token).toBeUndefined();
  });

  it("gets a machine its token with a signed assertion", async () => {
    const { privateKey, jwks } = await clientKeys();
    const config = await configure(
      await world.machineClient({ token_endpoint_auth_method: "private_key_jwt", jwks }),
      openid.PrivateKeyJwt({ key: privateKey, kid: "one" }),
    );
    expect(await openid.clientCredentialsGrant(config, { scope: "notes:write", resource: RESOURCE })).toMatchObject({
      scope: "notes:write",
    });
  });

  it("logs the person out and back to where the application registered", async () => {
    const config = await configure(await world.webClient());
    const { person, tokens } = await logIn(config);
    const url = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? "",
      post_logout_redirect_uri: AFTER_LOGOUT,
      state: "after",
    });
    const step = await person.open(url);
    expect(step).toMatchObject({ kind: "callback" });
    expect(step.url.href).toBe(`${AFTER_LOGOUT}?state=after`);
    expect(await person.open(`${world.platform.issuer}/grants`)).toMatchObject({ html: expect.stringContaining('id="login-form"') });
  });
});
