// Real: SQLite event store, stream runtime, deciders, tokens, seals, limits. Given: clock, how names resolve.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StreamParked } from "@grantline/event-store";
import type { Limits, OAuthSettings } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { eventsOf, META, openWorld, wholeLog, type World } from "../testing/world.ts";
import type { HttpRequest } from "../http/index.ts";
import { createLimits } from "../limits/index.ts";
import { createSafeFetch } from "../outbound/index.ts";
import { sha256 } from "../tokens/index.ts";
import { expireUnusedClients, registrationEndpoints } from "./index.ts";

let world: World;
let limits: Limits;
beforeAll(async () => {
  world = await openWorld();
  limits = createLimits({ clock: world.clock, anonymousWritesPerMinute: 5 });
});
afterAll(() => world.close());

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly reason?: string;
  readonly headers: Readonly<Record<string, unknown>>;
}
const BASE = "/oauth/register";
let address = 0;

async function call(
  method: string,
  body?: unknown,
  more: {
    readonly clientId?: string;
    readonly token?: string;
    readonly ip?: string;
    readonly settings?: Partial<OAuthSettings>;
    readonly headers?: HttpRequest["headers"];
  } = {},
): Promise<Reply> {
  const context = { ...world.context, limits, settings: { ...world.context.settings, ...more.settings } };
  const fetcher = createSafeFetch({
    allowInsecureLoopback: false,
    clock: world.clock,
    resolve: async (name) =>
      name === "absent.example" ? [] : [{ address: name === "inside.example" ? "10.0.0.1" : "93.184.216.34", family: 4 }],
  });
  const path = more.clientId === undefined ? BASE : `${BASE}/:client_id`;
  const endpoint = registrationEndpoints(context, { fetcher }).find((each) => each.path === path && each.method === method);
  if (endpoint === undefined) return { status: 404, body: {}, headers: {} };
  const authorization = more.token === undefined ? {} : { authorization: `Bearer ${more.token}` };
  const request: HttpRequest = {
    method,
    path: BASE,
    query: "",
    params: { client_id: more.clientId ?? "" },
    headers: { "user-agent": "spec", ...authorization, ...more.headers },
    ip: more.ip ?? `10.1.${(address += 1)}.1`,
    correlationId: "c",
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
  };
  try {
    const response = await endpoint.handle(request);
    return {
      status: response.status,
      headers: response.headers ?? {},
      body: response.body === undefined ? {} : (JSON.parse(response.body) as Record<string, unknown>),
    };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return {
      status: error.status,
      headers: error.headers,
      body: { error: error.code, error_description: error.description },
      reason: error.reason,
    };
  }
}
const redirect_uris = ["http://localhost/cb"];
const registered = async (members: object = {}) =>
  (await call("POST", { redirect_uris, ...members })).body as {
    client_id: string;
    registration_access_token: string;
    client_secret?: string;
  };

