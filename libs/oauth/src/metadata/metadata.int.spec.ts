// Real: keyring. Fake: clock.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorld, send, type World } from "../testing/world.ts";
import { jwksEndpoints } from "../jwks/index.ts";
import { authorizationServerMetadata, metadataEndpoints } from "./index.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld({ algs: ["ES256", "RS256"] });
});
afterAll(() => world.close());

const read = (path: string, change: Partial<World["context"]["settings"]> = {}) =>
  send(metadataEndpoints({ ...world.context, settings: { ...world.context.settings, ...change } }), path, undefined);

describe("the metadata document", () => {
  it("is the same at all three places, for everybody, for five minutes", async () => {
    const answers = await Promise.all(
      [
        "/.well-known/oauth-authorization-server/oauth",
        "/.well-known/openid-configuration/oauth",
        "/oauth/.well-known/openid-configuration",
      ].map((path) => read(path)),
    );
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers[0]?.headers).toMatchObject({ "content-type": "application/json", "cache-control": "public, max-age=300" });
    expect(metadataEndpoints(world.context).every((endpoint) => endpoint.cors === true)).toBe(true);
  });

  it("is at two places when the issuer has no path", () => {
    const settings = { ...world.context.settings, issuer: "https://as.test", origin: "https://as.test", basePath: "" };
    expect(
      metadataEndpoints({ ...world.context, settings })
        .map((endpoint) => endpoint.path)
        .slice(0, -1),
    ).toEqual(["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]);
  });

  it("of the admin API as a protected resource names us, and no scope (RFC 9728)", async () => {
    const { body } = await read("/.well-known/oauth-protected-resource/admin/v1");
    expect(body).toEqual({
      resource: "http://as.test/admin/v1",
      authorization_servers: ["http://as.test/oauth"],
      bearer_methods_supported: ["header"],
      resource_name: "Grantline administration",
    });
  });

  it("says what stock MCP clients need (mcp-auth.md 3.3), and no scope of a resource or of administration", async () => {
    const { body } = await read("/.well-known/oauth-authorization-server/oauth");
    expect(body).toMatchObject({
      issuer: "http://as.test/oauth",
      authorization_endpoint: "http://as.test/oauth/authorize",
      token_endpoint: "http://as.test/oauth/token",
      registration_endpoint: "http://as.test/oauth/register",
      jwks_uri: "http://as.test/oauth/jwks",
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
      grant_types_supported: ["authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"],
      token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
      introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      scopes_supported: ["openid", "profile", "email", "offline_access"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256", "RS256"],
    });
    expect(JSON.stringify(body)).not.toMatch(/null|grantline:/);
    for (const value of Object.values(body)) expect(value).not.toEqual([]);
  });

  it("leaves out what is switched off", async () => {
    const { dcr, cimd } = world.context.settings;
    const { body } = await read("/.well-known/oauth-authorization-server/oauth", {
      dcr: { ...dcr, enabled: false },
      cimd: { ...cimd, enabled: false },
    });
    expect(body).not.toHaveProperty("registration_endpoint");
    expect(body).toMatchObject({ client_id_metadata_document_supported: false });
  });
});

describe("the kill switch of the device grant", () => {
  it("takes it out of the document", () => {
    const document = authorizationServerMetadata({
      ...world.context,
      flags: { ...world.context.flags, enabled: (flag) => flag !== "oauth.device-grant" },
    });
    expect(document).not.toHaveProperty("device_authorization_endpoint");
    expect(document["grant_types_supported"]).toEqual(["authorization_code", "refresh_token", "client_credentials"]);
    expect(authorizationServerMetadata(world.context)).toHaveProperty(
      "device_authorization_endpoint",
      "http://as.test/oauth/device_authorization",
    );
  });
});

describe("the key set", () => {
  it("has the public keys, and nothing private", async () => {
    const answer = await send(jwksEndpoints(world.context), "/oauth/jwks", undefined);
    const { keys } = answer.body as { readonly keys: readonly Record<string, string>[] };
    expect(keys.map((key) => key["alg"]).sort()).toEqual(["ES256", "RS256"]);
    for (const key of keys) for (const member of ["d", "p", "q", "dp", "dq", "qi", "k"]) expect(key).not.toHaveProperty(member);
    expect(answer.headers).toMatchObject({ "content-type": "application/jwk-set+json", "cache-control": "public, max-age=60" });
  });
});
