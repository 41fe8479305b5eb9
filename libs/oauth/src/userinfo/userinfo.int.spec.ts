// Real: SQLite event store, deciders, key folder. Fake: clock, security log.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authenticateBearer } from "../bearer/index.ts";
import {
  aClient,
  aGrant,
  type Answer,
  aResource,
  aSubject,
  basic,
  bearer,
  ISSUER,
  META,
  openWorld,
  send,
  VERIFIER,
  type World,
} from "../testing/world.ts";
import { tokenEndpoints } from "../token/index.ts";
import { userinfoEndpoints } from "./index.ts";

const MCP = "https://mcp.test/mcp";
const ADMIN = "http://as.test/admin/v1";
let world: World;

beforeAll(async () => {
  world = await openWorld();
  await aResource(world, MCP);
  await aResource(world, ADMIN, {
    scopes: ["grantline:admin", "grantline:audit"],
    policy: { rules: [{ subjects: { any: true }, entities: ["service"], verification: ["operator"], scopes: ["grantline:admin"] }] },
  });
  await aClient(world, "app");
  await aClient(world, "boss", { secret: "s", settings: { allowedScopes: ["grantline:admin"] } });
  await aSubject(world, "alice", {
    name: "Alice",
    email: "alice@example.test",
    email_verified: true,
    picture: null,
    grantline_login_name: "alice",
  });
});
afterAll(() => world.close());

const tokenFor = async (scope: string, resources = {}, subject = "alice"): Promise<string> => {
  const { code } = await aGrant(world, { scope, resources, subject });
  const answer = await send(tokenEndpoints(world.context), "/oauth/token", {
    grant_type: "authorization_code",
    client_id: "app",
    code,
    code_verifier: VERIFIER,
  });
  return String(answer.body["access_token"]);
};
const ask = (headers: Record<string, string>, method = "GET", query = ""): Promise<Answer> =>
  send(userinfoEndpoints(world.context), "/oauth/userinfo", undefined, headers, { query, method });

describe("userinfo", () => {
  it("tells each scope what it asks for, and the subject always", async () => {
    expect((await ask(bearer(await tokenFor("openid")))).body).toEqual({ sub: "alice" });
    expect((await ask(bearer(await tokenFor("openid email")), "POST")).body).toEqual({
      sub: "alice",
      email: "alice@example.test",
      email_verified: true,
    });
    const answer = await ask(bearer(await tokenFor("openid profile email")));
    expect(answer.body).toEqual({ sub: "alice", name: "Alice", email: "alice@example.test", email_verified: true });
    expect(answer.headers).toMatchObject({ "cache-control": "no-store" });
  });

  it("wants a token with openid, in the one header", async () => {
    const missing = await ask({});
    expect([missing.status, missing.reason, missing.headers["www-authenticate"]]).toEqual([
      401,
      "bearer-missing",
      'Bearer realm="grantline", scope="openid"',
    ]);
    const wrong = await ask(bearer("nonsense"));
    expect([wrong.status, wrong.reason]).toEqual([401, "bearer-invalid"]);
    expect(wrong.headers["www-authenticate"]).toContain('error="invalid_token"');
    expect((await ask({ authorization: "Bearer  x" })).reason).toBe("bearer-invalid");
    const small = await ask(bearer(await tokenFor("profile")));
    expect([small.status, small.body["error"]]).toEqual([403, "insufficient_scope"]);
    expect(small.headers["www-authenticate"]).toContain('scope="openid"');
    expect((await ask({}, "GET", `access_token=${await tokenFor("openid")}`)).status).toBe(401);
  });

  it("is closed to a token for a resource, whatever its scopes: a server that was handed one can't read who the person is (T-06)", async () => {
    const handed = await ask(bearer(await tokenFor("openid email read", { [MCP]: ["read"] })));
    expect([handed.status, handed.body["error"], handed.reason]).toEqual([401, "invalid_token", "bearer-invalid"]);
    expect(handed.body["error_description"]).toContain("resource=http://as.test/oauth");
    expect(handed.headers["www-authenticate"]).toContain("resource=http://as.test/oauth");
    expect(handed.headers["www-authenticate"]).not.toContain("resource_metadata");
  });

  it("opens to a client of a resource that names the issuer as the resource of its token, when openid was granted", async () => {
    const { code } = await aGrant(world, { scope: "openid email read", resources: { [MCP]: ["read"] } });
    const endpoints = tokenEndpoints(world.context);
    const exchange = { grant_type: "authorization_code", client_id: "app", code, code_verifier: VERIFIER };
    const first = await send(endpoints, "/oauth/token", { ...exchange, resource: ISSUER });
    expect(first.body).toMatchObject({ scope: "openid email" });
    expect((await ask(bearer(String(first.body["access_token"])))).body).toMatchObject({ sub: "alice", email: "alice@example.test" });
    const refresh = (token: unknown, more = {}) =>
      send(endpoints, "/oauth/token", { grant_type: "refresh_token", client_id: "app", refresh_token: String(token), ...more });
    const forgot = await refresh(first.body["refresh_token"]);
    expect(forgot.body).toMatchObject({ scope: "openid email read" });
    expect((await ask(bearer(String(forgot.body["access_token"])))).status).toBe(401);
    const named = await refresh(forgot.body["refresh_token"], { resource: `${ISSUER}` });
    expect((await ask(bearer(String(named.body["access_token"])))).status).toBe(200);
    const again = await refresh(forgot.body["refresh_token"]);
    expect([again.status, again.reason]).toEqual([400, "refresh-retry-differs"]);
  });

  it("stays closed without openid: the issuer is then a resource nobody granted", async () => {
    const { code } = await aGrant(world, { scope: "email read", resources: { [MCP]: ["read"] } });
    const exchange = { grant_type: "authorization_code", client_id: "app", code, code_verifier: VERIFIER };
    const endpoints = tokenEndpoints(world.context);
    const refused = await send(endpoints, "/oauth/token", { ...exchange, resource: ISSUER });
    expect([refused.body["error"], refused.reason]).toEqual(["invalid_target", "resource-not-granted"]);
    const first = await send(endpoints, "/oauth/token", exchange);
    const second = await send(endpoints, "/oauth/token", {
      grant_type: "refresh_token",
      client_id: "app",
      refresh_token: String(first.body["refresh_token"]),
      resource: ISSUER,
    });
    expect([second.body["error"], second.reason]).toEqual(["invalid_target", "resource-not-granted"]);
  });

  it("knows nothing more of a person who was erased", async () => {
    await aSubject(world, "gone", { name: "Gone" });
    const token = await tokenFor("openid profile", {}, "gone");
    expect((await ask(bearer(token))).body).toEqual({ sub: "gone", name: "Gone" });
    await world.context.subjectKeys.destroy("gone");
    expect((await ask(bearer(token))).body).toEqual({ sub: "gone" });
    await world.context.subjects.execute("gone", { kind: "erase", now: world.clock.time }, META);
    expect((await ask(bearer(token))).status).toBe(401);
  });
});

