// Real: HTTP, the whole server, SQLite event store and read model, keys. Fake: nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { introspect, startTestPlatform, type TestPlatform } from "@grantline/testing";

interface Resource {
  readonly resource_id: string;
  readonly client_id: string;
  readonly client_secret: string;
  readonly [member: string]: unknown;
}
let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform.close());

const scopes = [
  { name: "read", description: "May read", default: true },
  { name: "write", description: "May write" },
];
const create = (body: object) => platform.admin.call<Resource>("POST", "/resources", { name: "Server", scopes, ...body });
const status = async (method: string, path: string, body?: object) => (await platform.admin.raw(method, path, body)).status;

describe("resources", () => {
  it("come with the client that introspects their tokens, its secret shown once", async () => {
    const resource = await create({ uri: "https://mcp.example/mcp", token_policy: { format: "opaque", access_token_lifetime: 300 } });
    expect(resource).toMatchObject({
      uri: "https://mcp.example/mcp",
      name: "Server",
      scopes,
      generation: 0,
      client_id: expect.stringMatching(/^rs-/) as string,
      client_secret: expect.stringMatching(/^gl_cs_/) as string,
      token_policy: { format: "opaque", access_token_lifetime: 300 },
      access_policy: {
        rules: [
          { subjects: { any: true }, entities: ["human", "service", "agent"], verification: ["operator", "cimd", "dcr"], scopes: ["*"] },
        ],
      },
    });
    expect(await platform.admin.call("GET", `/clients/${resource.client_id}`)).toMatchObject({
      how: "resource",
      grant_types: [],
      settings: { introspects: [resource.resource_id] },
    });
    expect((await introspect(platform.issuer, resource, "nothing")).active).toBe(false);
    expect(await platform.admin.call("GET", `/resources/${resource.resource_id}`)).not.toHaveProperty("client_secret");
  });

  it("are registered once, and again after they were removed", async () => {
    const uri = "https://mcp.example/once";
    const first = await create({ uri });
    expect(await status("POST", "/resources", { uri, name: "Other" })).toBe(409);
    expect(await status("DELETE", `/resources/${first.resource_id}`)).toBe(204);
    expect(await platform.admin.call("GET", `/clients/${first.client_id}`)).toMatchObject({ status: "deleted" });
    for (const method of ["GET", "DELETE"]) expect(await status(method, `/resources/${first.resource_id}`)).toBe(404);
    expect(await create({ uri })).toMatchObject({ resource_id: first.resource_id, generation: 1 });
    expect(await status("POST", "/resources", { uri, name: "Other" })).toBe(409);
  });

  it("are registered once when twenty ask at the same time", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => platform.admin.raw("POST", "/resources", { uri: "https://mcp.example/race", name: "Race" })),
    );
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
  });

  it.each([
    "relative",
    "/mcp",
    "https://mcp.example/mcp#x",
    "https://user@mcp.example/mcp",
    "http://mcp.example/mcp",
    "ftp://mcp.example/",
    "https://MCP.example/mcp",
    "https://mcp.example:443/mcp",
    "https://mcp.example/a/../b",
    "https://mcp.example/a b",
    "",
  ])("can't be %j", async (uri) => {
    expect(await status("POST", "/resources", { uri, name: "Server" })).toBe(400);
  });

  it("can't be this server itself", async () => {
    for (const uri of [platform.issuer, `${platform.origin}/admin/v1`])
      expect(await status("POST", "/resources", { uri, name: "Server" })).toBe(400);
  });

  it("may be local or a bare origin", async () => {
    for (const uri of ["http://localhost:3999/mcp", "https://bare.example", "https://bare.example/"])
      expect(await create({ uri })).toMatchObject({ uri });
  });

  it("define scopes that are theirs to define", async () => {
    const { resource_id: id } = await create({ uri: "https://mcp.example/scopes" });
    expect(
      await platform.admin.call("PUT", `/resources/${id}/scopes`, { scopes: [{ name: "tools", description: "Use tools" }] }),
    ).toMatchObject({ scopes: [{ name: "tools" }] });
    for (const name of ["grantline:admin", "openid", "a b", 'a"b', ""])
      expect(await status("PUT", `/resources/${id}/scopes`, { scopes: [{ name, description: "x" }] })).toBe(400);
    expect(await status("PUT", `/resources/${id}/scopes`, { scopes: [scopes[0], scopes[0]] })).toBe(400);
  });

  it("have policies that can be replaced", async () => {
    const { resource_id: id } = await create({ uri: "https://mcp.example/policies" });
    const policy = {
      rules: [
        { subjects: { groups: ["staff"] }, entities: ["human"], verification: ["operator"], scopes: ["read"] },
        { subjects: { claim: { name: "dept", values: ["a"] } }, entities: ["agent"], verification: ["cimd"], scopes: ["*"] },
      ],
    };
    expect(await platform.admin.call("PUT", `/resources/${id}/access-policy`, policy)).toMatchObject({ access_policy: policy });
    expect(await status("PUT", `/resources/${id}/access-policy`, { rules: [{ ...policy.rules[0], subjects: {} }] })).toBe(400);
    expect(await platform.admin.call("PUT", `/resources/${id}/token-policy`, { alg: "ES256" })).toMatchObject({
      token_policy: { alg: "ES256" },
    });
    expect(await platform.admin.call("POST", `/resources/${id}/revoke-all`)).toMatchObject({ generation: 1 });
    expect(await status("PUT", "/resources/unknown/token-policy", {})).toBe(404);
  });

  it("are listed, and found by uri", async () => {
    const { items } = await platform.admin.call<{ items: Resource[] }>("GET", "/resources?limit=100");
    expect(items.map(({ uri }) => uri)).toContain(`${platform.origin}/admin/v1`);
    expect(
      (await platform.admin.call<{ items: Resource[] }>("GET", `/resources?uri=${encodeURIComponent("https://mcp.example/mcp")}`)).items,
    ).toHaveLength(1);
  });

  it("can't include the admin API among those removed", async () => {
    const { items } = await platform.admin.call<{ items: Resource[] }>(
      "GET",
      `/resources?uri=${encodeURIComponent(`${platform.origin}/admin/v1`)}`,
    );
    expect(await status("DELETE", `/resources/${items[0]?.resource_id}`)).toBe(409);
  });
});
