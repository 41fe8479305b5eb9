/*
 * Real: the whole server over HTTP with the embedded adapters, and hosts on loopback that answer badly. Made: the clock, and DNS.
 */
import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import { postForm, register, startTestPlatform, type Registered } from "@grantline/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { ASSERTION_TYPE, assertionClaims, ecKeys, encode, jws } from "./support/assertion.ts";
import { startDocumentHost, type DocumentHost } from "./support/document-host.ts";
import { tokensFor } from "./support/grants.ts";
import { expectError, expectPage } from "./support/refusal.ts";
import { authorize, token } from "./support/request.ts";
import { CALLBACK, startWorld, unchanged, type World } from "./support/world.ts";

/** Names of ours in a made DNS. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "loop.example": ["127.0.0.1"],
  "metadata.example": ["169.254.169.254"],
  "private.example": ["10.0.0.7"],
  "ula.example": ["fd00::7"],
  "mapped.example": ["::ffff:127.0.0.1"],
  "mixed.example": ["93.184.215.14", "10.0.0.7"],
  "127.0.0.1.nip.io": ["127.0.0.1"],
  "nat64.example": ["64:ff9b::7f00:1"],
  "cgnat.example": ["100.64.0.1"],
  "zero.example": ["0.0.0.0"],
};
const resolve = (hostname: string) =>
  Promise.resolve((NAMES[hostname] ?? ["93.184.215.14"]).map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));

/** As in production: nothing on this machine is fetched from. */
let world: World;
/** As in development: documents may come from loopback. */
let open: World;
let host: DocumentHost;

beforeAll(async () => {
  world = await startWorld({ env: { GRANTLINE_CIMD_ALLOW_INSECURE_LOOPBACK: "false" }, resolve });
  open = await startWorld();
  host = await startDocumentHost();
});
beforeEach(() => {
  world.server.advance(61);
  open.server.advance(61);
});
afterAll(async () => {
  await open.server.close();
  open.watch.stop();
  await host.close();
});

