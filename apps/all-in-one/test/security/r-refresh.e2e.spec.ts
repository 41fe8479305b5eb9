/*
 * Real: the whole server over HTTP, restarted on what it keeps. Made: the clock.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  introspect,
  keptBy,
  obtainTokens,
  postForm,
  refresh,
  register,
  startTestPlatform,
  type Registered,
  type Tokens,
} from "@grantline/testing";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { isActive, revoke, tokensFor } from "./support/grants.ts";
import { expectError } from "./support/refusal.ts";
import { basicOf, token } from "./support/request.ts";
import { clientOf, eventsDuring, OTHER_RESOURCE, PASSWORD, RESOURCE, startWorld, unchanged, type World } from "./support/world.ts";

const DAY = 86_400;
let world: World;

beforeAll(async () => {
  world = await startWorld({ env: { GRANTLINE_LIFETIME_SESSION: String(30 * DAY) } });
});
beforeEach(() => world.server.advance(61));

const GRANT = (reason: string) => ({ status: 400, error: "invalid_grant", reason });
type Family = Tokens & { readonly refresh_token: string };

async function rotate(client: Registered, family: Family, more: Readonly<Record<string, string>> = {}): Promise<Family> {
  const response = await refresh(world.issuer, client, family.refresh_token, more);
  expect(response.status).toBe(200);
  return (await response.json()) as Family;
}

describe("theft and retries", () => {
  it.each(["app", "web"] as const)(
    "R-01 refuses a rotated refresh token of the %s client, revokes the family and records why",
    async (kind) => {
      const first = await tokensFor(world, { client: world[kind] });
      const second = await rotate(world[kind], first);
      const third = await rotate(world[kind], second);
      world.server.advance(31);
      const { result, types } = await eventsDuring(world, () => refresh(world.issuer, world[kind], first.refresh_token));
      await expectError(world, result, GRANT("refresh-reused"));
      expect(types).toEqual(["RefreshReuseDetected", "GrantRevoked"]);
      for (const each of [first, second, third])
        expect([await isActive(world, each.access_token), await isActive(world, each.refresh_token)]).toEqual([false, false]);
      await expectError(
        world,
        await unchanged(world, () => refresh(world.issuer, world[kind], third.refresh_token)),
        GRANT("grant-revoked"),
      );
    },
  );

  it("R-01 notices the reuse of a generation however old", async () => {
    const first = await tokensFor(world);
    let last = first;
    for (let generation = 0; generation < 5; generation++) {
      world.server.advance(60);
      last = await rotate(world.app, last);
    }
    await expectError(world, await refresh(world.issuer, world.app, first.refresh_token), GRANT("refresh-reused"));
    await expectError(world, await refresh(world.issuer, world.app, last.refresh_token), GRANT("grant-revoked"));
  });

  it("R-01 does not take a stranger's guess for theft: right place, wrong secret", async () => {
    const first = await tokensFor(world);
    const foreign = await tokensFor(world);
    const place = first.refresh_token.slice(0, first.refresh_token.lastIndexOf("."));
    const forged = `${place}${foreign.refresh_token.slice(foreign.refresh_token.lastIndexOf("."))}`;
    await expectError(world, await unchanged(world, () => refresh(world.issuer, world.app, forged)), GRANT("refresh-unknown"));
    for (const wrong of [
      "x",
      "gl_rt_",
      `${first.refresh_token}x`,
      first.refresh_token.slice(1),
      first.refresh_token.replace(/\.1\./, ".2."),
      first.refresh_token.replace(/\.1\./, ".01."),
      "a".repeat(5000),
    ]) {
      await expectError(world, await unchanged(world, () => refresh(world.issuer, world.app, wrong)), GRANT("refresh-unknown"));
    }
    await rotate(world.app, first);
  });

  it("R-02 gives the identical successor inside the window, and says so once", async () => {
    const first = await tokensFor(world);
    const second = await rotate(world.app, first);
    world.server.advance(30);
    const { result: retries, types } = await eventsDuring(world, async () => [
      await rotate(world.app, first),
      await rotate(world.app, first),
    ]);
    expect(types).toEqual(["RefreshRetried"]);
    const claims = (value: string) => {
      const { jti, exp, scope } = JSON.parse(Buffer.from(value.split(".")[1] as string, "base64url").toString()) as Record<string, unknown>;
      return { jti, exp, scope };
    };
    for (const retry of retries) {
      expect(retry.refresh_token).toBe(second.refresh_token);
      expect(claims(retry.access_token)).toEqual(claims(second.access_token));
    }
    const third = await rotate(world.app, second);
    expect(await isActive(world, third.access_token)).toBe(true);
  });

  it("R-02 counts the window from the rotation and never extends it", async () => {
    const first = await tokensFor(world);
    await rotate(world.app, first);
    world.server.advance(29);
    await rotate(world.app, first);
    world.server.advance(2);
    await expectError(world, await refresh(world.issuer, world.app, first.refresh_token), GRANT("refresh-reused"));
  });

  it("R-02 refuses a retry with another scope or resource, and one by another client", async () => {
    const first = await tokensFor(world, { scope: "notes:read notes:write" });
    const second = await rotate(world.app, first);
    await expectError(
      world,
      await unchanged(world, () => refresh(world.issuer, world.app, first.refresh_token, { scope: "notes:read" })),
      GRANT("refresh-retry-differs"),
    );
    await expectError(
      world,
      await unchanged(world, () => refresh(world.issuer, world.app, first.refresh_token, { resource: RESOURCE })),
      GRANT("refresh-retry-differs"),
    );
    await expectError(
      world,
      await unchanged(world, () => refresh(world.issuer, world.stranger, first.refresh_token)),
      GRANT("client-mismatch"),
    );
    await rotate(world.app, second);
  });

  it("R-03 makes one successor of 50 parallel refreshes", async () => {
    const first = await tokensFor(world);
    const { result, types } = await eventsDuring(world, () => Promise.all(Array.from({ length: 50 }, () => rotate(world.app, first))));
    expect(types.toSorted()).toEqual(["RefreshRetried", "RefreshTokenRotated"]);
    expect(new Set(result.map(({ refresh_token }) => refresh_token)).size).toBe(1);
    await rotate(world.app, result[0] as Family);
  });

  it("R-03 with no window makes one successor at most, and then none: the race is theft", async () => {
    const strict = await world.server.admin.call<Registered>("POST", "/clients", {
      client_name: "Strict",
      redirect_uris: ["https://client.example/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      settings: { refresh_retry_window: 0 },
    });
    const first = await tokensFor(world, { client: strict });
    const { result, types } = await eventsDuring(world, () =>
      Promise.all(Array.from({ length: 50 }, () => refresh(world.issuer, strict, first.refresh_token))),
    );
    expect(result.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(result.filter(({ status }) => status === 400)).toHaveLength(49);
    expect(types).toEqual(["RefreshTokenRotated", "RefreshReuseDetected", "GrantRevoked"]);
    const won = (await (result.find(({ status }) => status === 200) as Response).json()) as Family;
    expect([await isActive(world, won.access_token), (await refresh(world.issuer, strict, won.refresh_token)).status]).toEqual([
      false,
      400,
    ]);
  });
});

describe("who refreshes what", () => {
  it("R-04 refuses another client's refresh token, authenticated or public, and leaves the family alone", async () => {
    const family = await tokensFor(world);
    const parameters = { grant_type: "refresh_token", refresh_token: family.refresh_token };
    await expectError(world, await unchanged(world, () => token(world, parameters, basicOf(world.web))), GRANT("client-mismatch"));
    await expectError(
      world,
      await unchanged(world, () => token(world, { ...parameters, client_id: world.stranger.client_id })),
      GRANT("client-mismatch"),
    );
    await rotate(world.app, family);
  });

  it.each([
    ["nothing but its id", (client: Registered) => [{ client_id: client.client_id }, {}], "client-authentication-missing"],
    [
      "a wrong secret",
      (client: Registered) => [{}, basicOf({ client_id: client.client_id, client_secret: "wrong-secret-of-the-right-length" })],
      "client-secret-wrong",
    ],
    ["no client at all", () => [{}, {}], "client-authentication-missing"],
  ] as const)("R-05 refuses a confidential client's refresh with %s", async (_what, how, reason) => {
    const family = await tokensFor(world, { client: world.web });
    const [parameters, headers] = how(world.web);
    const response = await unchanged(world, () =>
      token(world, { grant_type: "refresh_token", refresh_token: family.refresh_token, ...parameters }, headers),
    );
    await expectError(world, response, { status: 401, error: "invalid_client", reason });
    await rotate(world.web, family);
  });

  it.each([
    ["a wider scope", { scope: "notes:read notes:write" }, "invalid_scope", "scope-widened"],
    ["another scope", { scope: "notes:write" }, "invalid_scope", "scope-not-allowed"],
    ["an admin scope", { scope: "notes:read grantline:admin" }, "invalid_scope", "scope-widened"],
    ["a malformed scope", { scope: 'notes:read"' }, "invalid_scope", "scope-malformed"],
    ["another resource", { resource: OTHER_RESOURCE }, "invalid_target", "resource-not-granted"],
    ["an unknown resource", { resource: "https://unknown.example/" }, "invalid_target", "resource-not-granted"],
    ["a malformed resource", { resource: "mcp#x" }, "invalid_target", "resource-malformed"],
  ])("R-06 refuses %s and does not use up the token", async (_what, more, error, reason) => {
    const family = await tokensFor(world);
    await expectError(world, await unchanged(world, () => refresh(world.issuer, world.app, family.refresh_token, more)), {
      status: 400,
      error,
      reason,
    });
    await rotate(world.app, family);
  });

  it("R-06 narrows the scope for one token and keeps the grant as it was", async () => {
    const family = await tokensFor(world, { scope: "notes:read notes:write" });
    const narrow = await rotate(world.app, family, { scope: "notes:read" });
    expect(narrow.scope).toBe("notes:read");
    expect((await rotate(world.app, narrow)).scope.split(" ").toSorted()).toEqual(["notes:read", "notes:write"]);
  });
});

describe("what ends a family", () => {
  const subjectOf = async (family: Family): Promise<string> =>
    (await introspect(world.issuer, world.rs, family.access_token))["sub"] as string;
  const fresh = (name: string): Promise<Registered> => clientOf(world.server, { client_name: name, token_endpoint_auth_method: "none" });

  interface Ended {
    readonly family: Family;
    readonly client: Registered;
  }
  const admin = (method: string, path: string): Promise<unknown> => world.server.admin.call(method, path);
  const ENDINGS: readonly (readonly [string, (ended: Ended) => Promise<unknown>, number, string])[] = [
    [
      "everything of the person was revoked",
      async ({ family }) => admin("POST", `/subjects/${await subjectOf(family)}/revoke-all`),
      400,
      "standing-lost",
    ],
    [
      "the consent was withdrawn",
      async ({ family, client }) => admin("DELETE", `/subjects/${await subjectOf(family)}/consents/${client.client_id}`),
      400,
      "standing-lost",
    ],
    [
      "everything of the client was revoked",
      ({ client }) => admin("POST", `/clients/${client.client_id}/revoke-all`),
      400,
      "standing-lost",
    ],
    ["everything of the resource was revoked", () => admin("POST", `/resources/${world.rs.resource_id}/revoke-all`), 400, "standing-lost"],
    ["the client was suspended", ({ client }) => admin("POST", `/clients/${client.client_id}/suspend`), 401, "client-suspended"],
    ["the client was deleted", ({ client }) => admin("DELETE", `/clients/${client.client_id}`), 401, "client-deleted"],
    [
      "the grant was revoked by an admin",
      async ({ family }) => admin("DELETE", `/grants/${(await introspect(world.issuer, world.rs, family.access_token))["gid"] as string}`),
      400,
      "grant-revoked",
    ],
    ["the client revoked the refresh token", ({ family, client }) => revoke(world, client, family.refresh_token), 400, "grant-revoked"],
  ];

  it.each(ENDINGS)("R-08 refuses the refresh after %s, and the access token is dead at once", async (_what, end, status, reason) => {
    const client = await fresh("Ending");
    const family = await tokensFor(world, { client });
    expect(await isActive(world, family.access_token)).toBe(true);
    await end({ family, client });
    expect([await isActive(world, family.access_token), await isActive(world, family.refresh_token)]).toEqual([false, false]);
    await expectError(world, await refresh(world.issuer, client, family.refresh_token), {
      status,
      error: status === 401 ? "invalid_client" : "invalid_grant",
      reason,
    });
  });

  it("R-08 refuses the refresh while the person is disabled, and also after", async () => {
    const family = await tokensFor(world);
    const subject = await subjectOf(family);
    await world.server.admin.call("POST", `/subjects/${subject}/disable`);
    expect(await isActive(world, family.access_token)).toBe(false);
    await expectError(world, await refresh(world.issuer, world.app, family.refresh_token), GRANT("standing-lost"));
    await world.server.admin.call("POST", `/subjects/${subject}/enable`);
    await expectError(world, await refresh(world.issuer, world.app, family.refresh_token), GRANT("standing-lost"));
    expect(await isActive(world, family.access_token)).toBe(false);
  });

  it("R-08 ends what was not granted offline when its login session ends, and keeps what was", async () => {
    const person = world.server.person();
    const common = { issuer: world.issuer, client: world.app, resource: RESOURCE, password: PASSWORD };
    const online = (await obtainTokens(person, { ...common, scope: "notes:read openid" })) as Family;
    const offline = (await obtainTokens(person, { ...common, scope: "notes:read offline_access" })) as Family;
    await person.open(`${world.issuer}/logout?${new URLSearchParams({ id_token_hint: online.id_token as string })}`);
    expect([await isActive(world, online.access_token), await isActive(world, offline.access_token)]).toEqual([false, true]);
    await expectError(world, await refresh(world.issuer, world.app, online.refresh_token), GRANT("standing-lost"));
    await rotate(world.app, offline);
  });

  it("R-08 refuses when the access policy no longer admits the client", async () => {
    const uri = "https://policy.example/mcp";
    const resource = await world.server.admin.resource(uri, ["x"], {
      access_policy: {
        rules: [{ subjects: { any: true }, entities: ["human"], verification: ["operator", "dcr", "cimd"], scopes: ["x"] }],
      },
    });
    const family = await tokensFor(world, { resource: uri, scope: "x" });
    await world.server.admin.call("PUT", `/resources/${resource.resource_id}/access-policy`, { rules: [] });
    const response = await refresh(world.issuer, world.app, family.refresh_token);
    await expectError(world, response, GRANT("policy-denied"));
  });

  it("R-10 refuses beyond the idle life, records the expiry, and a clock set back does not undo it", async () => {
    const family = await tokensFor(world);
    world.server.advance(30 * DAY);
    const { result, types } = await eventsDuring(world, () => refresh(world.issuer, world.app, family.refresh_token));
    await expectError(world, result, GRANT("refresh-expired"));
    expect(types).toEqual(["GrantExpired"]);
    world.server.advance(-30 * DAY);
    await expectError(world, await unchanged(world, () => refresh(world.issuer, world.app, family.refresh_token)), GRANT("grant-revoked"));
    expect(await isActive(world, family.access_token)).toBe(false);
    world.server.advance(30 * DAY);
  });

  it("R-10 refuses beyond the absolute life, however often it was refreshed, and so does a retry", async () => {
    const server = await startTestPlatform({
      frozenAt: 1_800_000_000,
      env: { GRANTLINE_LIFETIME_HUMAN_REFRESH_ABSOLUTE: "1000", GRANTLINE_LIFETIME_HUMAN_REFRESH_IDLE: "900" },
    });
    try {
      const client = await register(server.issuer);
      let last = (await obtainTokens(server.person(), { issuer: server.issuer, client, scope: "openid" })) as Family;
      let previous = last;
      for (let round = 0; round < 9; round++) {
        server.advance(110);
        previous = last;
        last = (await (await refresh(server.issuer, client, last.refresh_token)).json()) as Family;
      }
      expect(last.expires_in).toBeLessThanOrEqual(10);
      server.advance(10);
      for (const each of [previous, last]) expect((await refresh(server.issuer, client, each.refresh_token)).status).toBe(400);
    } finally {
      await server.close();
    }
  });

  it("R-09 keeps a revoked family and a used code dead over a restart, with read models, ephemeral store and all lost", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "grantline-restart-"));
    const open = () => startTestPlatform({ dataDir, frozenAt: 1_800_000_000 });
    let server = await open();
    try {
      const rs = await server.admin.resource(RESOURCE, ["notes:read"]);
      const client = await register(server.issuer);
      const options = { issuer: server.issuer, client, scope: "notes:read", resource: RESOURCE };
      const rotated = (await obtainTokens(server.person(), options)) as Family;
      const successor = (await (await refresh(server.issuer, client, rotated.refresh_token)).json()) as Family;
      const dead = (await obtainTokens(server.person(), options)) as Family;
      await postForm(`${server.issuer}/revoke`, { token: dead.refresh_token, client_id: client.client_id });
      for (const lost of [false, true]) {
        await server.close({ keepData: true });
        if (lost) await (await keptBy(dataDir)).loseDisposable();
        server = await open();
        const { issuer } = server;
        expect([
          (await refresh(issuer, client, dead.refresh_token)).status,
          (await introspect(issuer, rs, dead.access_token)).active,
          (await introspect(issuer, rs, successor.access_token)).active,
        ]).toEqual([400, false, true]);
      }
      server.advance(31);
      expect((await refresh(server.issuer, client, rotated.refresh_token)).status).toBe(400);
      await server.close({ keepData: true });
      server = await open();
      expect([
        (await refresh(server.issuer, client, successor.refresh_token)).status,
        (await introspect(server.issuer, rs, successor.access_token)).active,
      ]).toEqual([400, false]);
    } finally {
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

afterwards(() => world);
