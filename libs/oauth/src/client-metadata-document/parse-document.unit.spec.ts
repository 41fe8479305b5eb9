import { generateKeyPairSync, hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checkDocumentUrl } from "./document-url.ts";
import { parseDocument } from "./parse-document.ts";

const id = "https://client.example/metadata.json";
const rules = { redirectSchemes: [], allowInsecureLoopback: false };
const document = { client_id: id, client_name: "Agent", redirect_uris: ["http://localhost/callback", "http://127.0.0.1/callback"] };
const jwks = { keys: [{ ...generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" }) }] };
const parse = (members: object = {}) => parseDocument(id, JSON.stringify({ ...document, ...members }), rules);
const methodOf = (members: object): string => parse(members).metadata.token_endpoint_auth_method;

describe("a client_id that is a URL", () => {
  it.each([id, "https://client.example/a?v=1", "https://client.example:8443/a", "https://xn--bcher-kva.example/a"])("may be %s", (url) => {
    expect(() => checkDocumentUrl(url, rules)).not.toThrow();
  });

  it.each([
    "https://client.example",
    "https://client.example/",
    "https://client.example/?x=1",
    "http://client.example/a",
    "ftp://client.example/a",
    "https://user@client.example/a",
    "https://client.example/a#f",
    "https://client.example/a#",
    "https://client.example/a/../b",
    "https://client.example/./a",
    "https://client.example/%2e%2e/a",
    "https://CLIENT.example/a",
    "https://client.example:443/a",
    "HTTPS://client.example/a",
    "https://bücher.example/a",
    "https://client.example/a b",
    "https://127.1/a",
    "not a url",
    "http://localhost:3000/a",
    `https://client.example/${"a".repeat(1_000)}`,
  ])("is never %s", (url) => {
    expect(() => checkDocumentUrl(url, rules)).toThrow(
      expect.objectContaining({ code: "invalid_client", reason: "document-fetch-refused" }),
    );
  });

  it("may be on this machine in development", () => {
    expect(() => checkDocumentUrl("http://localhost:3000/client.json", { allowInsecureLoopback: true })).not.toThrow();
    expect(() => checkDocumentUrl("http://127.0.0.2:3000/client.json", { allowInsecureLoopback: true })).toThrow("document-fetch-refused");
  });
});

describe("a client metadata document", () => {
  it("makes a public client that may refresh, unless it says otherwise", () => {
    const text = JSON.stringify(document);
    expect(parseDocument(id, text, rules)).toEqual({
      metadata: {
        client_name: "Agent",
        redirect_uris: document.redirect_uris,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
        application_type: "native",
      },
      documentHash: hash("sha256", text, "base64url"),
    });
    expect(parse({ grant_types: ["authorization_code"] }).metadata.grant_types).toEqual(["authorization_code"]);
  });

  it("is understood by its list of authentication methods (SEP-3149)", () => {
    expect(methodOf({ token_endpoint_auth_methods_supported: ["client_secret_basic", "none"] })).toBe("none");
    expect(methodOf({ token_endpoint_auth_methods_supported: ["private_key_jwt"], jwks })).toBe("private_key_jwt");
    expect(methodOf({ token_endpoint_auth_methods_supported: ["none", "private_key_jwt"], jwks })).toBe("private_key_jwt");
    expect(methodOf({ token_endpoint_auth_methods_supported: ["none", "private_key_jwt"] })).toBe("none");
    expect(methodOf({ token_endpoint_auth_methods_supported: ["none", "private_key_jwt"], token_endpoint_auth_method: "none", jwks })).toBe(
      "none",
    );
    expect(methodOf({ token_endpoint_auth_methods_supported: ["none"], token_endpoint_auth_method: "client_secret_basic" })).toBe("none");
    expect(methodOf({ token_endpoint_auth_method: "private_key_jwt", jwks })).toBe("private_key_jwt");
    expect(methodOf({ token_endpoint_auth_method: "none", jwks })).toBe("none");
    expect(parse({ token_endpoint_auth_method: "none", jwks }).metadata).not.toHaveProperty("jwks");
  });

  it("never brings administrative scopes or client_credentials", () => {
    expect(parse({ scope: "grantline:admin mcp", grant_types: ["authorization_code", "client_credentials"] }).metadata).toMatchObject({
      scope: "mcp",
      grant_types: ["authorization_code"],
    });
  });

  it.each([
    ["another client_id", { client_id: "https://client.example/other.json" }],
    ["its client_id in another spelling", { client_id: "https://client.example:443/metadata.json" }],
    ["no client_id", { client_id: undefined }],
    ["no name", { client_name: undefined }],
    ["a null for a name", { client_name: null }],
    ["no redirect URIs", { redirect_uris: [] }],
    ["a script for a redirect", { redirect_uris: ["javascript:alert(1)"] }],
    ["a private-use scheme nobody allowed", { redirect_uris: ["cursor://cb"] }],
    ["a secret (F-06)", { client_secret: "s" }],
    ["an expiry for a secret", { client_secret_expires_at: 0 }],
    ["client_secret_post (F-06)", { token_endpoint_auth_method: "client_secret_post" }],
    ["only secret methods in its list", { token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_jwt"] }],
    ["an empty list of methods", { token_endpoint_auth_methods_supported: [] }],
    ["private_key_jwt without keys", { token_endpoint_auth_method: "private_key_jwt" }],
    ["a jwks_uri inside", { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://127.0.0.1/jwks" }],
  ])("is refused with %s", (_what, members) => {
    expect(() => parse(members)).toThrow(expect.objectContaining({ code: "invalid_client", reason: "document-invalid" }));
  });

  it.each(["", "{", "[]", "null", '"x"', "<html>"])("is refused when it is %j", (text) => {
    expect(() => parseDocument(id, text, rules)).toThrow(expect.objectContaining({ reason: "document-invalid" }));
  });
});