const post = (at: World, members: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${at.issuer}/register`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof members === "string" ? members : JSON.stringify(members),
  });
const GOOD = { redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" };
const METADATA = { status: 400, error: "invalid_client_metadata", reason: "metadata-invalid" };

describe("F-01 addresses inside", () => {
  const port = (): string => new URL(host.origin).port;
  const INSIDE: readonly (readonly [string, () => string])[] = [
    ["127.0.0.1", () => `https://127.0.0.1:${port()}/x`],
    ["127.0.0.1 over http", () => `http://127.0.0.1:${port()}/x`],
    ["[::1]", () => `https://[::1]:${port()}/x`],
    ["localhost", () => `https://localhost:${port()}/x`],
    ["localhost.", () => `https://localhost.:${port()}/x`],
    ["169.254.169.254", () => "https://169.254.169.254/latest/meta-data"],
    ["10/8", () => "https://10.0.0.7/x"],
    ["192.168/16", () => "https://192.168.1.1/x"],
    ["172.16/12", () => "https://172.16.0.1/x"],
    ["fd00::/8", () => "https://[fd00::7]/x"],
    ["fe80::", () => "https://[fe80::1]/x"],
    ["0x7f.1", () => `https://0x7f.1:${port()}/x`],
    ["2130706433", () => `https://2130706433:${port()}/x`],
    ["0177.0.0.1", () => `https://0177.0.0.1:${port()}/x`],
    ["127.1", () => `https://127.1:${port()}/x`],
    ["[::ffff:127.0.0.1]", () => `https://[::ffff:127.0.0.1]:${port()}/x`],
    ["[::]", () => `https://[::]:${port()}/x`],
    ["0.0.0.0", () => `https://0.0.0.0:${port()}/x`],
    ["a local name", () => "https://intranet/x"],
    ["a .internal name", () => "https://db.internal/x"],
    ["user information", () => "https://user:pass@client.example/x"],
    ["http", () => "http://client.example/x"],
    ["another scheme", () => "ftp://client.example/x"],
    ["a file", () => "file:///etc/passwd"],
    ["port 22", () => "https://client.example:22/x"],
  ];

  it.each(INSIDE)("F-01 refuses %s as jwks_uri, logo_uri and other links of a registration, and as a client_id", async (_what, url) => {
    for (const member of ["jwks_uri", "logo_uri", "client_uri", "policy_uri", "tos_uri"]) {
      const more = member === "jwks_uri" ? { token_endpoint_auth_method: "private_key_jwt" } : {};
      await expectError(world, await unchanged(world, () => post(world, { ...GOOD, ...more, [member]: url() })), METADATA);
    }
    const page = await unchanged(world, () => authorize(world, url()));
    await expectPage(world, page, { status: 400, reason: /^https?:/.test(url()) ? "document-fetch-refused" : "client-unknown" });
    expect(host.hits).toEqual([]);
  });

  it.each(Object.keys(NAMES))("F-01 refuses the name %s, which leads inside, as jwks_uri and as client_id", async (name) => {
    const url = `https://${name}:8443/doc.json`;
    await expectError(
      world,
      await unchanged(world, () => post(world, { ...GOOD, token_endpoint_auth_method: "private_key_jwt", jwks_uri: url })),
      METADATA,
    );
    await expectPage(world, await unchanged(world, () => authorize(world, url)), { status: 400, reason: "document-fetch-refused" });
    const response = await unchanged(world, () =>
      token(world, { grant_type: "authorization_code", code: "x", code_verifier: "x", client_id: url }),
    );
    await expectError(world, response, { status: 401, error: "invalid_client", reason: "document-fetch-refused" });
  });

  it.each(["initiate_login_uri", "sector_identifier_uri", "backchannel_logout_uri", "request_uris"])(
    "F-01 ignores %s, which nothing here fetches",
    async (member) => {
      const response = await post(world, { ...GOOD, [member]: member === "request_uris" ? [`${host.origin}/x`] : `${host.origin}/x` });
      expect([response.status, member in ((await response.json()) as object), host.hits.length]).toEqual([201, false, 0]);
    },
  );

  it.each([
    "https://client.example",
    "https://client.example/",
    "https://client.example/a/../b",
    "https://client.example/a#f",
    "https://CLIENT.example/a",
    "https://client.example:443/a",
    "https://client.example/a/./b",
    " https://client.example/a",
    "https://client.example/a\tb",
    `https://client.example/${"a".repeat(1000)}`,
  ])("F-01 refuses a client_id that is no plain document URL: %s", async (clientId) => {
    const page = await unchanged(world, () => authorize(world, clientId));
    await expectPage(world, page, { status: 400, reason: clientId.startsWith("https:") ? "document-fetch-refused" : "client-unknown" });
  });
});

