// Real: the whole server over HTTP.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basic, postForm, startTestPlatform, type TestPlatform } from "@grantline/testing";

let platform: TestPlatform;
const url = "https://mcp.example/mcp";

beforeAll(async () => {
  platform = await startTestPlatform({ env: { GRANTLINE_SECRETS_ORDER: "file" } });
});
afterAll(() => platform.close());

interface Shown {
  readonly resource: { readonly resource_id: string; readonly uri: string };
  readonly [member: string]: unknown;
}
const add = (body: object) => platform.admin.call<Shown>("POST", "/servers", body);
const status = async (method: string, path: string, body?: object): Promise<number> => {
  const response = await platform.admin.raw(method, path, body);
  await response.body?.cancel();
  return response.status;
};
const resource = (id: string) =>
  platform.admin.call<{ scopes: { name: string; default?: boolean }[]; status?: string }>("GET", `/resources/${id}`);

describe("the registry of servers", () => {
  it("adds a server, and the resource its tokens are for", async () => {
    const added = await add({
      name: "notes",
      url,
      scopes: ["notes:read"],
      policy: { tools: { deny: ["wipe"], scopes: { write: ["notes:write"] } }, rate_per_minute: 60, timeout_ms: 5_000 },
    });
    expect(added).toMatchObject({
      name: "notes",
      url,
      provider: "discovered",
      authorization: "oauth",
      policy: { tools: { deny: ["wipe"], scopes: { write: ["notes:write"] } }, rate_per_minute: 60, timeout_ms: 5_000 },
      mcp_endpoint: `${platform.origin}/mcp/notes`,
      resource: { uri: `${platform.origin}/mcp/notes` },
    });
    const { scopes } = await resource(added.resource.resource_id);
    expect(scopes.map(({ name, default: first }) => [name, first])).toEqual([
      ["mcp:use", true],
      ["notes:write", undefined],
    ]);
    expect(await platform.admin.call("GET", "/servers/notes")).toEqual(added);
    expect(await platform.admin.call<{ items: object[] }>("GET", "/servers")).toEqual({ items: [added] });
    expect(await platform.platform.upstream.servers.find("notes")).toMatchObject({
      name: "notes",
      policy: { ratePerMinute: 60, timeoutMs: 5_000 },
    });
  });

  it("takes a name once, and only names", async () => {
    expect(await status("POST", "/servers", { name: "notes", url })).toBe(409);
    for (const name of ["", "Notes", "a--b", "-a", "a_b", "../a", "a".repeat(49), "n%00"]) {
      expect(await status("POST", "/servers", { name, url })).toBe(400);
      expect(await platform.platform.upstream.servers.find(name)).toBeUndefined();
    }
  });

  it.each<[string, object]>([
    ["neither place", {}],
    ["both places", { url, stdio: { command: "x" } }],
    ["a place that is no web address", { url: "file:///etc/passwd" }],
    ["a place with a password", { url: "https://a:b@mcp.example/" }],
    ["a provider nobody has set up", { url, provider: "nobody" }],
    ["another one's secret", { url, client: { client_id: "x", secret_name: "oauth/github/app/client-secret" } }],
    ["a program that wants tokens", { stdio: { command: "x" }, authorization: "oauth" }],
    ["a value of the environment", { stdio: { command: "x", env: ["A=b"] }, authorization: "none" }],
    ["a member nobody knows", { url, skip_consent: true }],
  ])("refuses %s, and adds nothing", async (_what, body) => {
    expect(await status("POST", "/servers", { name: "odd", ...body })).toBe(400);
    expect(await status("GET", "/servers/odd")).toBe(404);
  });

  /** An operator of servers and of nothing else. */
  async function registrar(): Promise<(method: string, path: string, body?: object) => Promise<number>> {
    const client = await platform.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
      client_name: "registry",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "client_secret_basic",
      settings: { allowed_scopes: ["grantline:servers"], default_resource: `${platform.origin}/admin/v1` },
    });
    const answer = await postForm(
      `${platform.issuer}/token`,
      { grant_type: "client_credentials", scope: "grantline:servers" },
      { authorization: basic(client.client_id, client.client_secret) },
    );
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return async (method, path, body) => {
      const response = await fetch(`${platform.origin}/admin/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      await response.body?.cancel();
      return response.status;
    };
  }

  it("lets nobody name a program who is not a full administrator", async () => {
    const call = await registrar();
    const program = { name: "shell", stdio: { command: "sh" }, authorization: "none" };
    expect(await call("POST", "/servers", program)).toBe(403);
    expect(await call("POST", "/servers", { name: "mine", url })).toBe(201);
    expect(await add(program)).toMatchObject({ stdio: { command: "sh", args: [], env: [] } });
  });

  it("lets nobody take a secret of its name to another place who is not a full administrator (P14)", async () => {
    const call = await registrar();
    const elsewhere = "https://elsewhere.example/mcp";
    const held = [
      { name: "fixed", authorization: "static" },
      { name: "known", client: { client_id: "x", secret_name: "oauth/discovered/known/client-secret" } },
    ];
    for (const { name, ...more } of held) {
      expect(await call("POST", "/servers", { name, url, ...more })).toBe(201);
      expect(await call("PUT", `/servers/${name}`, { url, ...more, scopes: ["more"] })).toBe(200);
      expect(await call("PUT", `/servers/${name}`, { url: elsewhere, ...more })).toBe(403);
      // nor on the way round: moved without it, or removed, and taken up again
      expect(await call("PUT", `/servers/${name}`, { url: elsewhere, authorization: "none" })).toBe(200);
      expect(await call("PUT", `/servers/${name}`, { url: elsewhere, ...more })).toBe(403);
      expect(await call("DELETE", `/servers/${name}`)).toBe(204);
      expect(await call("POST", "/servers", { name, url: elsewhere, ...more })).toBe(403);
      expect(await status("POST", "/servers", { name, url: elsewhere, ...more })).toBe(201);
    }
  });

  it("changes a server as a whole, and of its resource what is said", async () => {
    const { resource: known } = await add({
      name: "mail",
      url,
      resource: { scopes: [{ name: "mail", description: "Mail", default: true }] },
    });
    const changed = await platform.admin.call("PUT", "/servers/mail", { url, policy: { tools: { scopes: { send: ["send"] } } } });
    expect(changed).toMatchObject({ scopes: [], resource: known });
    expect((await resource(known.resource_id)).scopes.map(({ name }) => name)).toEqual(["mail", "send"]);
    expect(await status("PUT", "/servers/unknown", { url })).toBe(404);
  });

  it("removes a server with its resource, again if need be, and takes it back", async () => {
    const added = await add({ name: "gone", url });
    expect(await status("DELETE", "/servers/gone")).toBe(204);
    expect(await status("DELETE", "/servers/gone")).toBe(204);
    expect(await status("GET", "/servers/gone")).toBe(404);
    expect(await status("GET", `/resources/${added.resource.resource_id}`)).toBe(404);
    expect(await platform.platform.upstream.servers.find("gone")).toBeUndefined();
    expect(await add({ name: "gone", url })).toMatchObject({ resource: added.resource });
    expect(await status("DELETE", "/servers/never")).toBe(404);
  });

  it("makes whole what a first try left half done", async () => {
    const { resource: left } = await add({ name: "half", url });
    await platform.admin.call("DELETE", "/servers/half");
    await platform.admin.call("POST", "/resources", { uri: left.uri, name: "half" });
    expect(await add({ name: "half", url })).toMatchObject({ resource: left });
  });

  it("opens to its own scope alone", async () => {
    const response = await fetch(`${platform.origin}/admin/v1/servers`);
    expect(response.status).toBe(401);
  });
});
