// Real: HTTP, the whole server, SQLite event store and read model, keys. Fake: nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postForm, register, startTestPlatform, type TestPlatform } from "@grantline/testing";

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
  readonly status: string;
  readonly generation: number;
  readonly secrets: readonly { readonly id: string; readonly expires_at?: number }[];
  readonly settings: Record<string, unknown>;
  readonly [member: string]: unknown;
}
let platform: TestPlatform;
let now = 1_900_000_000;
const mcp = () => `${platform.origin}/mcp`;
beforeAll(async () => {
  platform = await startTestPlatform({ frozenAt: now });
  await platform.admin.resource(mcp(), ["read", "write"]);
});
afterAll(() => platform.close());

const service = { client_name: "Worker", grant_types: ["client_credentials"] };
const create = (body: object = service) => platform.admin.call<Client>("POST", "/clients", body);
const read = (id: string) => platform.admin.call<Client>("GET", `/clients/${id}`);
const status = async (method: string, path: string, body?: object) => (await platform.admin.raw(method, path, body)).status;
const tokenWith = async (id: string, secret: string) => {
  const response = await postForm(
    `${platform.issuer}/token`,
    { grant_type: "client_credentials", resource: mcp() },
    { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` },
  );
  return [response.status, ((await response.json()) as { access_token?: string; error?: string }).error ?? "ok"];
};

describe("clients", () => {
  it("are registered with a secret that is shown once", async () => {
    const response = await platform.admin.raw("POST", "/clients", {
      ...service,
      settings: { access_token_lifetime: 120, entity: "agent", allowed_resources: [mcp()] },
    });
    expect(response.status).toBe(201);
    const client = (await response.json()) as Client;
    expect(response.headers.get("location")).toBe(`/admin/v1/clients/${client.client_id}`);
    expect(client).toMatchObject({
      client_name: "Worker",
      status: "active",
      how: "admin",
      verification: "operator",
      created_at: now,
      generation: 0,
      settings: { access_token_lifetime: 120, entity: "agent" },
    });
    expect(await tokenWith(client.client_id, client.client_secret)).toEqual([200, "ok"]);
    const again = await read(client.client_id);
    expect(again).not.toHaveProperty("client_secret");
    expect(JSON.stringify(again)).not.toContain("hash");
  });

  it("may have an id an operator chose, once for ever", async () => {
    expect(await create({ ...service, client_id: "chosen-1" })).toMatchObject({ client_id: "chosen-1" });
    expect(await status("POST", "/clients", { ...service, client_id: "chosen-1" })).toBe(409);
    await platform.admin.call("DELETE", "/clients/chosen-1");
    expect(await status("POST", "/clients", { ...service, client_id: "chosen-1" })).toBe(409);
    for (const client_id of ["x", "A-b", "a/b", `u${"0".repeat(32)}`, "a".repeat(65)])
      expect(await status("POST", "/clients", { ...service, client_id })).toBe(400);
  });

  it("go by the rules every client goes by, private-use schemes apart", async () => {
    expect(await status("POST", "/clients", { redirect_uris: ["http://evil.example/cb"] })).toBe(400);
    expect(await status("POST", "/clients", { redirect_uris: ["javascript:x"] })).toBe(400);
    expect(await status("POST", "/clients", {})).toBe(400);
    expect(await create({ redirect_uris: ["cursor://anysphere/cb"], token_endpoint_auth_method: "none" })).toMatchObject({
      redirect_uris: ["cursor://anysphere/cb"],
      secrets: [],
    });
  });

  it("are changed in part: what is null goes, what is not named stays", async () => {
    const { client_id: id } = await create({
      ...service,
      tos_uri: "https://a.example/tos",
      settings: { requests_per_minute: 10, entity: "agent" },
    });
    const changed = await platform.admin.call<Client>("PATCH", `/clients/${id}`, {
      client_name: "Renamed",
      tos_uri: null,
      settings: { entity: null, access_token_format: "opaque" },
    });
    expect(changed).toMatchObject({
      client_name: "Renamed",
      grant_types: ["client_credentials"],
      settings: { requests_per_minute: 10, access_token_format: "opaque" },
    });
    expect(changed).not.toHaveProperty("tos_uri");
    expect(changed.settings).not.toHaveProperty("entity");
    const events = await platform.admin.call<{ items: unknown[] }>("GET", `/events?stream=client-${id}`);
    await platform.admin.call("PATCH", `/clients/${id}`, { client_name: "Renamed" });
    expect((await platform.admin.call<{ items: unknown[] }>("GET", `/events?stream=client-${id}`)).items).toHaveLength(events.items.length);
    expect((await platform.admin.call<Client>("PATCH", `/clients/${id}`, { settings: null })).settings).toEqual({});
  });

  it("are replaced as a whole by PUT", async () => {
    const { client_id: id } = await create({ ...service, settings: { requests_per_minute: 10 } });
    expect(
      await platform.admin.call("PUT", `/clients/${id}`, { redirect_uris: ["https://b.example/cb"], token_endpoint_auth_method: "none" }),
    ).toMatchObject({ redirect_uris: ["https://b.example/cb"], grant_types: ["authorization_code"], settings: {}, secrets: [] });
    expect(await status("PUT", `/clients/${id}`, { client_id: "other-id", redirect_uris: ["https://b.example/cb"] })).toBe(400);
    expect(await platform.admin.call("PUT", `/clients/${id}`, { client_id: id, ...service })).toHaveProperty("client_secret");
    expect(await status("PUT", "/clients/nobody", service)).toBe(404);
  });

  it("get a new secret while the old one overlaps", async () => {
    const client = await create();
    const rotated = await platform.admin.call<{ client_secret: string; secret_id: string; overlap_ends_at: number }>(
      "POST",
      `/clients/${client.client_id}/secrets`,
      { overlap_seconds: 60 },
    );
    expect(rotated.overlap_ends_at).toBe(now + 60);
    for (const secret of [client.client_secret, rotated.client_secret])
      expect(await tokenWith(client.client_id, secret)).toEqual([200, "ok"]);
    platform.advance(61);
    now += 61;
    expect(await tokenWith(client.client_id, client.client_secret)).toEqual([401, "invalid_client"]);
    expect(await tokenWith(client.client_id, rotated.client_secret)).toEqual([200, "ok"]);
    expect((await read(client.client_id)).secrets).toEqual([{ id: rotated.secret_id, issued_at: now - 61 }]);
    const last = await platform.admin.call<{ client_secret: string }>("POST", `/clients/${client.client_id}/secrets`, {
      overlap_seconds: 0,
    });
    expect(await tokenWith(client.client_id, rotated.client_secret)).toEqual([401, "invalid_client"]);
    expect(await tokenWith(client.client_id, last.client_secret)).toEqual([200, "ok"]);
  });

  it("hold at most five secrets, and public ones none", async () => {
    const { client_id: id } = await create();
    for (let n = 0; n < 4; n += 1) expect(await status("POST", `/clients/${id}/secrets`)).toBe(201);
    expect(await status("POST", `/clients/${id}/secrets`)).toBe(409);
    expect(await status("POST", `/clients/${id}/secrets`, { overlap_seconds: 0 })).toBe(201);
    const open = await create({ redirect_uris: ["https://a.example/cb"], token_endpoint_auth_method: "none" });
    expect(await status("POST", `/clients/${open.client_id}/secrets`)).toBe(409);
  });

  it("are suspended at once, and reinstated without what they held", async () => {
    const client = await create();
    expect(await platform.admin.call("POST", `/clients/${client.client_id}/suspend`, { reason: "abuse" })).toMatchObject({
      status: "suspended",
      reason: "abuse",
      generation: 1,
    });
    expect(await tokenWith(client.client_id, client.client_secret)).toEqual([401, "invalid_client"]);
    expect(await platform.admin.call("POST", `/clients/${client.client_id}/reinstate`)).toMatchObject({ status: "active", generation: 1 });
    expect(await status("POST", `/clients/${client.client_id}/reinstate`)).toBe(409);
    expect(await platform.admin.call("POST", `/clients/${client.client_id}/revoke-all`)).toMatchObject({ generation: 2 });
  });

  it("are deleted for good, and still listed as deleted", async () => {
    const { client_id: id } = await create();
    expect(await status("DELETE", `/clients/${id}`)).toBe(204);
    expect(await read(id)).toMatchObject({ client_id: id, status: "deleted", reason: "admin" });
    for (const [method, path] of [
      ["DELETE", ""],
      ["PATCH", ""],
      ["POST", "/suspend"],
      ["POST", "/secrets"],
    ] as const)
      expect(await status(method, `/clients/${id}${path}`, method === "DELETE" ? undefined : {})).toBe(404);
    expect(await status("GET", "/clients/nobody")).toBe(404);
  });

  it("that belong to a resource go with their resource", async () => {
    const { items } = await platform.admin.call<{ items: Client[] }>("GET", "/clients?how=resource");
    expect(await status("DELETE", `/clients/${items[0]?.client_id}`)).toBe(409);
  });

  it("are listed page by page, by status and by how they came", async () => {
    const mine = await register(platform.issuer);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await platform.admin.call<{ items: Client[]; next_cursor?: string }>(
        "GET",
        `/clients?limit=2${cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ client_id: id }) => id));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain(mine.client_id);
    expect((await platform.admin.call<{ items: Client[] }>("GET", "/clients?how=dcr")).items).toMatchObject([
      { client_id: mine.client_id, verification: "dcr", unused_expires_at: expect.any(Number) as number },
    ]);
    expect(
      (await platform.admin.call<{ items: Client[] }>("GET", "/clients?status=deleted")).items.every(
        (client) => client.status === "deleted",
      ),
    ).toBe(true);
  });
});