describe("documents that answer badly", () => {
  const documentOf = (path: string, size = 0): string =>
    JSON.stringify({
      client_id: `${host.origin}${path}`,
      client_name: "x",
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: "none",
      filler: "f".repeat(size),
    });

  it.each([301, 302, 303, 307, 308])("F-02 follows no redirect (%i), public to private or any other", async (status) => {
    const path = `/redirect-${status}`;
    host.routes.set(path, (_request, response) => response.writeHead(status, { location: `${host.origin}/inner-${status}` }).end());
    await expectPage(open, await unchanged(open, () => authorize(open, `${host.origin}${path}`)), {
      status: 400,
      reason: "document-fetch-failed",
    });
    expect(host.hits.filter((hit) => hit.startsWith("/inner"))).toEqual([]);
  });

  const BAD: readonly (readonly [string, string, string, (path: string, response: import("node:http").ServerResponse) => void])[] = [
    [
      "a gzip bomb",
      "/gzip",
      "document-fetch-failed",
      (_path, response) =>
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(10_000_000))),
    ],
    [
      "a document of more than 5 kB",
      "/large",
      "document-fetch-failed",
      (path, response) => response.writeHead(200, { "content-type": "application/json" }).end(documentOf(path, 5_120)),
    ],
    [
      "a gigabyte by content-length",
      "/giga",
      "document-fetch-failed",
      (_path, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1073741824" });
        response.write("{");
      },
    ],
    [
      "HTML",
      "/html",
      "document-fetch-failed",
      (path, response) => response.writeHead(200, { "content-type": "text/html" }).end(documentOf(path)),
    ],
    ["no content type", "/untyped", "document-fetch-failed", (path, response) => response.writeHead(200).end(documentOf(path))],
    [
      "404",
      "/gone",
      "document-fetch-failed",
      (path, response) => response.writeHead(404, { "content-type": "application/json" }).end(documentOf(path)),
    ],
    ["500", "/broken", "document-fetch-failed", (_path, response) => response.writeHead(500).end()],
    ["204", "/empty", "document-fetch-failed", (_path, response) => response.writeHead(204).end()],
    [
      "no JSON",
      "/nojson",
      "document-invalid",
      (_path, response) => response.writeHead(200, { "content-type": "application/json" }).end("{"),
    ],
    [
      "another client_id",
      "/other",
      "document-invalid",
      (_path, response) => response.writeHead(200, { "content-type": "application/json" }).end(documentOf("/elsewhere")),
    ],
    [
      "a client_id with a slash more",
      "/slash",
      "document-invalid",
      (path, response) => response.writeHead(200, { "content-type": "application/json" }).end(documentOf(`${path}/`)),
    ],
    [
      "a list",
      "/list",
      "document-invalid",
      (path, response) => response.writeHead(200, { "content-type": "application/json" }).end(`[${documentOf(path)}]`),
    ],
    ["a hang-up", "/hangup", "document-fetch-failed", (_path, response) => response.destroy()],
  ];

  it.each(BAD)("F-04 refuses %s", async (_what, path, reason, answer) => {
    host.routes.set(path, (_request, response) => answer(path, response));
    await expectPage(open, await unchanged(open, () => authorize(open, `${host.origin}${path}`)), { status: 400, reason });
  });

  it("F-04 gives up on a slow and on an endless document within seconds, and others are served meanwhile", async () => {
    host.routes.set("/slow", (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const drip = setInterval(() => response.write(" "), 100);
      response.on("close", () => clearInterval(drip));
    });
    host.routes.set("/endless", (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const pour = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", pour);
      pour();
    });
    const began = performance.now();
    const [slow, endless, other] = await Promise.all([
      authorize(open, `${host.origin}/slow`),
      authorize(open, `${host.origin}/endless`),
      authorize(open, open.app.client_id),
    ]);
    expect(performance.now() - began).toBeLessThan(40_000);
    await expectPage(open, slow as Response, { status: 400, reason: "document-fetch-failed" });
    await expectPage(open, endless as Response, { status: 400, reason: "document-fetch-failed" });
    expect((other as Response).status).toBe(302);
  });

  it("F-04 remembers a failure for seconds only", async () => {
    host.routes.set("/flaky", (_request, response) => response.writeHead(500).end());
    const url = `${host.origin}/flaky`;
    await expectPage(open, await authorize(open, url), { status: 400, reason: "document-fetch-failed" });
    host.document("/flaky");
    await expectPage(open, await authorize(open, url), { status: 400, reason: "document-fetch-failed" });
    open.server.advance(31);
    expect((await authorize(open, url)).status).toBe(302);
  });

  it("F-05 joins a hundred requests for one document into one fetch, and leaves no trace of a client nobody used", async () => {
    const clientId = host.document("/popular.json");
    const answers = await unchanged(open, () => Promise.all(Array.from({ length: 100 }, () => authorize(open, clientId))));
    expect([new Set(answers.map(({ status }) => status)), host.hits.filter((hit) => hit === "/popular.json").length]).toEqual([
      new Set([302]),
      1,
    ]);
  });

  it.each([
    ["a client_secret", { client_secret: "leaked-to-everybody-0123456789" }],
    ["client_secret_post", { token_endpoint_auth_method: "client_secret_post" }],
    ["client_secret_basic", { token_endpoint_auth_method: "client_secret_basic" }],
    ["client_secret_jwt", { token_endpoint_auth_method: "client_secret_jwt" }],
    ["a secret's expiry", { client_secret_expires_at: 0 }],
    [
      "only methods with secrets",
      { token_endpoint_auth_method: undefined, token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"] },
    ],
    ["no redirect URIs", { redirect_uris: [] }],
    ["a redirect URI to elsewhere by http", { redirect_uris: ["http://client.example/cb"] }],
    ["a private key", { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ kty: "oct", k: "AAAA" }] } }],
    ["no name", { client_name: undefined }],
  ])("F-06 refuses a document with %s", async (what, members) => {
    const clientId = host.document(`/${what.replace(/\W+/g, "-")}.json`, members);
    await expectPage(open, await unchanged(open, () => authorize(open, clientId)), { status: 400, reason: "document-invalid" });
  });

  it("F-06 gives a document client no admin scope and no client_credentials", async () => {
    const keys = ecKeys();
    const clientId = host.document("/greedy.json", {
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [keys.publicJwk] },
      grant_types: ["authorization_code", "client_credentials"],
      scope: "grantline:admin",
    });
    const assertion = jws({ alg: "ES256", kid: "ec-1" }, assertionClaims(open, clientId), keys.privateKey);
    const response = await token(open, {
      grant_type: "client_credentials",
      scope: "grantline:admin",
      client_assertion: assertion,
      client_assertion_type: ASSERTION_TYPE,
    });
    await expectError(open, response, { status: 400, error: "unauthorized_client", reason: "grant-type-not-allowed" });
  });

  it("F-07 fetches keys at a jwks_uri no faster than once in a while, however many unknown kids come", async () => {
    const keys = ecKeys();
    host.routes.set("/keys", (_request, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys: [keys.publicJwk] })),
    );
    const client = await register(open.issuer, { token_endpoint_auth_method: "private_key_jwt", jwks_uri: `${host.origin}/keys` });
    const send = (kid: string) =>
      postForm(`${open.issuer}/revoke`, {
        token: "x",
        client_assertion: jws({ alg: "ES256", kid }, assertionClaims(open, client.client_id), keys.privateKey),
        client_assertion_type: ASSERTION_TYPE,
      });
    expect((await send("ec-1")).status).toBe(200);
    for (let index = 0; index < 50; index++) expect((await send(`unknown-${index}`)).status).toBe(401);
    expect(host.hits.filter((hit) => hit === "/keys").length).toBeLessThanOrEqual(2);
    expect((await send("ec-1")).status).toBe(200);
  });

  it("F-11 looks at a document again after an hour at most, whatever its headers say, and believes the new one", async () => {
    const clientId = host.document("/sold.json");
    const old = host.routes.get("/sold.json") as NonNullable<ReturnType<typeof host.routes.get>>;
    host.routes.set("/sold.json", (request, response) => {
      response.setHeader("cache-control", "public, max-age=31536000, immutable");
      old(request, response);
    });
    const seen = (): number => host.hits.filter((hit) => hit === "/sold.json").length;
    const family = await tokensFor(open, { client: { client_id: clientId } as Registered });
    open.server.advance(3_000);
    await authorize(open, clientId);
    expect(seen()).toBe(1);
    host.document("/sold.json", { redirect_uris: ["https://new-owner.example/cb"] });
    open.server.advance(601);
    await expectPage(open, await authorize(open, clientId), { status: 400, reason: "redirect-uri-unregistered" });
    expect([seen(), family.scope]).toEqual([2, "notes:read"]);
  });
});