describe("a bearer token", () => {
  it("is good at its own audience only (T-06)", async () => {
    const headers = bearer(await tokenFor("read", { [MCP]: ["read"] }));
    expect(await authenticateBearer(world.context, { headers }, { resource: MCP, scopes: ["read"] })).toMatchObject({
      sub: "alice",
      aud: MCP,
    });
    await expect(authenticateBearer(world.context, { headers }, { resource: "https://other.test", scopes: [] })).rejects.toMatchObject({
      status: 401,
      reason: "bearer-invalid",
    });
    await expect(authenticateBearer(world.context, { headers }, { scopes: ["read", "write"] })).rejects.toMatchObject({
      status: 403,
      headers: { "www-authenticate": expect.stringContaining('scope="read write"') },
    });
  });

  it("too small is told of, and answered with what it would need beside what it has of the resource", async () => {
    const headers = bearer(await tokenFor("openid offline_access read", { [MCP]: ["read"] }));
    const short: unknown[] = [];
    const onShort = async ({ sub, aud }: { readonly sub: string; readonly aud: string }) => void short.push([sub, aud]);
    const demand = { resource: MCP, scopes: ["write"], cumulative: true, onShort };
    await expect(authenticateBearer(world.context, { headers }, demand)).rejects.toMatchObject({
      headers: { "www-authenticate": expect.stringContaining('scope="write openid read"') as string },
    });
    expect(short).toEqual([["alice", MCP]]);
  });

  it("with grantline:admin has every grantline scope, and no other", async () => {
    const answer = await send(
      tokenEndpoints(world.context),
      "/oauth/token",
      { grant_type: "client_credentials", scope: "grantline:admin" },
      basic("boss", "s"),
    );
    const headers = bearer(String(answer.body["access_token"]));
    await expect(authenticateBearer(world.context, { headers }, { resource: ADMIN, scopes: ["grantline:audit"] })).resolves.toMatchObject({
      clientId: "boss",
    });
    await expect(authenticateBearer(world.context, { headers }, { resource: ADMIN, scopes: ["read"] })).rejects.toMatchObject({
      status: 403,
    });
  });
});
