// Real: SQLite event store, issuance writer, deciders, keyring. Fake: clock, security log.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aClient, type Answer, aResource, basic, eventsOf, openWorld, send, type World } from "../../testing/world.ts";
import { introspectionEndpoints } from "../../introspection/index.ts";
import { tokenEndpoints } from "../../token/index.ts";

const MCP = "https://mcp.test/mcp";
const SELF = "https://self.test/mcp";
const PLAIN = "https://plain.test/mcp";
const ADMIN = "http://as.test/admin/v1";
let world: World;

beforeAll(async () => {
  world = await openWorld();
  await aResource(world, MCP, { scopes: ["read", "write", "delete"] });
  await aResource(world, PLAIN, { scopes: [] });
  await aResource(world, SELF, { scopes: ["read"], policy: { rules: [] } });
  const operators = { subjects: { any: true as const }, entities: ["service", "agent"] as const, verification: ["operator"] as const };
  await aResource(world, ADMIN, {
    scopes: ["grantline:admin", "grantline:introspect"],
    policy: { rules: [{ ...operators, scopes: ["grantline:admin", "grantline:introspect"] }] },
  });
  await aClient(world, "job", { secret: "s", settings: { allowedScopes: ["read", "write"] } });
  await aClient(world, "free", {
    secret: "s",
    settings: { defaultResource: MCP, entity: "agent", accessTokenFormat: "jwt", accessTokenLifetime: 60 },
  });
  await aClient(world, "boss", { secret: "s", settings: { allowedScopes: ["grantline:admin"] } });
  await aClient(world, "fenced", { secret: "s", settings: { allowedResources: [] } });
  await aClient(world, "self-made", { secret: "s", how: "dcr" });
  await aClient(world, "nameless", { metadata: { grant_types: ["client_credentials"] } });
  await aClient(world, "rs", { secret: "rs" });
});
afterAll(() => world.close());

const ask = (id: string, form: Record<string, string | readonly string[]> = {}): Promise<Answer> =>
  send(tokenEndpoints(world.context), "/oauth/token", { grant_type: "client_credentials", ...form }, basic(id, "s"));
const refused = (answer: Answer) => [answer.status, answer.body["error"], answer.reason];

describe("client_credentials", () => {
  it("gives a token for the client itself, recorded before it is answered (P1)", async () => {
    const answer = await ask("job", { scope: "read", resource: MCP });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ token_type: "Bearer", expires_in: 900, scope: "read" });
    expect(answer.body).not.toHaveProperty("refresh_token");
    const seen = await send(
      introspectionEndpoints(world.context),
      "/oauth/introspect",
      { token: String(answer.body["access_token"]) },
      basic("rs", "rs"),
    );
    expect(seen.body).toMatchObject({ active: true, client_id: "job", sub: "job", entity: "service", aud: MCP, scope: "read" });
    const stream = `issuance-${String(seen.body["jti"]).split(".")[0]}`;
    expect(await eventsOf(world, stream)).toContain("AccessTokenIssued");
  });

  it("makes JWTs of the client's own lifetime and entity where it is set so", async () => {
    const answer = await ask("free");
    expect(answer.body).toMatchObject({ expires_in: 60, scope: "read write delete" });
    const [header, payload] = String(answer.body["access_token"])
      .split(".")
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>);
    expect(header).toMatchObject({ typ: "at+jwt", alg: "ES256" });
    expect(payload).toMatchObject({
      iss: "http://as.test/oauth",
      sub: "free",
      client_id: "free",
      aud: MCP,
      entity: "agent",
      exp: world.clock.time + 60,
      gen: { client: 0, resource: 0 },
    });
    expect(payload).not.toHaveProperty("gid");
  });

  it("keeps within the client's ceiling and the policy, and drops what nobody knows (X-01, CVE 20)", async () => {
    expect((await ask("job", { resource: MCP })).body).toMatchObject({ scope: "read write" });
    expect((await ask("job", { resource: MCP, scope: "write unheard-of" })).body).toMatchObject({ scope: "write" });
    expect(refused(await ask("job", { resource: MCP, scope: "read delete" }))).toEqual([400, "invalid_scope", "scope-not-allowed"]);
    expect(refused(await ask("job", { resource: MCP, scope: "unheard-of" }))).toEqual([400, "invalid_scope", "scope-unknown"]);
    expect(refused(await ask("job", { resource: SELF }))).toEqual([400, "invalid_scope", "scope-not-allowed"]);
    for (const scope of ["openid", "offline_access", "read profile", "email"])
      expect(refused(await ask("job", { resource: MCP, scope }))).toEqual([400, "invalid_scope", "scope-not-allowed"]);
  });

  it("knows resources that define no scope", async () => {
    const answer = await ask("job", { resource: PLAIN });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty("scope");
    const closed = "https://closed.test/mcp";
    await aResource(world, closed, { scopes: [], policy: { rules: [] } });
    expect(refused(await ask("job", { resource: closed }))).toEqual([400, "invalid_scope", "policy-denied"]);
  });

  it("is for one registered resource the client may have", async () => {
    expect(refused(await ask("job", { resource: "https://unknown.test/mcp" }))).toEqual([400, "invalid_target", "resource-unknown"]);
    expect(refused(await ask("job", { resource: [MCP, PLAIN] }))).toEqual([400, "invalid_target", "resource-repeated"]);
    expect(refused(await ask("job", { resource: "relative" }))).toEqual([400, "invalid_target", "resource-malformed"]);
    expect(refused(await ask("job"))).toEqual([400, "invalid_target", "resource-missing"]);
    expect(refused(await ask("fenced", { resource: MCP }))).toEqual([400, "invalid_target", "resource-not-allowed"]);
  });

  it("means the admin API with grantline scopes, which only an operator gives (P14)", async () => {
    expect((await ask("boss", { scope: "grantline:admin" })).body).toMatchObject({ scope: "grantline:admin" });
    expect((await ask("boss")).body).toMatchObject({ scope: "grantline:admin" });
    expect(refused(await ask("boss", { scope: "grantline:introspect" }))).toEqual([400, "invalid_scope", "scope-not-allowed"]);
    expect(refused(await ask("self-made", { scope: "grantline:admin" }))).toEqual([400, "invalid_scope", "scope-not-allowed"]);
  });

  it("is not for public clients (A-14)", async () => {
    const answer = await send(tokenEndpoints(world.context), "/oauth/token", {
      grant_type: "client_credentials",
      client_id: "nameless",
      resource: MCP,
    });
    expect(refused(answer)).toEqual([400, "unauthorized_client", "grant-type-not-allowed"]);
  });
});
