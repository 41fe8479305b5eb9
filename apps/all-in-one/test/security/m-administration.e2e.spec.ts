/*
 * Real: the whole server over HTTP with the embedded adapters. Made: the clock.
 */
import { readdirSync } from "node:fs";
import { introspect, type Tokens } from "@grantline/testing";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { cookieHeader, openConsent } from "./support/browser.ts";
import { tokensFor } from "./support/grants.ts";
import { expectProblem } from "./support/refusal.ts";
import { authorizationParameters, basicOf, raw as send, token } from "./support/request.ts";
import { CALLBACK, PASSWORD, startWorld, unchanged, type World } from "./support/world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld({ env: { GRANTLINE_OPERATORS: "demo" } });
});
beforeEach(() => world.server.advance(61));

const raw = (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response> =>
  world.server.admin.raw(method, path, body, headers);
const at = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${world.server.origin}/admin/v1${path}`, init);

describe("M-02 mass assignment", () => {
  it.each([
    "is_admin",
    "tenant_id",
    "first_party",
    "skip_consent",
    "verification",
    "status",
    "how",
    "secrets",
    "generation",
    "client_secret",
    "__proto__",
    "constructor",
  ])("M-02 refuses the member %s in every way to change a client", async (member) => {
    const body = JSON.stringify({ client_name: "x", redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" }).replace(
      "{",
      `{"${member}":{"x":true},`,
    );
    const send = (method: string, path: string) =>
      unchanged(world, async () =>
        at(path, {
          method,
          headers: { authorization: `Bearer ${await world.server.admin.token()}`, "content-type": "application/json" },
          body,
        }),
      );
    for (const [method, path] of [
      ["POST", "/clients"],
      ["PUT", `/clients/${world.stranger.client_id}`],
      ["PATCH", `/clients/${world.stranger.client_id}`],
    ] as const) {
      await expectProblem(world, await send(method, path), { status: 400, type: "value-not-allowed" });
    }
    expect(await world.server.admin.call("GET", `/clients/${world.stranger.client_id}`)).toMatchObject({
      verification: "dcr",
      status: "active",
      how: "dcr",
    });
  });

  it("M-02 refuses unknown settings, unknown filters and values out of bounds", async () => {
    const one = `/clients/${world.app.client_id}`;
    for (const settings of [
      { skip_consent: true },
      { access_token_lifetime: 10 ** 9 },
      { access_token_lifetime: -1 },
      { access_token_lifetime: "900" },
      { entity: "root" },
      { allowed_scopes: ["a b"] },
      { refresh_retry_window: 301 },
    ]) {
      await expectProblem(world, await unchanged(world, () => raw("PATCH", one, { settings })), { status: 400, type: "value-not-allowed" });
    }
    for (const query of ["?verified=true", "?limit=0", "?limit=101", "?limit=x", "?status=gone", "?cursor="]) {
      const response = await raw("GET", `/clients${query}`);
      expect([query, response.status]).toEqual([query, query === "?cursor=" ? 200 : 400]);
    }
  });
});

describe("M-03 who may administer", () => {
  it("M-03 refuses no token, a person's token, another resource's, an expired, a revoked and a guessed one", async () => {
    const family = await tokensFor(world, { scope: "openid notes:read" });
    const machine = (await (
      await token(world, { grant_type: "client_credentials", resource: "https://notes.example/mcp" }, basicOf(world.machine))
    ).json()) as Tokens;
    const cut = (await world.server.admin.token()).slice(0, -3);
    for (const value of [undefined, family.access_token, family.id_token, family.refresh_token, machine.access_token, cut, "x", "null"]) {
      const response = await unchanged(world, () =>
        at("/clients", value === undefined ? {} : { headers: { authorization: `Bearer ${value}` } }),
      );
      await expectProblem(world, response, { status: 401, type: value === undefined ? "bearer-missing" : "bearer-invalid" });
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer /);
    }
    const short = await world.server.admin.machine({
      scope: "grantline:clients",
      settings: { allowed_scopes: ["grantline:clients"], access_token_lifetime: 60 },
    });
    const { access_token: expiring } = (await (
      await token(world, { grant_type: "client_credentials", scope: "grantline:clients" }, basicOf(short))
    ).json()) as Tokens;
    expect((await at("/clients", { headers: { authorization: `Bearer ${expiring}` } })).status).toBe(200);
    world.server.advance(60);
    await expectProblem(world, await at("/clients", { headers: { authorization: `Bearer ${expiring}` } }), {
      status: 401,
      type: "bearer-invalid",
    });
  });

  it("M-03 takes no cookie for authentication: a browser logged in as operator can't be made to administer (CSRF)", async () => {
    const person = world.server.person();
    await openConsent(world, person, world.app.client_id);
    const headers = { cookie: cookieHeader(person), origin: "https://evil.example", "content-type": "text/plain" };
    for (const [method, path] of [
      ["POST", "/clients"],
      ["DELETE", `/clients/${world.app.client_id}`],
      ["POST", "/keys/rotate"],
    ] as const) {
      const response = await unchanged(world, () => at(path, { method, headers, ...(method === "POST" ? { body: "{}" } : {}) }));
      expect([401, 415]).toContain(response.status);
    }
    const preflight = await at("/clients", {
      method: "OPTIONS",
      headers: {
        origin: "https://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      },
    });
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
    "application/jsonx",
    "text/json",
  ])("M-03 refuses a body of type %s with 415", async (type) => {
    const response = await unchanged(world, async () =>
      at("/clients", {
        method: "POST",
        headers: { authorization: `Bearer ${await world.server.admin.token()}`, "content-type": type },
        body: "{}",
      }),
    );
    await expectProblem(world, response, { status: 415, type: "content-type-unsupported" });
  });

  it.each(["", "{", "null", "[]", '"x"', "7", '{"client_name":"a","client_name":"b"}', "\u0000"])(
    "M-03 refuses a body that is no good: %s",
    async (body) => {
      const response = await unchanged(world, async () =>
        at("/clients", {
          method: "POST",
          headers: { authorization: `Bearer ${await world.server.admin.token()}`, "content-type": "application/json" },
          body,
        }),
      );
      expect(response.status).toBe(400);
    },
  );

  it("M-03 lets a person administer while the settings name them, through an operator's client only (P14)", async () => {
    const resource = `${world.server.origin}/admin/v1`;
    const own = await tokensFor(world, { resource, scope: "grantline:clients:read" });
    expect((await at("/clients", { headers: { authorization: `Bearer ${own.access_token}` } })).status).toBe(200);
    expect((await at("/events", { headers: { authorization: `Bearer ${own.access_token}` } })).status).toBe(403);
    const url = await world.server
      .person()
      .authorize(
        `${world.issuer}/authorize?${authorizationParameters(world.stranger.client_id, { resource, scope: "grantline:clients:read" })}`,
        { password: PASSWORD },
      );
    expect([url.searchParams.get("error"), url.searchParams.has("code")]).toEqual(["access_denied", false]);
  });

  it("M-03 refuses an administrator of clients who makes an administrator", async () => {
    const clerk = await world.server.admin.machine({ scope: "grantline:clients", settings: { allowed_scopes: ["grantline:clients"] } });
    const { access_token: value } = (await (
      await token(world, { grant_type: "client_credentials", scope: "grantline:clients" }, basicOf(clerk))
    ).json()) as Tokens;
    const send = (method: string, path: string, body: object) =>
      unchanged(world, () =>
        at(path, { method, headers: { authorization: `Bearer ${value}`, "content-type": "application/json" }, body: JSON.stringify(body) }),
      );
    const power = { settings: { allowed_scopes: ["grantline:admin"] } };
    const attempts = [
      await send("POST", "/clients", {
        client_name: "x",
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
        ...power,
      }),
      await send("PATCH", `/clients/${world.machine.client_id}`, power),
      await send("PATCH", `/clients/${world.machine.client_id}`, { scope: "grantline:admin" }),
      await send("POST", "/clients/grantline-admin/secrets", {}),
      await send("POST", `/clients/${clerk.client_id}/secrets`, {}),
    ];
    for (const response of attempts) await expectProblem(world, response, { status: 403, type: "admin-scope-required" });
  });
});

describe("M-05 cursors and identifiers", () => {
  it("M-05 refuses a cursor that is forged, of another list, of other filters, or enormous", async () => {
    for (let index = 0; index < 3; index++) await world.server.admin.machine();
    const page = await world.server.admin.call<{ next_cursor: string }>("GET", "/clients?limit=2");
    expect((await raw("GET", `/clients?limit=2&cursor=${encodeURIComponent(page.next_cursor)}`)).status).toBe(200);
    const forged = [
      "x",
      "'; DROP TABLE clients; --",
      Buffer.from('{"after":"zzz"}').toString("base64url"),
      `${page.next_cursor}x`,
      page.next_cursor.slice(0, -2),
      "A".repeat(900),
      "\u0000",
      "../../etc/passwd",
    ];
    for (const cursor of forged)
      await expectProblem(world, await raw("GET", `/clients?limit=2&cursor=${encodeURIComponent(cursor)}`), {
        status: 400,
        type: "cursor-unknown",
      });
    await expectProblem(world, await raw("GET", `/clients?cursor=${"A".repeat(1_001)}`), { status: 400, type: "value-not-allowed" });
    for (const path of ["/resources", "/subjects", "/grants"])
      await expectProblem(world, await raw("GET", `${path}?cursor=${encodeURIComponent(page.next_cursor)}`), {
        status: 400,
        type: "cursor-unknown",
      });
    const twice = await raw("GET", `/clients?limit=2&limit=3`);
    expect(twice.status).toBe(400);
  });

  it.each([
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "%00",
    "%F0%9F%92%A9",
    "a".repeat(3_000),
    "constructor",
    "__proto__",
    "'%20OR%201=1",
    "%",
    "%ff",
  ])("M-05 finds nothing under the id %s", async (id) => {
    for (const path of [`/clients/${id}`, `/grants/${id}`, `/resources/${id}`, `/subjects/${id}`]) {
      const response = await unchanged(world, () => raw("GET", path));
      expect([path.slice(0, 40), [400, 404, 414].includes(response.status)]).toEqual([path.slice(0, 40), true]);
    }
  });

  it.each([
    "after=-1",
    "after=x",
    "after=99999999999999999999",
    "from_revision=-1",
    "from_revision=1.5",
    "limit=100000",
    "stream=%00",
    "type=x%0ay",
    "stream_prefix=%25",
  ])("M-05 M-08 bounds a question to the events: %s", async (query) => {
    const began = performance.now();
    const response = await raw("GET", `/events?${query}`);
    expect([200, 400]).toContain(response.status);
    expect(performance.now() - began).toBeLessThan(20_000);
    if (response.status === 200) expect(((await response.json()) as { items: unknown[] }).items.length).toBeLessThanOrEqual(1_000);
  });
});

describe("M-06 names of files", () => {
  /** Of what lies beside the log, and of what would be a sibling of the folder by a careless prefix. */
  const NAMES = [
    "../events.db",
    "..%2fevents.db",
    "..%252fevents.db",
    "%2e%2e/%2e%2e/etc/passwd",
    "....//....//etc/passwd",
    "..\\..\\events.db",
    "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
    "C:%5Cwindows%5Cwin.ini",
    "events.db%00.jsonl",
    "../grantline-evil/events.db",
    "keys/keys.db",
  ];
  const files = (): readonly string[] =>
    readdirSync(world.server.dataDir, { recursive: true })
      .map(String)
      .filter((name) => !/-(wal|shm|journal)$/.test(name))
      .toSorted();

  it.each(NAMES)("M-06 serves no file by the name %s, below the log, its downloads and its holds", async (name) => {
    const authorization = `Bearer ${await world.server.admin.token()}`;
    const before = files();
    for (const [method, path] of [
      ["GET", `/audit/v1/${name}`],
      ["GET", `/audit/v1/events/${name}`],
      ["GET", `/audit/v1/checkpoint/${name}`],
      ["GET", `/audit/v1/checkpoint.vkey/${name}`],
      ["GET", `/audit/v1/days/${name}`],
      ["POST", `/audit/v1/holds/${name}/lift`],
      ["GET", `/admin/v1/events/${name}`],
    ] as const) {
      const answer = await unchanged(world, () => send(world, { method, path, headers: [["authorization", authorization]] }));
      expect([path, [400, 404, 405].includes(answer.status)]).toEqual([path, true]);
      expect(answer.body).not.toMatch(/SQLite format|root:|\[fonts\]/);
    }
    expect(files()).toEqual(before);
  });

  it.each(["../../tmp/x", "/etc/cron.d/x", "csv/../../x", "CSV", "csv%00", 'csv"; filename="x.sh', "csv\r\nx: y", "__proto__"])(
    "M-06 lets nobody name a download or its format %j",
    async (name) => {
      const authorization = `Bearer ${await world.server.admin.token()}`;
      const audit = (query: string): Promise<Response> =>
        fetch(`${world.server.origin}/audit/v1/events?${query}`, { headers: { authorization } });
      const asFormat = await audit(`format=${encodeURIComponent(name)}`);
      expect([asFormat.status, asFormat.headers.get("content-disposition")]).toEqual([400, null]);
      await asFormat.body?.cancel();
      const before = files();
      const asFilter = await audit(`stream=${encodeURIComponent(name)}&format=csv`);
      await asFilter.body?.cancel();
      expect(asFilter.status).toBe(200);
      expect(asFilter.headers.get("content-disposition")).toMatch(/^attachment; filename="grantline-audit-\d+\.csv"$/);
      expect(files()).toEqual(before);
    },
  );
});

describe("M-07 what strangers write stays one line", () => {
  const HOSTILE = [
    "=cmd|' /C calc'!A0",
    "a\r\nSet-Cookie: x=1",
    "\u001b[31mred\u001b[0m",
    "nul\u0000byte",
    '{"level":60,"msg":"forged"}',
    "\u2028line\u2029separator",
    "%0d%0aX: y",
  ];

  it.each(HOSTILE.map((text) => [JSON.stringify(text), text] as const))(
    "M-07 keeps %s from breaking a log line, an event or a header",
    async (_shown, text) => {
      const agent = text.replaceAll(/[^\x20-\x7e]/g, "?");
      const response = await fetch(`${world.issuer}/register`, {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": agent, "x-correlation-id": "short" },
        body: JSON.stringify({ client_name: text, software_id: text, redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" }),
      });
      expect([201, 400]).toContain(response.status);
      await fetch(`${world.issuer}/authorize?${new URLSearchParams({ client_id: text, redirect_uri: text, state: text })}`, {
        headers: { "user-agent": agent },
      });
      expect(response.headers.get("x-correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
      const lines = world.server
        .logs()
        .split("\n")
        .filter((line) => line !== "");
      for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
      expect(lines.some((line) => (JSON.parse(line) as { msg?: string }).msg === "forged")).toBe(false);
      const events = await world.server.context.store.readAll("0", 1_000);
      for (const { body } of events) expect([body.includes("\n"), typeof JSON.parse(body)]).toEqual([false, "object"]);
    },
  );

  it("M-07 takes a correlation id of ours only when it is plain", async () => {
    for (const [sent, kept] of [
      ["request-0123456789", true],
      ["short", false],
      ["x".repeat(65), false],
      ["id with spaces", false],
      ["id;injected=1", false],
    ] as const) {
      const { headers } = await fetch(`${world.issuer}/jwks`, { headers: { "x-correlation-id": sent } });
      expect(headers.get("x-correlation-id") === sent).toBe(kept);
    }
  });

  it("M-09 shows every event with the hash that chains it to the one before (P10)", async () => {
    const { access_token: value } = await tokensFor(world);
    const { gid } = (await introspect(world.issuer, world.rs, value)) as unknown as { gid: string };
    const { items } = await world.server.admin.call<{ items: { hash: string; revision: number }[] }>("GET", `/events?stream=grant-${gid}`);
    expect(items.map(({ revision }) => revision)).toEqual([0, 1]);
    for (const method of ["DELETE", "PUT", "PATCH", "POST"]) {
      const response = await raw(method, `/events`, method === "DELETE" ? undefined : {});
      expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, expect.stringContaining("GET")]);
    }
  });
});

afterwards(() => world);