describe("dynamic registration", () => {
  it("F-08 ignores unknown members and members that are the server's to set", async () => {
    const response = await post(world, {
      ...GOOD,
      is_admin: true,
      first_party: true,
      skip_consent: true,
      client_id: "chosen",
      client_secret: "chosen-by-the-stranger-0123",
      verification: "operator",
      settings: { allowed_scopes: ["grantline:admin"] },
      scope: "grantline:admin notes:read",
      __proto__x: 1,
      default_max_age: 5,
    });
    const body = (await response.json()) as Registered;
    world.watch.forget("chosen-by-the-stranger-0123");
    expect(response.status).toBe(201);
    expect(body.client_id).not.toBe("chosen");
    expect(body).toMatchObject({ scope: "notes:read", token_endpoint_auth_method: "none" });
    for (const name of ["is_admin", "first_party", "skip_consent", "client_secret", "verification", "settings", "default_max_age"])
      expect(name in body).toBe(false);
    expect(await world.server.admin.call("GET", `/clients/${body.client_id}`)).toMatchObject({ verification: "dcr", how: "dcr" });
  });

  it("F-08 hands no secret to a client that registered none, and one with its expiry to others", async () => {
    expect(await (await post(world, GOOD)).json()).not.toHaveProperty("client_secret");
    expect(await (await post(world, { ...GOOD, token_endpoint_auth_method: "client_secret_post" })).json()).toMatchObject({
      client_secret: expect.stringMatching(/^gl_cs_[\w-]{43}$/),
      client_secret_expires_at: 0,
    });
  });

  const REFUSED: readonly (readonly [string, unknown, string])[] = [
    [
      "21 redirect URIs",
      { ...GOOD, redirect_uris: Array.from({ length: 21 }, (_, index) => `https://client.example/${index}`) },
      "invalid_redirect_uri",
    ],
    ["no redirect URI", { token_endpoint_auth_method: "none" }, "invalid_redirect_uri"],
    ["an empty list of them", { ...GOOD, redirect_uris: [] }, "invalid_redirect_uri"],
    ["holes in the list", `{"redirect_uris":["${CALLBACK}",null]}`, "invalid_redirect_uri"],
    ["a text instead of a list", { ...GOOD, redirect_uris: CALLBACK }, "invalid_redirect_uri"],
    ["an object instead of a list", { ...GOOD, redirect_uris: { 0: CALLBACK, length: 1 } }, "invalid_redirect_uri"],
    ["a redirect URI with a fragment", { ...GOOD, redirect_uris: [`${CALLBACK}#x`] }, "invalid_redirect_uri"],
    ["a wildcard", { ...GOOD, redirect_uris: ["https://*.client.example/cb"] }, "invalid_redirect_uri"],
    ["a name of 10 kB", { ...GOOD, client_name: "n".repeat(10_240) }, "invalid_client_metadata"],
    ["a name that turns the text around", { ...GOOD, client_name: "Grantline \u202egnp" }, "invalid_client_metadata"],
    ["a name with a line end", { ...GOOD, client_name: "a\nb" }, "invalid_client_metadata"],
    ["a number as name", { ...GOOD, client_name: 7 }, "invalid_client_metadata"],
    [
      "client_credentials alone",
      { grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_basic" },
      "invalid_client_metadata",
    ],
    ["implicit alone", { ...GOOD, grant_types: ["implicit"] }, "invalid_client_metadata"],
    ["a token response type", { ...GOOD, response_types: ["token"] }, "invalid_client_metadata"],
    ["an unknown authentication method", { ...GOOD, token_endpoint_auth_method: "client_secret_jwt" }, "invalid_client_metadata"],
    ["a list", [GOOD], "invalid_client_metadata"],
    ["nothing", "", "invalid_client_metadata"],
    ["no JSON", "{", "invalid_client_metadata"],
    ["null", "null", "invalid_client_metadata"],
    ["a scope with a quote", { ...GOOD, scope: 'a"b' }, "invalid_client_metadata"],
  ];

  it.each(REFUSED)("F-08 refuses %s", async (_what, members, error) => {
    const response = await unchanged(world, () => post(world, members));
    const reason = error === "invalid_redirect_uri" ? "redirect-uri-invalid" : "metadata-invalid";
    await expectError(world, response, { status: 400, error, reason });
  });

  it("F-08 refuses ten thousand redirect URIs unread, and takes one name for two clients", async () => {
    const many = await unchanged(world, () =>
      post(world, { ...GOOD, redirect_uris: Array.from({ length: 10_000 }, (_, index) => `https://client.example/${index}`) }),
    );
    await expectError(world, many, { status: 413, error: "invalid_request", reason: "body-too-large" });
    const twins = await Promise.all([post(world, { ...GOOD, client_name: "Twin" }), post(world, { ...GOOD, client_name: "Twin" })]);
    expect(new Set(await Promise.all(twins.map(async (each) => ((await each.json()) as Registered).client_id))).size).toBe(2);
  });

  it("F-08 lets one address register so often a minute, and says when again", async () => {
    const strict = await startTestPlatform({ frozenAt: 1_800_000_000, env: { GRANTLINE_LIMIT_ANONYMOUS_WRITES: "5" } });
    try {
      const send = (index: number) =>
        fetch(`${strict.issuer}/register`, {
          method: "POST",
          headers: { "content-type": "application/json", "x-forwarded-for": `203.0.113.${index}` },
          body: JSON.stringify(GOOD),
        });
      const statuses = [];
      for (let index = 0; index < 7; index++) statuses.push((await send(index)).status);
      expect(statuses).toEqual([201, 201, 201, 201, 201, 429, 429]);
      const limited = await send(9);
      expect([limited.status, ((await limited.json()) as { error: string }).error, Number(limited.headers.get("retry-after")) > 0]).toEqual(
        [429, "too_many_requests", true],
      );
      strict.advance(60);
      expect((await send(10)).status).toBe(201);
    } finally {
      await strict.close();
    }
  });

  it("F-09 needs an initial access token where the operator set one, compared whole", async () => {
    const secret = "initial-access-token-0123456789";
    const closed = await startTestPlatform({ env: { GRANTLINE_DCR_INITIAL_ACCESS_TOKENS: secret } });
    try {
      const send = (headers: Record<string, string>) =>
        fetch(`${closed.issuer}/register`, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify(GOOD),
        });
      const wrong: Record<string, string>[] = [
        {},
        { authorization: `Bearer ${secret}x` },
        { authorization: `Bearer ${secret.slice(0, -1)}` },
        { authorization: "Bearer " },
        { authorization: `Basic ${secret}` },
      ];
      for (const headers of wrong) {
        const response = await send(headers);
        expect([response.status, response.headers.get("www-authenticate")?.startsWith("Bearer ")]).toEqual([401, true]);
      }
      expect((await send({ authorization: `Bearer ${secret}` })).status).toBe(201);
    } finally {
      await closed.close();
    }
  });

  it("F-09 lets a client manage itself only, with its present registration token", async () => {
    const mine = await register(world.issuer);
    const other = await register(world.issuer);
    const manage = (method: string, id: string, bearer: string, members?: object) =>
      fetch(`${world.issuer}/register/${id}`, {
        method,
        headers: { authorization: `Bearer ${bearer}`, ...(members === undefined ? {} : { "content-type": "application/json" }) },
        ...(members === undefined ? {} : { body: JSON.stringify(members) }),
      });
    const TOKEN = { status: 401, error: "invalid_token", reason: "registration-token-wrong" };
    for (const [id, bearer] of [
      [mine.client_id, other.registration_access_token],
      [other.client_id, mine.registration_access_token],
      ["nobody", mine.registration_access_token],
      [mine.client_id, "gl_rat_x"],
      [mine.client_id, world.machine.client_secret],
    ] as const) {
      await expectError(world, await unchanged(world, () => manage("GET", id, bearer)), TOKEN);
      await expectError(world, await unchanged(world, () => manage("DELETE", id, bearer)), TOKEN);
      await expectError(world, await unchanged(world, () => manage("PUT", id, bearer, { ...GOOD, client_id: id })), TOKEN);
    }
    const bearer = mine.registration_access_token;
    for (const members of [
      { ...GOOD },
      { ...GOOD, client_id: other.client_id },
      { ...GOOD, client_id: mine.client_id, registration_access_token: "x" },
      { ...GOOD, client_id: mine.client_id, client_id_issued_at: 1 },
      { ...GOOD, client_id: mine.client_id, client_secret_expires_at: 0 },
      { ...GOOD, client_id: mine.client_id, client_secret: "mine" },
    ]) {
      await expectError(world, await unchanged(world, () => manage("PUT", mine.client_id, bearer, members)), METADATA);
    }
    const updated = (await (
      await manage("PUT", mine.client_id, bearer, { ...GOOD, client_id: mine.client_id, client_name: "Renamed" })
    ).json()) as Registered;
    expect(updated.registration_access_token).not.toBe(bearer);
    await expectError(world, await manage("GET", mine.client_id, bearer), TOKEN);
    expect((await manage("DELETE", mine.client_id, updated.registration_access_token)).status).toBe(204);
    await expectError(world, await manage("GET", mine.client_id, updated.registration_access_token), TOKEN);
    await expectPage(world, await authorize(world, mine.client_id), { status: 400, reason: "client-deleted" });
  });

  const claims = { software_id: "trusted", iss: "https://elsewhere.example" };
  const hmac = (input: string) => createHmac("sha256", "key").update(input).digest("base64url");
  it.each([
    ["unsigned", `${encode({ alg: "none" })}.${encode(claims)}.`, "invalid_software_statement"],
    ["no JWT", "statement", "invalid_software_statement"],
    ["an object", { software_id: "x" }, "invalid_software_statement"],
    ["signed by a foreign issuer", jws({ alg: "ES256" }, claims, ecKeys().privateKey), "unapproved_software_statement"],
    [
      "signed with HS256",
      `${encode({ alg: "HS256" })}.${encode(claims)}.${hmac(`${encode({ alg: "HS256" })}.${encode(claims)}`)}`,
      "unapproved_software_statement",
    ],
  ])("F-10 refuses a software statement that is %s", async (_what, statement, error) => {
    const response = await unchanged(world, () => post(world, { ...GOOD, software_statement: statement }));
    await expectError(world, response, { status: 400, error, reason: "software-statement-unsupported" });
  });
});

afterwards(() => world);