describe("POST /register", () => {
  it("answers with everything as registered, and no nulls", async () => {
    const { status, body, headers } = await call("POST", {
      redirect_uris,
      client_name: "Agent",
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      scope: "mcp grantline:admin",
      unknown: 1,
      logo_uri: null,
    });
    expect(status).toBe(201);
    expect(headers["cache-control"]).toBe("no-store");
    expect(body).toEqual({
      client_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      client_id_issued_at: world.clock.time,
      registration_access_token: expect.stringMatching(/^gl_rat_/) as string,
      registration_client_uri: `http://as.test/oauth/register/${body["client_id"] as string}`,
      client_name: "Agent",
      redirect_uris,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      application_type: "native",
      scope: "mcp",
    });
  });

  it("gives a secret to those who need one, and keeps only its hash (P9)", async () => {
    const { body } = await call("POST", { redirect_uris });
    expect(body).toMatchObject({
      token_endpoint_auth_method: "client_secret_basic",
      client_secret: expect.stringMatching(/^gl_cs_[\w-]{43}$/) as string,
      client_secret_expires_at: 0,
    });
    const { state } = await world.context.clients.load(body["client_id"] as string);
    expect(state).toMatchObject({
      how: "dcr",
      verification: "dcr",
      settings: {},
      secrets: [{ hash: sha256(body["client_secret"] as string) }],
      unusedExpiresAt: world.clock.time + 86_400,
    });
    const log = await wholeLog(world);
    for (const secret of [body["client_secret"], body["registration_access_token"]]) expect(log).not.toContain(secret as string);
  });

  it("gives none to a public client (F-08)", async () => {
    expect(await registered({ token_endpoint_auth_method: "none" })).not.toHaveProperty("client_secret");
  });

  it.each([
    ["no body", undefined, "invalid_client_metadata"],
    ["no JSON", "{", "invalid_client_metadata"],
    ["a list", [], "invalid_client_metadata"],
    ["null", "null", "invalid_client_metadata"],
    ["no redirect URI", {}, "invalid_redirect_uri"],
    ["a script for one (A-03)", { redirect_uris: ["javascript:alert(1)"] }, "invalid_redirect_uri"],
    [
      "a key set inside (F-01)",
      { redirect_uris, token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://inside.example/jwks" },
      "invalid_client_metadata",
    ],
    ["a forged software statement (F-10)", { redirect_uris, software_statement: "eyJhbGciOiJub25lIn0.e30." }, "invalid_software_statement"],
    ["a software statement that is no text", { redirect_uris, software_statement: {} }, "invalid_software_statement"],
    [
      "a foreign software statement (F-10)",
      { redirect_uris, software_statement: "eyJhbGciOiJFUzI1NiJ9.e30.c2ln" },
      "unapproved_software_statement",
    ],
  ])("refuses %s", async (_what, body, error) => {
    expect(await call("POST", body)).toMatchObject({ status: 400, body: { error } });
  });

  it("accepts a key set at a public host, resolvable or not yet, and a null for a statement", async () => {
    const jwt = { token_endpoint_auth_method: "private_key_jwt", software_statement: null };
    expect((await call("POST", { redirect_uris, ...jwt, jwks_uri: "https://keys.example/jwks" })).status).toBe(201);
    expect((await call("POST", { redirect_uris, ...jwt, jwks_uri: "https://absent.example/jwks" })).status).toBe(201);
  });

  it("has a quota per address (F-08)", async () => {
    const ip = "203.0.113.9";
    const statuses = [];
    for (let n = 0; n < 7; n += 1) statuses.push((await call("POST", { redirect_uris }, { ip })).status);
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429, 429]);
  });

  it("may be closed", async () => {
    expect((await call("POST", { redirect_uris }, { settings: { dcr: { ...world.context.settings.dcr, enabled: false } } })).status).toBe(
      404,
    );
  });

  it("may ask for an initial access token, which also vouches for grants without a person", async () => {
    const settings = { dcr: { ...world.context.settings.dcr, initialAccessTokens: ["first-token", "second-token"] } };
    const service = { grant_types: ["client_credentials"] };
    for (const token of [undefined, "wrong", "second-token-"]) {
      const reply = await call("POST", service, { settings, ...(token === undefined ? {} : { token }) });
      expect(reply).toMatchObject({ status: 401, body: { error: "invalid_token" }, reason: "initial-access-token-missing" });
      expect(reply.headers["www-authenticate"]).toContain("Bearer");
    }
    const { status, body } = await call("POST", service, { settings, token: "second-token", ip: "203.0.113.9" });
    expect([status, body["grant_types"]]).toEqual([201, ["client_credentials"]]);
    expect((await world.context.clients.load(body["client_id"] as string)).state).not.toHaveProperty("unusedExpiresAt");
    expect((await call("POST", service)).body["error"]).toBe("invalid_client_metadata");
  });
});

