import { describe, expect, it } from "vitest";
import { GRANT_TYPES, readClientMetadata, SELF_REGISTERED_GRANT_TYPES, type ClientMetadataRules } from "./index.ts";

const rules: ClientMetadataRules = {
  redirectSchemes: [],
  allowInsecureLoopback: false,
  grantTypes: SELF_REGISTERED_GRANT_TYPES,
  adminScopes: false,
};
const operator: ClientMetadataRules = { ...rules, grantTypes: GRANT_TYPES, adminScopes: true };
const redirect_uris = ["http://localhost/cb"];
const read = (members: object, by = rules) => readClientMetadata({ redirect_uris, ...members }, by);
const refusal = (members: unknown, by = rules): string | undefined => {
  try {
    readClientMetadata(members, by);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("client metadata", () => {
  it("gets the defaults of RFC 7591 §2", () => {
    expect(read({})).toEqual({
      redirect_uris,
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      application_type: "native",
    });
  });

  it("keeps what we know, once each, and ignores the rest (M-02)", () => {
    const read1 = read({
      client_name: "  Agent  ",
      redirect_uris: [...redirect_uris, ...redirect_uris],
      is_admin: true,
      first_party: true,
      skip_consent: true,
      settings: { allowedScopes: ["grantline:admin"] },
      __proto__: { polluted: true },
      constructor: "x",
      client_id: "mine",
      client_secret: "mine",
      software_id: "s",
      "client_name#ja": "x",
    });
    expect(read1).toEqual({
      client_name: "Agent",
      software_id: "s",
      redirect_uris,
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      application_type: "native",
    });
    expect(JSON.stringify(read(JSON.parse('{"__proto__": {"scope": "x"}}') as object))).not.toContain("scope");
  });

  it("takes null for absent (RFC 7592 §2.2)", () => {
    expect(read({ client_name: null, logo_uri: null, scope: null })).toEqual(read({}));
  });

  it("drops grant types that can't be had while one remains", () => {
    expect(read({ grant_types: ["authorization_code", "refresh_token", "implicit", "client_credentials", "urn:x"] }).grant_types).toEqual([
      "authorization_code",
      "refresh_token",
    ]);
    expect(readClientMetadata({ grant_types: ["client_credentials"] }, operator)).toMatchObject({
      redirect_uris: [],
      response_types: [],
      application_type: "web",
    });
  });

  it("drops scopes that administer Grantline unless an operator names them (P14)", () => {
    expect(read({ scope: "grantline:admin mcp:read  mcp:read grantline:clients" }).scope).toBe("mcp:read");
    expect(read({ scope: "grantline:admin" })).not.toHaveProperty("scope");
    expect(read({ scope: "grantline:admin x" }, operator).scope).toBe("grantline:admin x");
  });

  it.each([
    ["no redirect URI", {}, "invalid_redirect_uri"],
    ["an empty list of them", { redirect_uris: [] }, "invalid_redirect_uri"],
    ["21 of them", { redirect_uris: Array.from({ length: 21 }, (_, n) => `http://localhost/${n}`) }, "invalid_redirect_uri"],
    ["one that is no text", { redirect_uris: [1] }, "invalid_redirect_uri"],
    ["one in place of a list", { redirect_uris: "http://localhost/cb" }, "invalid_redirect_uri"],
    ["a bad one among good ones", { redirect_uris: [...redirect_uris, "javascript:x"] }, "invalid_redirect_uri"],
    ["a bad place to go after logout", { redirect_uris, post_logout_redirect_uris: ["http://evil.example/"] }, "invalid_redirect_uri"],
    ["only grant types nobody gets", { redirect_uris, grant_types: ["password"] }, "invalid_client_metadata"],
    ["client_credentials alone", { redirect_uris, grant_types: ["client_credentials"] }, "invalid_client_metadata"],
    ["refresh_token alone", { redirect_uris, grant_types: ["refresh_token"] }, "invalid_client_metadata"],
    ["response types without code", { redirect_uris, response_types: ["token"] }, "invalid_client_metadata"],
    ["an unknown authentication method", { redirect_uris, token_endpoint_auth_method: "client_secret_jwt" }, "invalid_client_metadata"],
    ["private_key_jwt without keys", { redirect_uris, token_endpoint_auth_method: "private_key_jwt" }, "invalid_client_metadata"],
    ["jwks beside jwks_uri", { redirect_uris, jwks: { keys: [] }, jwks_uri: "https://a.example/jwks" }, "invalid_client_metadata"],
    ["an empty jwks", { redirect_uris, jwks: { keys: [] } }, "invalid_client_metadata"],
    ["a jwks that is none", { redirect_uris, jwks: [] }, "invalid_client_metadata"],
    ["a jwks_uri inside", { redirect_uris, jwks_uri: "https://10.0.0.1/jwks" }, "invalid_client_metadata"],
    ["a logo inside (F-01)", { redirect_uris, logo_uri: "http://169.254.169.254/logo" }, "invalid_client_metadata"],
    ["a script for terms", { redirect_uris, tos_uri: "javascript:alert(1)" }, "invalid_client_metadata"],
    ["a name of 10 kB (U-04)", { redirect_uris, client_name: "x".repeat(10_000) }, "invalid_client_metadata"],
    ["a name that turns text around (U-04)", { redirect_uris, client_name: "safe\u202eelgoog" }, "invalid_client_metadata"],
    ["a name with a line end", { redirect_uris, client_name: "a\nb" }, "invalid_client_metadata"],
    ["a scope outside the grammar", { redirect_uris, scope: 'a"b' }, "invalid_client_metadata"],
    ["an unknown application type", { redirect_uris, application_type: "service" }, "invalid_client_metadata"],
    ["HS256 for assertions", { redirect_uris, token_endpoint_auth_signing_alg: "HS256" }, "invalid_client_metadata"],
    ["none for ID tokens", { redirect_uris, id_token_signed_response_alg: "none" }, "invalid_client_metadata"],
    ["a list", [], "invalid_client_metadata"],
    ["a text", "x", "invalid_client_metadata"],
    ["nothing", null, "invalid_client_metadata"],
  ])("is refused with %s", (_what, members, code) => {
    expect(refusal(members)).toBe(code);
  });

  it("needs a client that authenticates for client_credentials (OAuth 2.1 §4.2)", () => {
    expect(refusal({ grant_types: ["client_credentials"], token_endpoint_auth_method: "none" }, operator)).toBe("invalid_client_metadata");
  });

  it("may link to this machine in development", () => {
    expect(read({ client_uri: "http://localhost:6274/" }, { ...rules, allowInsecureLoopback: true }).client_uri).toBe(
      "http://localhost:6274/",
    );
  });
});
