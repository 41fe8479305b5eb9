// Real: HTTP, the whole server, SQLite event store and read model, keys; started several times on one folder. Fake: nothing.
import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_SECRET, postForm, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { bootstrap } from "./bootstrap.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const start = async (env: Record<string, string>, dataDir?: string): Promise<TestPlatform> => {
  const platform = await startTestPlatform({ env, ...(dataDir === undefined ? {} : { dataDir }) });
  folders.push(platform.dataDir);
  return platform;
};
const login = async (platform: TestPlatform, secret: string) =>
  (
    await postForm(
      `${platform.issuer}/token`,
      { grant_type: "client_credentials", scope: "grantline:admin" },
      { authorization: `Basic ${Buffer.from(`grantline-admin:${secret}`).toString("base64")}` },
    )
  ).status;
const head = (platform: TestPlatform) => platform.context.store.head();
const resources = async (platform: TestPlatform) =>
  (await platform.admin.call<{ items: { uri: string; scopes: { name: string }[] }[] }>("GET", "/resources")).items;

describe("a start", () => {
  it("puts in place what is missing, and appends nothing when nothing changed", async () => {
    const issuer = { GRANTLINE_ISSUER: "http://localhost:8080/oauth" };
    const env = { ...issuer, GRANTLINE_RESOURCES: "https://mcp.example/mcp=read write" };
    const first = await start(env);
    const before = await head(first);
    await bootstrap(first.context, first.config);
    expect(await head(first)).toBe(before);
    const { state } = await first.context.clients.load("grantline-admin");
    expect(state).toMatchObject({ how: "bootstrap", verification: "operator" });
    const { state: cli } = await first.context.clients.load("grantline-cli");
    expect(cli).toMatchObject({ how: "bootstrap", metadata: { token_endpoint_auth_method: "none" } });
    await first.close({ keepData: true });
    const second = await start(env, first.dataDir);
    const events = await second.context.store.readAll(before, 100);
    expect(events.filter(({ stream }) => stream.startsWith("client-") || stream.startsWith("resource-"))).toEqual([]);
    await second.close({ keepData: true });
  });

  it("of several processes at once succeeds in all of them, and puts each resource in place once", async () => {
    const platform = await start({});
    const uri = "https://mcp.example/at-once";
    const settings = { people: {}, resources: { declared: [{ uri, scopes: [{ name: "read" }] }] } };
    await Promise.all(Array.from({ length: 8 }, () => bootstrap(platform.context, settings)));
    expect((await resources(platform)).filter((resource) => resource.uri === uri)).toHaveLength(1);
    const events = await platform.context.store.readAll("0", 1_000, { types: ["ResourceRegistered"] });
    expect(events.filter(({ body }) => body.includes(uri))).toHaveLength(1);
    await platform.close({ keepData: true });
  });

  it("follows changed resources, and leaves what the settings do not say", async () => {
    const platform = await start({ GRANTLINE_RESOURCES: "https://mcp.example/mcp=read" });
    const uri = "https://mcp.example/mcp";
    const declared = (scopes: readonly string[], more: object = {}) => ({
      people: {},
      resources: { declared: [{ uri, scopes: scopes.map((name) => ({ name })), ...more }] },
    });
    await bootstrap(platform.context, declared(["read", "write"], { tokenFormat: "opaque", accessTokenLifetime: 60, alg: "ES256" }));
    expect((await resources(platform)).find((resource) => resource.uri === uri)).toMatchObject({
      scopes: [{ name: "read", description: "read" }, { name: "write" }],
      token_policy: { format: "opaque", access_token_lifetime: 60, alg: "ES256" },
    });
    await bootstrap(platform.context, declared(["read"], { name: "New", policy: { rules: [] } }));
    expect((await resources(platform)).find((resource) => resource.uri === uri)).toMatchObject({
      token_policy: { format: "opaque" },
      access_policy: { rules: [] },
    });
    await platform.close({ keepData: true });
  });

  it("lets the admin secret follow its setting", async () => {
    const platform = await start({});
    const settings = (adminSecret?: string) => ({ people: { adminSecret }, resources: { declared: [] } });
    expect(await login(platform, ADMIN_SECRET)).toBe(200);
    expect(await bootstrap(platform.context, settings("another-admin-secret-of-32-chars"))).toEqual({});
    expect([await login(platform, ADMIN_SECRET), await login(platform, "another-admin-secret-of-32-chars")]).toEqual([401, 200]);
    expect(await bootstrap(platform.context, settings())).toEqual({});
    expect(await login(platform, "another-admin-secret-of-32-chars")).toBe(200);
    await platform.close({ keepData: true });
  });

  it("makes a secret once where none is set, and respects an operator who took the client away", async () => {
    const { context, ...platform } = await start({ GRANTLINE_ADMIN_SECRET: "" });
    const again = await bootstrap(context, { people: {}, resources: { declared: [] } });
    expect(again).toEqual({});
    const meta = { correlationId: "c", actor: { kind: "operator", id: "o" } } as const;
    await context.clients.execute("grantline-admin", { kind: "delete", now: context.clock.now(), reason: "admin" }, meta);
    expect(await bootstrap(context, { people: { adminSecret: "x".repeat(32) }, resources: { declared: [] } })).toEqual({});
    expect((await context.clients.load("grantline-admin")).state.status).toBe("deleted");
    await platform.close({ keepData: true });
  });

  it("refuses to open a declared resource to everybody in production (P14)", async () => {
    const platform = await start({});
    const context = { ...platform.context, settings: { ...platform.context.settings, production: true } };
    await expect(
      bootstrap(context, { people: {}, resources: { declared: [{ uri: "https://mcp.example/prod", scopes: [] }] } }),
    ).rejects.toMatchObject({ id: "access-policy-required" });
    await platform.close({ keepData: true });
  });
});