describe("managing one's own registration (RFC 7592)", () => {
  it("reads it with the token it came with, which stays good", async () => {
    const client = await registered({ client_name: "Mine" });
    for (let n = 0; n < 2; n += 1) {
      const { status, body } = await call("GET", undefined, { clientId: client.client_id, token: client.registration_access_token });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        client_id: client.client_id,
        client_name: "Mine",
        registration_access_token: client.registration_access_token,
      });
      expect(body).not.toHaveProperty("client_secret");
    }
  });

  it("gives the same 401 for no, wrong, foreign and unfitting tokens, known client or not", async () => {
    const one = await registered();
    const other = await registered();
    const forged = `gl_rat_${one.client_id}.${"a".repeat(43)}000000`;
    for (const token of [undefined, "x", forged, other.registration_access_token]) {
      for (const clientId of [one.client_id, "nobody"]) {
        expect(await call("GET", undefined, { clientId, ...(token === undefined ? {} : { token }) })).toMatchObject({
          status: 401,
          reason: "registration-token-wrong",
        });
      }
    }
    expect(
      (await call("GET", undefined, { clientId: one.client_id, headers: { authorization: `Basic ${one.registration_access_token}` } }))
        .status,
    ).toBe(401);
  });

  it("replaces all metadata, and the token with it", async () => {
    const client = await registered({ client_name: "Old", logo_uri: "https://a.example/logo" });
    const { status, body } = await call(
      "PUT",
      { client_id: client.client_id, redirect_uris: ["https://new.example/cb"], client_name: "New", client_secret: client.client_secret },
      { clientId: client.client_id, token: client.registration_access_token },
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      client_name: "New",
      redirect_uris: ["https://new.example/cb"],
      application_type: "web",
      client_secret: client.client_secret,
      client_secret_expires_at: 0,
    });
    expect(body).not.toHaveProperty("logo_uri");
    expect(body["registration_access_token"]).not.toBe(client.registration_access_token);
    expect((await call("GET", undefined, { clientId: client.client_id, token: client.registration_access_token })).status).toBe(401);
    expect((await call("GET", undefined, { clientId: client.client_id, token: body["registration_access_token"] as string })).status).toBe(
      200,
    );
    expect(await eventsOf(world, `client-${client.client_id}`)).toEqual([
      "ClientRegistered",
      "ClientSecretIssued",
      "ClientUpdated",
      "RegistrationTokenRotated",
    ]);
  });

  it("takes one token for one update: of twenty at once one passes, and the token it was given is the one that counts", async () => {
    const client = await registered({ client_name: "Old" });
    const options = { clientId: client.client_id, token: client.registration_access_token };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => call("PUT", { client_id: client.client_id, redirect_uris, client_name: `New ${n}` }, options)),
    );
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    const { status, body } = await call("GET", undefined, {
      clientId: client.client_id,
      token: taken[0]?.body["registration_access_token"] as string,
    });
    expect([status, body["client_name"]]).toEqual([200, taken[0]?.body["client_name"]]);
  });

  it("makes a secret when one becomes needed, and shows none to a public client", async () => {
    const client = await registered({ token_endpoint_auth_method: "none" });
    const first = await call(
      "PUT",
      { client_id: client.client_id, redirect_uris, token_endpoint_auth_method: "client_secret_post" },
      { clientId: client.client_id, token: client.registration_access_token },
    );
    expect(first.body["client_secret"]).toMatch(/^gl_cs_/);
    const second = await call(
      "PUT",
      { client_id: client.client_id, redirect_uris, token_endpoint_auth_method: "none", client_secret: first.body["client_secret"] },
      { clientId: client.client_id, token: first.body["registration_access_token"] as string },
    );
    expect(second.status).toBe(200);
    expect(second.body).not.toHaveProperty("client_secret");
  });

  it.each([
    ["another client_id", { client_id: "other" }],
    ["no client_id", { client_id: undefined }],
    ["a registration_access_token", { registration_access_token: "x" }],
    ["a registration_client_uri", { registration_client_uri: "x" }],
    ["a client_secret_expires_at", { client_secret_expires_at: 0 }],
    ["a client_id_issued_at", { client_id_issued_at: 0 }],
    ["a secret of its own choice", { client_secret: "chosen" }],
    ["a secret that is no text", { client_secret: 1 }],
    ["client_credentials nobody vouched for", { grant_types: ["client_credentials"] }],
  ])("refuses an update with %s", async (_what, members) => {
    const client = await registered();
    const options = { clientId: client.client_id, token: client.registration_access_token };
    expect(await call("PUT", { client_id: client.client_id, redirect_uris, ...members }, options)).toMatchObject({
      status: 400,
      body: { error: "invalid_client_metadata" },
    });
    expect((await call("GET", undefined, options)).status).toBe(200);
  });

  it("cannot change a suspended client", async () => {
    const client = await registered();
    await world.context.clients.execute(client.client_id, { kind: "suspend", now: world.clock.now(), reason: "abuse" }, META);
    expect(await call("GET", undefined, { clientId: client.client_id, token: client.registration_access_token })).toMatchObject({
      status: 403,
      reason: "client-suspended",
    });
  });

  it("deletes the client with everything of it", async () => {
    const client = await registered();
    const options = { clientId: client.client_id, token: client.registration_access_token };
    expect((await call("DELETE", undefined, options)).status).toBe(204);
    for (const method of ["GET", "DELETE"]) expect((await call(method, undefined, options)).status).toBe(401);
    expect((await world.context.clients.load(client.client_id)).state).toMatchObject({ status: "deleted", reason: "self", generation: 1 });
  });

  it("says that the client is gone when it went while the update was read", async () => {
    const client = await registered();
    const raced = {
      ...world.context.clients,
      execute: async (...args: Parameters<World["context"]["clients"]["execute"]>) => {
        if (args[1].kind === "update")
          await world.context.clients.execute(client.client_id, { kind: "delete", now: world.clock.now(), reason: "admin" }, META);
        return world.context.clients.execute(...args);
      },
    };
    const update = registrationEndpoints({ ...world.context, clients: raced }).find((each) => each.method === "PUT");
    const request: HttpRequest = {
      method: "PUT",
      path: BASE,
      query: "",
      params: { client_id: client.client_id },
      headers: { authorization: `Bearer ${client.registration_access_token}` },
      ip: "10.9.9.9",
      correlationId: "c",
      body: JSON.stringify({ client_id: client.client_id, redirect_uris }),
    };
    await expect(update?.handle(request)).rejects.toMatchObject({ status: 401, reason: "registration-token-wrong" });
  });
});

