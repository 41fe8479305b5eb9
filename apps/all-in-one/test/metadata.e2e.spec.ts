/*
 * Real: the whole server over HTTP. Made: nothing. What the metadata document advertises is tried, value by value; what stands beside it and is not advertised is refused.
 */
import { authorizationUrl, pkce, postForm, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

type Document = Readonly<Record<string, unknown>>;

let server: TestPlatform;
let document: Document;

beforeAll(async () => {
  server = await startTestPlatform();
  document = await read(server);
});
afterAll(() => server.close());

async function read({ issuer }: TestPlatform): Promise<Document> {
  return (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Document;
}
const values = (name: string): readonly string[] => document[name] as readonly string[];
const places = (of: Document): readonly (readonly [string, string])[] =>
  Object.entries(of).flatMap(([name, value]) => (/_endpoint$|_uri$|_feed$/.test(name) ? [[name, String(value)] as const] : []));

/** What the authorization endpoint makes of a request: the error it sends to the client, "page" where it shows one. */
async function asked(more: Readonly<Record<string, string>>): Promise<string> {
  const client = await register(server.issuer);
  const url = authorizationUrl({ issuer: server.issuer, client, more }, pkce().challenge);
  const response = await fetch(url, { redirect: "manual" });
  const location = response.headers.get("location") ?? "";
  if (location.includes("/login?")) return "page";
  const posted = /name="error" value="([^"]*)"/.exec(await response.text())?.[1];
  return posted ?? new URL(location || "http://none?error=interstitial").searchParams.get("error") ?? "code";
}

describe("the metadata document", () => {
  it("names endpoints that are there, and none that is switched off", async () => {
    expect(places(document).length).toBeGreaterThan(10);
    for (const [name, url] of places(document)) {
      expect(url.startsWith(`${server.issuer}/`)).toBe(true);
      expect([name, (await fetch(url, { method: "OPTIONS" })).status]).toEqual([name, 204]);
    }
    const closed = await startTestPlatform({ env: { GRANTLINE_DCR: "false", GRANTLINE_CIMD: "false" } });
    try {
      const without = await read(closed);
      expect(without).not.toHaveProperty("registration_endpoint");
      expect(without).toMatchObject({ client_id_metadata_document_supported: false });
      expect((await postForm(`${closed.issuer}/register`, {})).status).toBe(404);
    } finally {
      await closed.close();
    }
  });

  it("names every response type, mode and prompt there is, and no other passes", async () => {
    for (const mode of values("response_modes_supported")) expect([mode, await asked({ response_mode: mode })]).toEqual([mode, "page"]);
    for (const mode of ["fragment", "web_message", "jwt"]) expect(await asked({ response_mode: mode })).not.toBe("page");
    for (const prompt of values("prompt_values_supported"))
      expect([prompt, await asked({ prompt, response_mode: "form_post" })]).toEqual([
        prompt,
        prompt === "none" ? "login_required" : "page",
      ]);
    expect(values("response_types_supported")).toEqual(["code"]);
    expect(values("code_challenge_methods_supported")).toEqual(["S256"]);
  });

  it("names every scope, grant type and way of client authentication, and no other passes", async () => {
    for (const scope of values("scopes_supported")) expect([scope, await asked({ scope })]).toEqual([scope, "page"]);
    const tried = async (grant: string) =>
      (
        (await (
          await postForm(`${server.issuer}/token`, { grant_type: grant, client_id: (await register(server.issuer)).client_id })
        ).json()) as { error: string }
      ).error;
    for (const grant of values("grant_types_supported")) expect([grant, await tried(grant)]).not.toEqual([grant, "unsupported_grant_type"]);
    for (const grant of ["password", "urn:ietf:params:oauth:grant-type:saml2-bearer"])
      expect(await tried(grant)).toBe("unsupported_grant_type");
    const registered = async (method: string): Promise<number> => {
      const keys = method === "private_key_jwt" ? { jwks_uri: "https://keys.example/jwks" } : {};
      const body = JSON.stringify({ redirect_uris: ["https://client.example/callback"], token_endpoint_auth_method: method, ...keys });
      return (await fetch(`${server.issuer}/register`, { method: "POST", headers: { "content-type": "application/json" }, body })).status;
    };
    for (const method of values("token_endpoint_auth_methods_supported")) expect([method, await registered(method)]).toEqual([method, 201]);
    for (const method of ["client_secret_jwt", "tls_client_auth"]) expect([method, await registered(method)]).toEqual([method, 400]);
  });
});
