// Real: HTTP, the whole server, SQLite event store and read model, keys; a person who logs in and consents. Fake: nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { introspect, obtainTokens, refresh, register, startTestPlatform, type Registered, type TestPlatform } from "@grantline/testing";

interface Grant {
  readonly grant_id: string;
  readonly subject: string;
  readonly client_id: string;
  readonly status: string;
  readonly live: boolean;
  readonly [member: string]: unknown;
}
interface Server {
  readonly resource_id: string;
  readonly client_id: string;
  readonly client_secret: string;
}
let platform: TestPlatform;
let server: Server;
const uri = () => `${platform.origin}/mcp`;
beforeAll(async () => {
  platform = await startTestPlatform({ env: { GRANTLINE_DEV_USERS: "ada:ada-password,bob:bob-password" } });
  server = await platform.admin.resource(uri(), ["read", "write"]);
});
afterAll(() => platform.close());

const list = async (query: string) => (await platform.admin.call<{ items: Grant[]; next_cursor?: string }>("GET", `/grants${query}`)).items;
const authorize = (client: Registered, username = "ada") =>
  obtainTokens(platform.person(), {
    issuer: platform.issuer,
    client,
    resource: uri(),
    scope: "read",
    username,
    password: `${username}-password`,
  });
const active = async (token: string) => (await introspect(platform.issuer, server, token)).active;
const status = async (method: string, path: string, body?: object) => (await platform.admin.raw(method, path, body)).status;

describe("grants", () => {
  it("are listed by client, subject, resource and status, the moment they are there", async () => {
    const client = await register(platform.issuer);
    const tokens = await authorize(client);
    const [grant, ...others] = await list(`?client_id=${client.client_id}`);
    expect(others).toEqual([]);
    expect(grant).toMatchObject({
      client_id: client.client_id,
      status: "active",
      live: true,
      entity: "human",
      resources: [{ id: server.resource_id, uri: uri(), scopes: ["read"] }],
      rotations: 0,
    });
    expect(grant?.["scope"]).toContain("read");
    expect((await list(`?subject=${grant?.subject}`)).map(({ grant_id: id }) => id)).toContain(grant?.grant_id);
    expect((await list(`?resource=${encodeURIComponent(uri())}&status=active`)).map(({ grant_id: id }) => id)).toContain(grant?.grant_id);
    expect(await list(`?client_id=${client.client_id}&status=revoked`)).toEqual([]);
    await refresh(platform.issuer, client, tokens.refresh_token ?? "");
    expect(await platform.admin.call("GET", `/grants/${grant?.grant_id}`)).toMatchObject({ rotations: 1 });
    expect(JSON.stringify(grant)).not.toMatch(/hash|nonce|gl_/);
  });

  it("are revoked one by one", async () => {
    const client = await register(platform.issuer);
    const [gone, kept] = [await authorize(client), await authorize(client)];
    const grants = await list(`?client_id=${client.client_id}`);
    expect(grants).toHaveLength(2);
    const actives = async () => [await active(gone.access_token), await active(kept.access_token)];
    expect(await actives()).toEqual([true, true]);
    expect(await status("DELETE", `/grants/${grants[0]?.grant_id}`)).toBe(204);
    expect((await actives()).filter(Boolean)).toHaveLength(1);
    expect(await platform.admin.call("GET", `/grants/${grants[0]?.grant_id}`)).toMatchObject({
      status: "revoked",
      reason: "admin",
      live: false,
    });
    expect(await status("DELETE", `/grants/${grants[0]?.grant_id}`)).toBe(204);
    for (const method of ["GET", "DELETE"]) expect(await status(method, "/grants/nothing")).toBe(404);
  });

  it.each(["client_id", "subject", "resource"] as const)("are revoked all at once by %s, by one event", async (by) => {
    const client = await register(platform.issuer);
    const tokens = [await authorize(client), await authorize(client)];
    const [grant] = await list(`?client_id=${client.client_id}`);
    const value = { client_id: client.client_id, subject: grant?.subject ?? "", resource: uri() }[by];
    expect(await status("DELETE", `/grants?${by}=${encodeURIComponent(value)}`)).toBe(204);
    for (const { access_token: access, refresh_token: again = "" } of tokens) {
      expect(await active(access)).toBe(false);
      expect((await refresh(platform.issuer, client, again)).status).toBe(400);
    }
    expect((await list(`?client_id=${client.client_id}`)).every(({ live }) => !live)).toBe(true);
    expect(await active((await authorize(client)).access_token)).toBe(true);
  });

  it("are not revoked by a filter that could mean anything", async () => {
    expect(await status("DELETE", "/grants")).toBe(400);
    expect(await status("DELETE", "/grants?client_id=a&subject=b")).toBe(400);
    expect(await status("DELETE", "/grants?client=a")).toBe(400);
    for (const filter of ["client_id=nobody", "subject=nobody", "resource=https://nowhere.example"])
      expect(await status("DELETE", `/grants?${filter}`)).toBe(404);
  });
});