describe("clients that nobody uses", () => {
  it("go when their time is over and no grant of theirs lives", async () => {
    const idle = await registered();
    const used = await registered();
    const suspended = await registered();
    await world.context.clients.execute(suspended.client_id, { kind: "suspend", now: world.clock.now(), reason: "abuse" }, META);
    const sweep = () =>
      expireUnusedClients(
        world.context,
        {
          clients: (async function* () {
            for (const { client_id: clientId } of [idle, used, suspended, { client_id: "nobody" }]) yield { clientId };
          })(),
          holdsLiveGrant: async (clientId) => clientId === used.client_id,
        },
        META,
      );
    expect(await sweep()).toBe(0);
    world.clock.time += 86_400;
    expect(await sweep()).toBe(1);
    expect(await sweep()).toBe(0);
    await expect(world.context.directory.find(idle.client_id)).rejects.toMatchObject({ reason: "client-expired" });
    expect((await world.context.directory.find(used.client_id)).clientId).toBe(used.client_id);
  });

  it("are left alone when their stream, or a grant of theirs, is of a newer release, and hold up nobody else (P11)", async () => {
    const [first, second] = [await registered(), await registered()];
    world.clock.time += 86_400;
    const sweep = (failure: Error) =>
      expireUnusedClients(
        world.context,
        {
          clients: (async function* () {
            for (const { client_id: clientId } of [first, second]) yield { clientId };
          })(),
          holdsLiveGrant: (clientId) => (clientId === first.client_id ? Promise.reject(failure) : Promise.resolve(false)),
        },
        META,
      );
    expect(await sweep(new StreamParked("grant-x", 3, "FutureEvent"))).toBe(1);
    await expect(sweep(new Error("the store is away"))).rejects.toThrow("the store is away");
  });
});
