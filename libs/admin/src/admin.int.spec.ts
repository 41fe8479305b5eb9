// Real: HTTP, the whole server, SQLite event store and read model, keys. Fake: nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { obtainTokens, postForm, startTestPlatform, type Registered, type TestPlatform } from "@grantline/testing";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ env: { GRANTLINE_DEV_USERS: "ada:ada-password,bob:bob-password", GRANTLINE_OPERATORS: "ada" } });
});
afterAll(() => platform.close());

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${platform.origin}/admin/v1${path}`, { headers });
const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` });

/** A program of an operator's, with the scopes on its client that the operator named. */
async function programToken(allowed: readonly string[] | undefined, scope: string): Promise<string | undefined> {
  const client = await platform.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
    grant_types: ["client_credentials"],
    settings: allowed === undefined ? {} : { allowed_scopes: allowed },
  });
  const response = await postForm(
    `${platform.issuer}/token`,
    { grant_type: "client_credentials", scope, resource: `${platform.origin}/admin/v1` },
    basic(client.client_id, client.client_secret),
  );
  return ((await response.json()) as { access_token?: string }).access_token;
}
const as = (token: string | undefined) => ({ authorization: `Bearer ${token ?? "none"}` });

describe("the door of the admin API", () => {
  it("is shut without a token, with a problem document and a challenge (M-03)", async () => {
    const response = await get("/clients");
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(await response.json()).toEqual({
      type: "urn:grantline:problem:bearer-missing",
      title: "Invalid token",
      status: 401,
      detail: expect.any(String) as string,
      correlation_id: expect.any(String) as string,
      error: "invalid_token",
    });
  });

  it("is shut for made-up tokens, and for tokens in the query or of another audience (M-03)", async () => {
    expect((await get("/clients", as("gl_at_x.y"))).status).toBe(401);
    expect((await get(`/clients?access_token=${await platform.admin.token()}`)).status).toBe(401);
    const mcp = `${platform.origin}/mcp-of-another`;
    await platform.admin.resource(mcp, ["tools"]);
    const client = await platform.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
      grant_types: ["client_credentials"],
    });
    const response = await postForm(
      `${platform.issuer}/token`,
      { grant_type: "client_credentials", resource: mcp },
      basic(client.client_id, client.client_secret),
    );
    const { access_token: foreign } = (await response.json()) as { access_token: string };
    expect((await get("/clients", as(foreign))).status).toBe(401);
  });

  it("opens to each scope what that scope opens, and no more", async () => {
    const reader = await programToken(["grantline:clients:read"], "grantline:clients:read");
    expect((await get("/clients", as(reader))).status).toBe(200);
    for (const path of ["/resources", "/subjects", "/grants", "/keys", "/events", "/status"]) {
      const response = await get(path, as(reader));
      expect([path, response.status]).toEqual([path, 403]);
      expect(response.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    }
    const write = await fetch(`${platform.origin}/admin/v1/clients`, {
      method: "POST",
      headers: { ...as(reader), "content-type": "application/json" },
      body: "{}",
    });
    expect(write.status).toBe(403);
    expect(await write.json()).toMatchObject({ type: "urn:grantline:problem:bearer-scope", error: "insufficient_scope" });
  });

  it("opens to a program only by scopes an operator named on its client (P14)", async () => {
    expect((await get("/clients", as(await programToken(undefined, "grantline:admin")))).status).toBeGreaterThanOrEqual(401);
  });

  it("lets nobody give himself power (P14)", async () => {
    const clerk = as(await programToken(["grantline:clients", "grantline:resources"], "grantline:clients grantline:resources"));
    const send = async (method: string, path: string, body?: object): Promise<readonly unknown[]> => {
      const response = await fetch(`${platform.origin}/admin/v1${path}`, {
        method,
        headers: { ...clerk, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return [response.status, ((await response.json()) as { type?: string }).type];
    };
    const needsAdmin = [403, "urn:grantline:problem:admin-scope-required"];
    const service = { grant_types: ["client_credentials"] };
    expect(await send("POST", "/clients", { ...service, settings: { allowed_scopes: ["grantline:admin"] } })).toEqual(needsAdmin);
    expect(await send("POST", "/clients", { ...service, scope: "grantline:keys" })).toEqual(needsAdmin);
    expect(await send("POST", "/clients/grantline-admin/secrets", {})).toEqual(needsAdmin);
    expect(await send("PATCH", "/clients/grantline-admin", { client_name: "mine" })).toEqual(needsAdmin);
    expect(await send("DELETE", "/clients/grantline-admin")).toEqual(needsAdmin);
    const { items } = await platform.admin.call<{ items: { resource_id: string }[] }>(
      "GET",
      `/resources?uri=${encodeURIComponent(`${platform.origin}/admin/v1`)}`,
    );
    const open = { rules: [{ subjects: { any: true }, entities: ["human"], verification: ["dcr"], scopes: ["grantline:admin"] }] };
    expect(await send("PUT", `/resources/${items[0]?.resource_id}/access-policy`, open)).toEqual(needsAdmin);
    const plain = await platform.admin.call<{ client_id: string }>("POST", "/clients", service);
    expect(await send("PATCH", `/clients/${plain.client_id}`, { settings: { allowed_scopes: ["grantline:admin"] } })).toEqual(needsAdmin);
    expect((await send("PATCH", `/clients/${plain.client_id}`, { client_name: "mine" }))[0]).toBe(200);
  });

  it("lets nobody look into the tokens of a resource by a client of his making: that is for who looks after resources (P14)", async () => {
    const clerk = as(await programToken(["grantline:clients"], "grantline:clients"));
    const both = as(await programToken(["grantline:clients", "grantline:resources"], "grantline:clients grantline:resources"));
    const send = async (who: Record<string, string>, method: string, path: string, body: object): Promise<number> => {
      const headers = { ...who, "content-type": "application/json" };
      return (await fetch(`${platform.origin}/admin/v1${path}`, { method, headers, body: JSON.stringify(body) })).status;
    };
    const service = { grant_types: ["client_credentials"] };
    const resource = await platform.admin.resource(`${platform.origin}/looked-into`, ["read"]);
    const looking = { settings: { introspects: [resource.resource_id] } };
    const plain = await platform.admin.call<{ client_id: string }>("POST", "/clients", service);
    const guard = await platform.admin.call<{ client_id: string }>("POST", "/clients", { ...service, ...looking });
    const attempts: readonly (readonly [string, string, object])[] = [
      ["POST", "/clients", { ...service, ...looking }],
      ["PUT", `/clients/${plain.client_id}`, { ...service, ...looking }],
      ["PATCH", `/clients/${plain.client_id}`, looking],
      ["PATCH", `/clients/${guard.client_id}`, { client_name: "mine" }],
      ["POST", `/clients/${guard.client_id}/secrets`, {}],
      ["POST", `/clients/${resource.client_id}/secrets`, {}],
    ];
    for (const [method, path, body] of attempts) expect([method, path, await send(clerk, method, path, body)]).toEqual([method, path, 403]);
    for (const [method, path, body] of attempts) expect([path, (await send(both, method, path, body)) < 300]).toEqual([path, true]);
  });

  it("opens to operators as people, through a client an operator made, and to nobody else (P14)", async () => {
    const console_ = await platform.admin.call<Registered>("POST", "/clients", {
      client_name: "Console",
      redirect_uris: ["https://client.example/callback"],
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
    });
    const resource = `${platform.origin}/admin/v1`;
    const flow = { issuer: platform.issuer, client: console_, resource, scope: "grantline:clients:read" };
    const ada = await obtainTokens(platform.person(), { ...flow, username: "ada", password: "ada-password" });
    expect((await get("/clients", as(ada.access_token))).status).toBe(200);
    expect((await get("/events", as(ada.access_token))).status).toBe(403);
    await expect(obtainTokens(platform.person(), { ...flow, username: "bob", password: "bob-password" })).rejects.toThrow("no code");
  });

  it("looks at content types, bodies and parameters before anything happens", async () => {
    const token = as(await platform.admin.token());
    const post = (body: string, type = "application/json") =>
      fetch(`${platform.origin}/admin/v1/clients`, { method: "POST", headers: { ...token, "content-type": type }, body });
    expect((await post("client_name=x", "application/x-www-form-urlencoded")).status).toBe(415);
    for (const body of ["{", "[]", "null", '"x"', ""])
      expect(await (await post(body)).json()).toMatchObject({ status: 400, type: "urn:grantline:problem:body-malformed" });
    const wrong = (await (
      await post(JSON.stringify({ redirect_uris: ["https://a.example/cb"], settings: { entity: "robot" }, is_admin: true }))
    ).json()) as { errors: object[] };
    expect(wrong).toMatchObject({ type: "urn:grantline:problem:value-not-allowed" });
    expect(wrong.errors).toContainEqual({ path: "settings.entity", message: expect.any(String) as string });
    expect((await get("/clients?limit=101", token)).status).toBe(400);
    expect((await get("/clients?limt=1", token)).status).toBe(400);
    expect((await get("/clients?cursor=forged", token)).status).toBe(400);
    expect((await get("/nothing-here", token)).status).toBe(404);
    expect((await fetch(`${platform.origin}/admin/v1/clients`, { method: "DELETE", headers: token })).status).toBe(405);
  });
});

describe("the OpenAPI document", () => {
  it("is there for everybody and describes what is served", async () => {
    const response = await get("/openapi.json");
    expect(response.status).toBe(200);
    const document = (await response.json()) as {
      openapi: string;
      paths: Record<string, Record<string, { responses: object; operationId: string }>>;
    };
    expect(document.openapi).toBe("3.1.0");
    expect(document.paths["/admin/v1/clients/{client_id}"]).toHaveProperty("patch");
    const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((operation) => operation.operationId));
    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.stringify(document)).not.toContain('"$schema"');
  });
});
