/*
 * Real: the whole server over HTTP with the embedded adapters. Made: the clock.
 */
import { refresh, type Registered, type Tokens } from "@grantline/testing";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { openConsent, openLogin } from "./support/browser.ts";
import { codeFor, isActive, tokensFor } from "./support/grants.ts";
import { expectError } from "./support/refusal.ts";
import { authorizationParameters, authorize, basicOf, push, token } from "./support/request.ts";
import { clientOf, OTHER_RESOURCE, RESOURCE, SECOND_PASSWORD, startWorld, unchanged, type World } from "./support/world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld({ env: { GRANTLINE_LIFETIME_SESSION: "2592000" } });
});
beforeEach(() => world.server.advance(61));

const machine = (
  parameters: Readonly<Record<string, string | readonly string[]>>,
  client: { readonly client_id: string; readonly client_secret: string } = world.machine,
): Promise<Response> => unchanged(world, () => token(world, { grant_type: "client_credentials", ...parameters }, basicOf(client)));

describe("X-01 client_credentials", () => {
  it.each([
    ["openid", { scope: "openid", resource: RESOURCE }, "invalid_scope", "scope-not-allowed"],
    ["offline_access", { scope: "notes:read offline_access", resource: RESOURCE }, "invalid_scope", "scope-not-allowed"],
    ["profile and email", { scope: "profile email", resource: RESOURCE }, "invalid_scope", "scope-not-allowed"],
    ["an unknown scope alone", { scope: "banana", resource: RESOURCE }, "invalid_scope", "scope-unknown"],
    ["another resource's scope", { scope: "files:read", resource: RESOURCE }, "invalid_scope", "scope-unknown"],
    ["a malformed scope", { scope: 'a"b', resource: RESOURCE }, "invalid_scope", "scope-malformed"],
    ["no resource", { scope: "notes:read" }, "invalid_target", "resource-missing"],
    ["an unknown resource", { resource: "https://unknown.example/mcp" }, "invalid_target", "resource-unknown"],
    ["a relative resource", { resource: "/mcp" }, "invalid_target", "resource-malformed"],
    ["a fragment", { resource: `${RESOURCE}#x` }, "invalid_target", "resource-malformed"],
    ["two resources", { resource: [RESOURCE, OTHER_RESOURCE] }, "invalid_target", "resource-repeated"],
    ["the issuer as resource", { resource: "the-issuer" }, "invalid_target", "resource-malformed"],
  ])("X-01 refuses %s", async (_what, parameters, error, reason) => {
    await expectError(world, await machine(parameters), { status: 400, error, reason });
  });

  it("X-01 keeps a client to the scopes and resources an operator allowed it", async () => {
    const narrow = await world.server.admin.machine({ settings: { allowed_scopes: ["notes:read"], allowed_resources: [RESOURCE] } });
    expect(
      (await token(world, { grant_type: "client_credentials", resource: RESOURCE, scope: "notes:read" }, basicOf(narrow))).status,
    ).toBe(200);
    await expectError(world, await machine({ resource: RESOURCE, scope: "notes:write" }, narrow), {
      status: 400,
      error: "invalid_scope",
      reason: "scope-not-allowed",
    });
    await expectError(world, await machine({ resource: RESOURCE, scope: "notes:read notes:write" }, narrow), {
      status: 400,
      error: "invalid_scope",
      reason: "scope-not-allowed",
    });
    await expectError(world, await machine({ resource: OTHER_RESOURCE }, narrow), {
      status: 400,
      error: "invalid_target",
      reason: "resource-not-allowed",
    });
    const defaults = (await (
      await token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(narrow))
    ).json()) as Tokens;
    expect(defaults.scope).toBe("notes:read");
  });

  it.each(["grantline:admin", "grantline:clients", "grantline:audit", "notes:read grantline:admin", "grantline:*"])(
    "X-01 gives no administration (%s) to a client an operator did not name for it (P14)",
    async (scope) => {
      for (const parameters of [{ scope }, { scope, resource: `${world.server.origin}/admin/v1` }]) {
        const response = await machine(parameters);
        expect(response.status).toBe(400);
        expect(["invalid_scope", "invalid_target"]).toContain(((await response.json()) as { error: string }).error);
      }
    },
  );

  it("X-01 gives a person who is no operator no administration, whatever was asked and ticked (P14)", async () => {
    const resource = `${world.server.origin}/admin/v1`;
    for (const client of [world.app, world.stranger]) {
      const person = world.server.person();
      const login = await openLogin(world, person, client.client_id, { resource, scope: "grantline:admin" });
      const after = await person.submit(login, "login-form", { username: "second", password: SECOND_PASSWORD });
      expect([after.kind, after.url.searchParams.get("error") ?? (after.kind === "page" ? after.status : "")]).toEqual([
        "callback",
        "access_denied",
      ]);
    }
  });

  it("X-01 issues nothing that opens userinfo, login pages or other resources", async () => {
    const { access_token: access } = (await (
      await token(world, { grant_type: "client_credentials", resource: RESOURCE, scope: "notes:read" }, basicOf(world.machine))
    ).json()) as Tokens;
    const response = await fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${access}` } });
    await expectError(world, response, { status: 401, error: "invalid_token", reason: "bearer-invalid" });
    expect([await isActive(world, access), await isActive(world, access, world.otherRs)]).toEqual([true, false]);
  });
});

describe("X-06 what is barred gets nothing on any path", () => {
  it("X-06 a disabled person: login, single sign-on, consent, code, refresh, tokens, userinfo", async () => {
    const who = { username: "second", password: SECOND_PASSWORD };
    const family = await tokensFor(world, { scope: "openid notes:read", ...who });
    const own = await tokensFor(world, { scope: "openid", resource: world.issuer, ...who });
    const pending = await codeFor(world, who);
    const person = world.server.person();
    const consent = await openConsent(world, person, world.app.client_id, {}, who);
    const info = () => fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${own.access_token}` } });
    const { sub: subject } = (await (await info()).json()) as { sub: string };
    await world.server.admin.call("POST", `/subjects/${subject}/disable`);
    await expectError(world, await info(), { status: 401, error: "invalid_token", reason: "bearer-invalid" });
    await expectError(world, await refresh(world.issuer, world.app, family.refresh_token), {
      status: 400,
      error: "invalid_grant",
      reason: "standing-lost",
    });
    await expectError(
      world,
      await token(world, {
        grant_type: "authorization_code",
        code: pending.code,
        code_verifier: pending.verifier,
        client_id: world.app.client_id,
      }),
      { status: 400, error: "invalid_grant", reason: "standing-lost" },
    );
    const answered = await person.submit(consent, "consent-form", { decision: "allow", scope: "notes:read" });
    expect([answered.kind, answered.url.pathname]).toEqual(["page", "/oauth/login"]);
    const silent = await person.open(`${world.issuer}/authorize?${authorizationParameters(world.app.client_id, { prompt: "none" })}`);
    expect([silent.kind, silent.url.searchParams.get("error")]).toEqual(["callback", "login_required"]);
    const again = await openLogin(world, person, world.app.client_id);
    const denied = await person.submit(again, "login-form", who);
    expect([denied.kind, denied.kind === "page" && denied.status]).toEqual(["page", 403]);
    await world.server.admin.call("POST", `/subjects/${subject}/enable`);
  });

  it("X-06 a suspended client: authorize, PAR, code, refresh, client_credentials, introspection, revocation; reinstated, its old tokens stay dead", async () => {
    const client = (await clientOf(world.server, {
      client_name: "Barred",
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["authorization_code", "refresh_token", "client_credentials"],
    })) as Registered & { client_secret: string };
    const family = await tokensFor(world, { client });
    const pending = await codeFor(world, { client });
    const { access_token: machineToken } = (await (
      await token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(client))
    ).json()) as Tokens;
    await world.server.admin.call("POST", `/clients/${client.client_id}/suspend`);
    const barred = { status: 401, error: "invalid_client", reason: "client-suspended" };
    await expectError(world, await push(world, client), barred);
    await expectError(world, await refresh(world.issuer, client, family.refresh_token), barred);
    await expectError(
      world,
      await token(world, { grant_type: "authorization_code", code: pending.code, code_verifier: pending.verifier }, basicOf(client)),
      barred,
    );
    await expectError(world, await token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(client)), barred);
    for (const path of ["introspect", "revoke"])
      await expectError(
        world,
        await fetch(`${world.issuer}/${path}`, {
          method: "POST",
          headers: basicOf(client),
          body: new URLSearchParams({ token: family.access_token }),
        }),
        barred,
      );
    expect((await authorize(world, client.client_id)).status).toBe(400);
    expect([await isActive(world, family.access_token), await isActive(world, machineToken)]).toEqual([false, false]);
    await world.server.admin.call("POST", `/clients/${client.client_id}/reinstate`);
    expect([await isActive(world, family.access_token), await isActive(world, machineToken)]).toEqual([false, false]);
    await expectError(world, await refresh(world.issuer, client, family.refresh_token), {
      status: 400,
      error: "invalid_grant",
      reason: "standing-lost",
    });
    expect((await token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(client))).status).toBe(200);
  });

  it("X-06 a removed resource: authorize, PAR, code, refresh, client_credentials and its tokens", async () => {
    const uri = "https://removed.example/mcp";
    const { resource_id, ...rs } = await world.server.admin.resource(uri, ["x"], {
      access_policy: { rules: [{ subjects: { any: true }, entities: ["human", "service"], verification: ["operator"], scopes: ["x"] }] },
    });
    const family = await tokensFor(world, { resource: uri, scope: "x" });
    const pending = await codeFor(world, { resource: uri, scope: "x" });
    const { access_token: machineToken } = (await (
      await token(world, { grant_type: "client_credentials", resource: uri }, basicOf(world.machine))
    ).json()) as Tokens;
    expect([await isActive(world, family.access_token, rs), await isActive(world, machineToken, rs)]).toEqual([true, true]);
    await world.server.admin.call("DELETE", `/resources/${resource_id}`);
    const admin = await world.server.admin.token();
    const seen = async (value: string) =>
      (
        (await (
          await fetch(`${world.issuer}/introspect`, {
            method: "POST",
            headers: { authorization: `Bearer ${admin}` },
            body: new URLSearchParams({ token: value }),
          })
        ).json()) as { active: boolean }
      ).active;
    expect([await seen(family.access_token), await seen(machineToken)]).toEqual([false, false]);
    await expectError(world, await push(world, world.app, { resource: uri, scope: "x" }), {
      status: 400,
      error: "invalid_target",
      reason: "resource-unknown",
    });
    await expectError(world, await machine({ resource: uri }), { status: 400, error: "invalid_target", reason: "resource-unknown" });
    await expectError(world, await refresh(world.issuer, world.app, family.refresh_token), {
      status: 400,
      error: "invalid_grant",
      reason: "standing-lost",
    });
    await expectError(
      world,
      await token(world, {
        grant_type: "authorization_code",
        code: pending.code,
        code_verifier: pending.verifier,
        client_id: world.app.client_id,
      }),
      { status: 400, error: "invalid_grant", reason: "standing-lost" },
    );
  });
});

afterwards(() => world);