describe("consents", () => {
  it("are listed for a person, and withdrawn with what rests on them", async () => {
    const client = await register(platform.issuer);
    const tokens = await authorize(client, "bob");
    const [grant] = await list(`?client_id=${client.client_id}`);
    const consents = `/subjects/${grant?.subject}/consents`;
    const { items } = await platform.admin.call<{ items: { client_id: string; scopes: object }[] }>("GET", consents);
    expect(items).toMatchObject([{ client_id: client.client_id, scopes: { [server.resource_id]: ["read"] } }]);
    expect(await status("DELETE", `${consents}/${client.client_id}`)).toBe(204);
    expect(await active(tokens.access_token)).toBe(false);
    expect((await platform.admin.call<{ items: unknown[] }>("GET", consents)).items).toEqual([]);
    expect(await status("DELETE", `${consents}/nobody`)).toBe(404);
  });
});

describe("subjects", () => {
  const subjectOf = async (username: string) => {
    const client = await register(platform.issuer);
    const tokens = await authorize(client, username);
    const [grant] = await list(`?client_id=${client.client_id}`);
    return { subject: grant?.subject ?? "", tokens, client };
  };

  it("are shown without their names (P9)", async () => {
    const { subject } = await subjectOf("ada");
    expect(await platform.admin.call("GET", `/subjects/${subject}`)).toEqual({
      subject,
      status: "active",
      generation: expect.any(Number) as number,
      groups: [],
    });
    const { items } = await platform.admin.call<{ items: { subject: string }[] }>("GET", "/subjects?status=active");
    expect(items.map((item) => item.subject)).toContain(subject);
    // as a word: a subject is 32 hex digits, and one in a hundred has these three in it
    expect(JSON.stringify(items)).not.toMatch(/\bada\b/);
    expect(await status("GET", "/subjects/nobody")).toBe(404);
  });

  it("are disabled at once, and enabled without what they held", async () => {
    const { subject, tokens, client } = await subjectOf("ada");
    expect(await platform.admin.call("POST", `/subjects/${subject}/disable`, { reason: "left" })).toMatchObject({
      status: "disabled",
      reason: "left",
    });
    expect(await active(tokens.access_token)).toBe(false);
    await expect(authorize(client, "ada")).rejects.toThrow(/./);
    expect(await platform.admin.call("POST", `/subjects/${subject}/enable`)).toMatchObject({ status: "active" });
    expect(await active(tokens.access_token)).toBe(false);
    expect(await active((await authorize(client, "ada")).access_token)).toBe(true);
  });

  it("lose everything by revoke-all", async () => {
    const { subject, tokens } = await subjectOf("ada");
    const before = await platform.admin.call<{ generation: number }>("GET", `/subjects/${subject}`);
    expect(await platform.admin.call("POST", `/subjects/${subject}/revoke-all`)).toMatchObject({ generation: before.generation + 1 });
    expect(await active(tokens.access_token)).toBe(false);
  });

  it("are erased: the person comes back as somebody new (P9)", async () => {
    const { subject, tokens } = await subjectOf("bob");
    expect(await platform.admin.call("POST", `/subjects/${subject}/erase`)).toEqual({
      subject,
      status: "erased",
      generation: expect.any(Number) as number,
    });
    expect(await platform.admin.call("POST", `/subjects/${subject}/erase`)).toMatchObject({ status: "erased" });
    expect(await active(tokens.access_token)).toBe(false);
    expect(await status("POST", `/subjects/${subject}/enable`)).toBe(409);
    expect((await subjectOf("bob")).subject).not.toBe(subject);
  });
});
