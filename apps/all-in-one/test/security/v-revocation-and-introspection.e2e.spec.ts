/*
 * Real: the whole server over HTTP with the embedded adapters. Made: the clock; and, where a case says so, a store whose append fails.
 */
import { EventStoreUnavailable } from "@grantline/event-store";
import { postForm, redeem, refresh, type Tokens } from "@grantline/testing";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { codeFor, isActive, revoke, tokensFor } from "./support/grants.ts";
import { expectCommon, expectError } from "./support/refusal.ts";
import { authorize, basicOf, push, token } from "./support/request.ts";
import { eventsDuring, RESOURCE, startWorld, unchanged, type World } from "./support/world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
beforeEach(() => world.server.advance(61));

const introspect = (
  value: string,
  headers: Readonly<Record<string, string>> = basicOf(world.rs),
  more: Readonly<Record<string, string>> = {},
): Promise<Response> => postForm(`${world.issuer}/introspect`, { token: value, ...more }, headers);

describe("introspection", () => {
  it("V-01 demands a confidential client or a token for it", async () => {
    const { access_token: value } = await tokensFor(world);
    const send = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
      unchanged(world, () => postForm(`${world.issuer}/introspect`, { token: value, ...parameters }, headers));
    await expectError(world, await send({}), { status: 401, error: "invalid_client", reason: "client-authentication-missing" });
    await expectError(world, await send({ client_id: world.app.client_id }), {
      status: 401,
      error: "invalid_client",
      reason: "introspection-not-allowed",
    });
    await expectError(world, await send({ client_id: world.rs.client_id }), {
      status: 401,
      error: "invalid_client",
      reason: "client-authentication-missing",
    });
    await expectError(world, await send({}, { authorization: `Bearer ${value}` }), {
      status: 401,
      error: "invalid_token",
      reason: "bearer-invalid",
    });
    await expectError(world, await postForm(`${world.issuer}/introspect`, {}, basicOf(world.rs)), {
      status: 400,
      error: "invalid_request",
      reason: "parameter-missing",
    });
  });

  it("V-02 says nothing but inactive, the same for every reason there is", async () => {
    const family = await tokensFor(world);
    const revoked = await tokensFor(world);
    await revoke(world, world.app, revoked.refresh_token);
    const expired = await tokensFor(world);
    const rotated = family.refresh_token;
    const foreign = (await (
      await token(world, { grant_type: "client_credentials", resource: "https://files.example/mcp" }, basicOf(world.machine))
    ).json()) as Tokens;
    const { code } = await codeFor(world);
    await refresh(world.issuer, world.app, rotated);
    world.server.advance(900);
    const values = [
      "x",
      "gl_at_x",
      "a.b.c",
      revoked.access_token,
      expired.access_token,
      foreign.access_token,
      code,
      rotated,
      family.refresh_token,
      world.rs.client_secret,
      "y".repeat(5_000),
    ];
    const answers = new Set<string>();
    for (const value of values) {
      for (const more of [
        {},
        { token_type_hint: "access_token" },
        { token_type_hint: "refresh_token" },
        { token_type_hint: "banana" },
      ] as Record<string, string>[]) {
        const response = await unchanged(world, () => introspect(value, basicOf(world.rs), more));
        const text = await response.text();
        expectCommon(response, text);
        answers.add(
          JSON.stringify([response.status, text, [...response.headers].filter(([name]) => !["date", "x-correlation-id"].includes(name))]),
        );
      }
    }
    expect([...answers].map((each) => JSON.parse(each).slice(0, 2) as unknown)).toEqual([[200, '{"active":false}']]);
  });

  it("V-02 shows a client its own refresh token while it is the current one, and none that was rotated", async () => {
    const first = await tokensFor(world, { client: world.web });
    const seen = async (value: string): Promise<unknown> =>
      ((await (await introspect(value, basicOf(world.web))).json()) as { active: boolean }).active;
    expect(await seen(first.refresh_token)).toBe(true);
    const second = (await (await refresh(world.issuer, world.web, first.refresh_token)).json()) as Tokens & { refresh_token: string };
    expect([await seen(first.refresh_token), await seen(second.refresh_token)]).toEqual([false, true]);
  });

  it("V-02 makes a client that scans wait where it has a limit, and an address whose guesses fail", async () => {
    const strict = await startWorld({ env: { GRANTLINE_LIMIT_FAILURES: "30" } });
    try {
      await strict.server.admin.call("PATCH", `/clients/${strict.machine.client_id}`, { settings: { requests_per_minute: 100 } });
      const scan = (index: number, headers: Readonly<Record<string, string>>) =>
        postForm(`${strict.issuer}/introspect`, { token: `gl_at_local0123456789abcdef.${index}.x` }, headers);
      const statuses = new Map<number, number>();
      for (let index = 0; index < 300; index++) {
        const { status } = await scan(index, basicOf(strict.machine));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      expect([...statuses]).toEqual([
        [200, 100],
        [429, 200],
      ]);
      const limited = await scan(0, basicOf(strict.machine));
      expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(limited.headers.get("ratelimit-policy")).toBe('"client";q=100;w=60');
      await expectError(strict, limited, { status: 429, error: "too_many_requests", reason: "rate-limited" });
      let last = 0;
      for (let index = 0; index < 40; index++) last = (await scan(index, { authorization: `Bearer gl_at_guess${index}` })).status;
      expect(last).toBe(429);
      expect((await scan(1, basicOf(strict.rs))).status).toBe(200);
    } finally {
      await strict.server.close();
      strict.watch.stop();
    }
  });

  it("V-03 shows a token to its own resource and to an admin, and no personal data to either", async () => {
    const { access_token: value } = await tokensFor(world, { scope: "openid profile email notes:read" });
    const admin = { authorization: `Bearer ${await world.server.admin.token()}` };
    for (const headers of [basicOf(world.rs), admin]) {
      const body = (await (await introspect(value, headers)).json()) as Record<string, unknown>;
      expect(Object.keys(body).toSorted()).toEqual([
        "active",
        "aud",
        "client_id",
        "entity",
        "exp",
        "gid",
        "iat",
        "iss",
        "jti",
        "scope",
        "sub",
        "token_type",
      ]);
      expect(body["active"]).toBe(true);
    }
    for (const other of [world.otherRs, world.web, world.machine])
      expect(await (await introspect(value, basicOf(other))).json()).toEqual({ active: false });
  });
});

describe("revocation", () => {
  it("V-04 with the refresh token go its access tokens, at once; twice is fine", async () => {
    const family = await tokensFor(world);
    const second = (await (await refresh(world.issuer, world.app, family.refresh_token)).json()) as Tokens & { refresh_token: string };
    const { result, types } = await eventsDuring(world, () => revoke(world, world.app, second.refresh_token));
    expect([result.status, await result.text(), types]).toEqual([200, "", ["GrantRevoked"]]);
    for (const value of [family.access_token, second.access_token, second.refresh_token]) expect(await isActive(world, value)).toBe(false);
    expect((await unchanged(world, () => revoke(world, world.app, second.refresh_token))).status).toBe(200);
    await expectError(world, await refresh(world.issuer, world.app, second.refresh_token), {
      status: 400,
      error: "invalid_grant",
      reason: "grant-revoked",
    });
  });

  it.each(["access_token", "refresh_token", "banana", "", "id_token"])(
    "V-04 finds either kind whatever the hint says: %s",
    async (hint) => {
      const family = await tokensFor(world);
      expect((await revoke(world, world.app, family.access_token, { token_type_hint: hint })).status).toBe(200);
      expect([await isActive(world, family.access_token), await isActive(world, family.refresh_token)]).toEqual([false, true]);
      expect((await revoke(world, world.app, family.refresh_token, { token_type_hint: hint })).status).toBe(200);
      expect(await isActive(world, family.refresh_token)).toBe(false);
    },
  );

  it("V-04 an access token goes alone: its family goes on, and it is never back", async () => {
    const family = await tokensFor(world);
    const { types } = await eventsDuring(world, () => revoke(world, world.app, family.access_token));
    expect(types).toEqual(["AccessTokenRevoked"]);
    const next = (await (await refresh(world.issuer, world.app, family.refresh_token)).json()) as Tokens;
    expect([await isActive(world, family.access_token), await isActive(world, next.access_token)]).toEqual([false, true]);
    expect((await unchanged(world, () => revoke(world, world.app, family.access_token))).status).toBe(200);
  });

  it.each(["x", "gl_rt_x", "a.b.c", "constructor", "\u0000", "y".repeat(5_000)])(
    "V-04 takes rubbish for already revoked: %s",
    async (value) => {
      expect((await unchanged(world, () => revoke(world, world.app, value))).status).toBe(200);
    },
  );

  it("V-04 refuses another client's token, which stays valid; and a request without one", async () => {
    const family = await tokensFor(world);
    for (const value of [family.access_token, family.refresh_token]) {
      for (const client of [world.web, world.stranger, world.rs]) {
        await expectError(world, await unchanged(world, () => revoke(world, client, value)), {
          status: 400,
          error: "invalid_grant",
          reason: "client-mismatch",
        });
      }
      expect(await isActive(world, value)).toBe(true);
    }
    await expectError(world, await revoke(world, world.app, ""), { status: 400, error: "invalid_request", reason: "parameter-missing" });
    const webs = await tokensFor(world, { client: world.web });
    const unproven = await unchanged(world, () =>
      postForm(`${world.issuer}/revoke`, { token: webs.access_token, client_id: world.web.client_id }),
    );
    await expectError(world, unproven, { status: 401, error: "invalid_client", reason: "client-authentication-missing" });
    expect(await isActive(world, webs.access_token)).toBe(true);
  });

  it("V-04 ends a machine's token, which has no grant", async () => {
    const { access_token: value } = (await (
      await token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(world.machine))
    ).json()) as Tokens;
    expect(await isActive(world, value)).toBe(true);
    const { result, types } = await eventsDuring(world, () => revoke(world, world.machine, value));
    expect([result.status, types, await isActive(world, value)]).toEqual([200, ["AccessTokenRevoked"], false]);
  });
});

