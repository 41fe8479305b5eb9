/*
 * Real: two whole servers over HTTP with the embedded adapters; the resource servers are our own userinfo, admin API and introspection. Made: the clock.
 */
import { createHmac } from "node:crypto";
import { postForm, refresh, type Registered, type Tokens } from "@grantline/testing";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { ecKeys, encode, jws, rsaKeys } from "./support/assertion.ts";
import { isActive, revoke, tokensFor } from "./support/grants.ts";
import { expectError } from "./support/refusal.ts";
import { basicOf, raw, token } from "./support/request.ts";
import { RESOURCE, startWorld, unchanged, type World } from "./support/world.ts";

let world: World;
/** For a resource, and for userinfo. */
let good: Tokens & { readonly refresh_token: string };
let own: typeof good;
let admin: string;

beforeAll(async () => {
  world = await startWorld({ env: { GRANTLINE_LIFETIME_HUMAN_ACCESS_TOKEN: "86400" } });
  good = await tokensFor(world, { scope: "openid notes:read" });
  own = await tokensFor(world, { scope: "openid", resource: world.issuer });
  admin = await world.server.admin.token();
});
beforeEach(() => world.server.advance(61));

const INVALID = { status: 401, error: "invalid_token", reason: "bearer-invalid" };
const userinfo = (bearer: string): Promise<Response> =>
  fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${bearer}` } });
const api = (bearer: string, path = "/clients"): Promise<Response> =>
  fetch(`${world.server.origin}/admin/v1${path}`, { headers: { authorization: `Bearer ${bearer}` } });
const part = (jwt: string, index: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split(".")[index] as string, "base64url").toString()) as Record<string, unknown>;

/** Refused by every place a token may be shown at, with the same words. */
async function refusedEverywhere(value: string): Promise<void> {
  const response = await unchanged(world, () => userinfo(value));
  expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm="grantline", error="invalid_token"/);
  await expectError(world, response, INVALID);
  const other = await unchanged(world, () => api(value));
  expect([other.status, other.headers.get("www-authenticate")?.includes('error="invalid_token"')]).toEqual([401, true]);
  expect(await isActive(world, value)).toBe(false);
}

describe("forged and foreign tokens", () => {
  it("T-01 refuses a token of another server of ours, and one signed by a stranger with our kid", async () => {
    const other = await startWorld();
    try {
      const foreign = await tokensFor(other, { scope: "openid notes:read" });
      other.watch.stop();
      await refusedEverywhere(foreign.access_token);
      await refusedEverywhere(await other.server.admin.token());
    } finally {
      await other.server.close();
    }
    for (const { access_token } of [good, own]) {
      const ours = [part(access_token, 0), part(access_token, 1)] as const;
      await refusedEverywhere(jws(ours[0], ours[1], ecKeys().privateKey));
      await refusedEverywhere(
        jws(ours[0], { ...ours[1], scope: "openid grantline:admin", aud: `${world.server.origin}/admin/v1` }, ecKeys().privateKey),
      );
    }
  });

  it.each([
    ["for a resource", () => good.access_token],
    ["for userinfo", () => own.access_token],
  ])(
    "T-02 refuses none, HS256 with the public key, a swapped algorithm, an empty and a cut signature, a changed payload: %s",
    async (_for, of) => {
      const [header, claims] = [part(of(), 0), part(of(), 1)];
      const [h, p, s] = of().split(".") as [string, string, string];
      const { keys } = (await (await fetch(`${world.issuer}/jwks`)).json()) as { keys: Record<string, string>[] };
      for (const alg of ["none", "NONE", "nOnE"])
        for (const signature of ["", s]) await refusedEverywhere(jws({ ...header, alg }, claims, undefined, signature));
      for (const key of keys) {
        const input = `${encode({ ...header, alg: "HS256", kid: key["kid"] })}.${p}`;
        await refusedEverywhere(`${input}.${createHmac("sha256", JSON.stringify(key)).update(input).digest("base64url")}`);
      }
      await refusedEverywhere(jws({ ...header, alg: "RS256" }, claims, rsaKeys().privateKey));
      for (const forged of [
        `${h}.${p}.`,
        `${h}.${p}.${s.slice(0, -4)}`,
        `${h}.${encode({ ...claims, scope: "grantline:admin" })}.${s}`,
        `${h}.${p}`,
        `${h}..${s}`,
        `${h}.${p}.${s}.`,
        `${h}.${p}.${s}A`,
        `${encode({ ...header, jwk: ecKeys().publicJwk })}.${p}.${s}`,
      ])
        await refusedEverywhere(forged);
    },
  );

  it("T-02 tells the kinds of our JWTs apart: an ID token and a signed introspection answer are no access tokens", async () => {
    await refusedEverywhere(good.id_token as string);
    const signed = await postForm(
      `${world.issuer}/introspect`,
      { token: good.access_token },
      { ...basicOf(world.rs), accept: "application/token-introspection+jwt" },
    );
    expect([signed.status, signed.headers.get("content-type")]).toEqual([200, "application/token-introspection+jwt"]);
    await refusedEverywhere(await signed.text());
    expect([(await userinfo(good.refresh_token)).status, (await api(good.refresh_token)).status]).toEqual([401, 401]);
  });

  it.each([
    "x",
    "gl_at_",
    "gl_at_x.y",
    "a.b.c",
    "eyJhbGciOiJub25lIn0..",
    "0".repeat(8_000),
    "constructor",
    "-".repeat(200),
    "gl_at_local0123456789abcdef.0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA000000",
  ])("T-02 refuses rubbish: %s", async (value) => {
    await refusedEverywhere(value);
  });
});

describe("time and place", () => {
  it("T-05 ends a token at its second, with no leeway on our own endpoints", async () => {
    const short = await startWorld();
    try {
      const { access_token: access } = await tokensFor(short, { scope: "openid notes:read" });
      const { access_token: own } = await tokensFor(short, { scope: "openid", resource: short.issuer });
      const at = () => fetch(`${short.issuer}/userinfo`, { headers: { authorization: `Bearer ${own}` } });
      short.server.advance(899);
      expect([(await at()).status, await isActive(short, access)]).toEqual([200, true]);
      short.server.advance(1);
      expect([(await at()).status, await isActive(short, access)]).toEqual([401, false]);
      for (const later of [30, 300, 86_400]) {
        short.server.advance(later);
        expect((await at()).status).toBe(401);
      }
    } finally {
      await short.server.close();
      short.watch.stop();
    }
  });

  it("T-06 keeps a token to its own resource: another's introspection, the admin API and userinfo do not take it", async () => {
    expect([await isActive(world, good.access_token), await isActive(world, good.access_token, world.otherRs)]).toEqual([true, false]);
    expect((await api(good.access_token)).status).toBe(401);
    await expectError(world, await userinfo(good.access_token), INVALID);
    expect([await isActive(world, admin), await isActive(world, admin, world.otherRs), (await api(admin)).status]).toEqual([
      false,
      false,
      200,
    ]);
    expect(part(good.access_token, 1)["aud"]).toBe(RESOURCE);
  });

  it("T-07 says 403 with the scope that is missing and where the resource describes itself", async () => {
    const small = await userinfo((await tokensFor(world, { scope: "profile", resource: [] })).access_token);
    expect(small.headers.get("www-authenticate")).toMatch(/error="insufficient_scope".*scope="openid"/);
    await expectError(world, small, { status: 403, error: "insufficient_scope", reason: "bearer-scope" });
    const reader = await world.server.admin.machine({
      scope: "grantline:clients:read",
      settings: { allowed_scopes: ["grantline:clients:read"] },
    });
    const { access_token: reads } = (await (
      await token(world, { grant_type: "client_credentials", scope: "grantline:clients:read" }, basicOf(reader))
    ).json()) as Tokens;
    expect((await api(reads)).status).toBe(200);
    const refused = await api(reads, "/events");
    const challenge = refused.headers.get("www-authenticate") ?? "";
    expect([refused.status, challenge.includes('error="insufficient_scope"'), /scope="grantline:[a-z:]+"/.test(challenge)]).toEqual([
      403,
      true,
      true,
    ]);
    const metadata = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] as string;
    expect(await (await fetch(metadata)).json()).toMatchObject({
      resource: `${world.server.origin}/admin/v1`,
      authorization_servers: [world.issuer],
    });
    const write = await fetch(`${world.server.origin}/admin/v1/clients`, {
      method: "POST",
      headers: { authorization: `Bearer ${reads}`, "content-type": "application/json" },
      body: "{}",
    });
    expect(write.status).toBe(403);
  });

  it("T-07 challenges a request without a token without an error (RFC 6750 §3.1)", async () => {
    for (const [response, scope] of [
      [await fetch(`${world.issuer}/userinfo`), 'scope="openid"'],
      [await fetch(`${world.server.origin}/admin/v1/clients`), "resource_metadata="],
    ] as const) {
      const challenge = response.headers.get("www-authenticate") ?? "";
      expect([
        response.status,
        challenge.startsWith('Bearer realm="grantline"'),
        challenge.includes(scope),
        challenge.includes("error="),
      ]).toEqual([401, true, true, false]);
    }
  });

  it("T-08 sees every kind of revocation at once: one token, the family, the person, the client, the resource", async () => {
    // with each what userinfo says to another token of the family, one that is for the issuer
    const RULES: readonly (readonly [(family: Tokens & { refresh_token: string }, subject: string) => Promise<unknown>, number])[] = [
      [(family) => revoke(world, world.app, family.access_token), 200],
      [(family) => revoke(world, world.app, family.refresh_token), 401],
      [(_family, subject) => world.server.admin.call("POST", `/subjects/${subject}/revoke-all`), 401],
      [() => world.server.admin.call("POST", `/clients/${world.app.client_id}/revoke-all`), 401],
      [() => world.server.admin.call("POST", `/resources/${world.rs.resource_id}/revoke-all`), 200],
    ];
    for (const [end, others] of RULES) {
      const family = await tokensFor(world, { scope: "openid notes:read" });
      const next = await refresh(world.issuer, world.app, family.refresh_token, { resource: world.issuer });
      const shown = (await next.json()) as typeof family;
      const { sub } = (await (await userinfo(shown.access_token)).json()) as { sub: string };
      await end({ ...family, refresh_token: shown.refresh_token }, sub);
      expect([await isActive(world, family.access_token), (await userinfo(shown.access_token)).status]).toEqual([false, others]);
    }
    own = await tokensFor(world, { scope: "openid", resource: world.issuer });
    good = await tokensFor(world, { scope: "openid notes:read" });
  });
});

describe("how a token is shown", () => {
  it("T-09 looks at no token in query, body or cookie, and logs none of it", async () => {
    const NONE = { status: 401, error: "invalid_token", reason: "bearer-missing" };
    await expectError(world, await fetch(`${world.issuer}/userinfo?access_token=${own.access_token}`), NONE);
    await expectError(
      world,
      await fetch(`${world.issuer}/userinfo`, { method: "POST", body: new URLSearchParams({ access_token: own.access_token }) }),
      NONE,
    );
    await expectError(world, await fetch(`${world.issuer}/userinfo`, { headers: { cookie: `access_token=${own.access_token}` } }), NONE);
    expect((await fetch(`${world.server.origin}/admin/v1/clients?access_token=${admin}`)).status).toBe(401);
    const twice = await fetch(`${world.server.origin}/admin/v1/clients?access_token=${admin}`, {
      headers: { authorization: `Bearer ${admin}` },
    });
    expect(twice.status).toBe(400);
    expect(world.server.logs()).not.toContain(own.access_token);
  });

  const GRAMMAR: readonly (readonly [string, (value: string) => string, number])[] = [
    ["a tab", (value) => `Bearer\t${value}`, 401],
    ["two spaces", (value) => `Bearer  ${value}`, 401],
    ["no space", (value) => `Bearer${value}`, 401],
    ["a comma list", (value) => `Bearer ${value}, Bearer x`, 401],
    ["two tokens", (value) => `Bearer ${value} ${value}`, 401],
    ["quotes", (value) => `Bearer "${value}"`, 401],
    ["another scheme", (value) => `DPoP ${value}`, 401],
    ["a colon", (value) => `Bearer: ${value}`, 401],
    ["a parameter", (value) => `Bearer token=${value}`, 401],
    ["nothing", () => "Bearer", 401],
    ["lower case", (value) => `bearer ${value}`, 200],
    ["upper case", (value) => `BEARER ${value}`, 200],
  ];

  it.each(GRAMMAR)("T-16 reads the header by its grammar: %s", async (_what, header, status) => {
    for (const [path, value] of [
      ["/oauth/userinfo", own.access_token],
      ["/admin/v1/clients", admin],
    ] as const) {
      const answer = await raw(world, {
        method: "GET",
        path,
        headers: [
          ["host", new URL(world.issuer).host],
          ["authorization", header(value)],
        ],
      });
      expect([path, answer.status]).toEqual([path, status]);
    }
  });

  it("T-16 refuses two Authorization headers, whichever is good", async () => {
    for (const order of [
      [admin, "x"],
      ["x", admin],
      [admin, admin],
    ] as const) {
      const answer = await raw(world, {
        method: "GET",
        path: "/admin/v1/clients",
        headers: [["host", new URL(world.issuer).host], ...order.map((value) => ["authorization", `Bearer ${value}`] as const)],
      });
      expect(answer.status).toBe(401);
    }
  });
});

describe("T-17 keys", () => {
  const list = () => world.server.admin.call<{ items: { kid: string; alg: string; status: string }[] }>("GET", "/keys");
  const published = async () =>
    ((await (await fetch(`${world.issuer}/jwks`)).json()) as { keys: { kid: string; d?: string; k?: string }[] }).keys;

  it("T-17 keeps what the old key signed through a rotation, signs with the new one, and publishes public parts only", async () => {
    const before = await tokensFor(world, { scope: "openid", resource: world.issuer });
    const old = part(before.access_token, 0)["kid"] as string;
    await world.server.admin.call("POST", "/keys/rotate", { alg: "ES256" });
    const after = await tokensFor(world, { scope: "openid", resource: world.issuer });
    const fresh = part(after.access_token, 0)["kid"] as string;
    expect(fresh).not.toBe(old);
    expect([(await userinfo(before.access_token)).status, (await userinfo(after.access_token)).status]).toEqual([200, 200]);
    const keys = await published();
    expect(keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining([old, fresh]));
    expect(keys.filter((key) => "d" in key || "k" in key || "p" in key)).toEqual([]);
  });

  it("T-17 trusts nothing of a compromised key from that moment, not even what was recorded", async () => {
    const before = await tokensFor(world, { scope: "openid", resource: world.issuer });
    const kid = part(before.access_token, 0)["kid"] as string;
    await world.server.admin.call("POST", `/keys/${kid}/compromise`, { reason: "test" });
    await refusedEverywhere(before.access_token);
    expect((await published()).map((key) => key.kid)).not.toContain(kid);
    world.server.advance(1);
    const after = await tokensFor(world, { scope: "openid", resource: world.issuer });
    expect([part(after.access_token, 0)["kid"] === kid, (await userinfo(after.access_token)).status]).toEqual([false, 200]);
    expect((await list()).items.find((key) => key.kid === kid)?.status).toBe("compromised");
    admin = await freshAdmin();
  });

  it("T-17 answers a flood of unknown kids without work: no fetch, no event, 401 each", async () => {
    const [header, claims] = [part(own.access_token, 0), part(own.access_token, 1)];
    const { privateKey } = ecKeys();
    const began = process.cpuUsage();
    await unchanged(world, async () => {
      for (let index = 0; index < 200; index++)
        expect((await userinfo(jws({ ...header, kid: `unknown-${index}` }, claims, privateKey))).status).toBe(401);
    });
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1_000).toBeLessThan(20_000);
  });

  async function freshAdmin(): Promise<string> {
    const client = { client_id: "grantline-admin", client_secret: "test-admin-secret-of-32-characters" } as Registered & {
      client_secret: string;
    };
    return ((await (await token(world, { grant_type: "client_credentials", scope: "grantline:admin" }, basicOf(client))).json()) as Tokens)
      .access_token;
  }
});

afterwards(() => world);