describe("V-05 the store is away", () => {
  it("V-05 answers 503 with Retry-After to every write, keeps telling what is active, and recovers", async () => {
    const family = await tokensFor(world);
    const pending = await codeFor(world);
    const { store } = world.server.context;
    const append = store.append.bind(store);
    const away = { status: 503, error: "temporarily_unavailable" };
    (store as { append: typeof store.append }).append = () => Promise.reject(new EventStoreUnavailable("away"));
    try {
      const writes: readonly (() => Promise<Response>)[] = [
        () => revoke(world, world.app, family.refresh_token),
        () => revoke(world, world.app, family.access_token),
        () => refresh(world.issuer, world.app, family.refresh_token),
        () => redeem({ issuer: world.issuer, client: world.app }, pending.code, pending.verifier),
        () => token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(world.machine)),
        () =>
          fetch(`${world.issuer}/register`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ redirect_uris: ["https://client.example/cb"], token_endpoint_auth_method: "none" }),
          }),
      ];
      for (const write of writes) {
        const response = await write();
        const body = (await response.json()) as Record<string, unknown>;
        expect({ status: response.status, error: body["error"] }).toEqual(away);
        expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
        expect(Object.keys(body).toSorted()).toEqual(["correlation_id", "error", "error_description"]);
      }
      expect([await isActive(world, family.access_token), await isActive(world, family.refresh_token)]).toEqual([true, true]);
      expect([(await authorize(world, world.app.client_id)).status, (await push(world, world.app)).status]).toEqual([302, 201]);
    } finally {
      (store as { append: typeof store.append }).append = append;
    }
    expect((await redeem({ issuer: world.issuer, client: world.app }, pending.code, pending.verifier)).status).toBe(200);
    expect((await refresh(world.issuer, world.app, family.refresh_token)).status).toBe(200);
    expect((await revoke(world, world.app, family.access_token)).status).toBe(200);
    expect(await isActive(world, family.access_token)).toBe(false);
    expect((await token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(world.machine))).status).toBe(200);
  });
});

afterwards(() => world);
