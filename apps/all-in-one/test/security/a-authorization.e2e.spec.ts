/*
 * Real: the whole server over HTTP with the embedded adapters, and a loopback host of client documents. Made: the clock.
 */
import { obtainTokens, pkce, postForm, redeem, startTestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { startDocumentHost, type DocumentHost } from "./support/document-host.ts";
import { expectError, expectPage, expectRedirect } from "./support/refusal.ts";
import { authorizationParameters, authorize, basicOf, type Changes, push, token } from "./support/request.ts";
import { CALLBACK, clientOf, PASSWORD, RESOURCE, refusedAs, startWorld, unchanged, type World } from "./support/world.ts";

let world: World;
let documents: DocumentHost;

beforeAll(async () => {
  world = await startWorld();
  documents = await startDocumentHost();
});
beforeEach(() => world.server.advance(61));
afterAll(() => documents.close());

/** What is never the registered https://client.example/callback. */
const FOREIGN_REDIRECTS = [
  "https://client.example/",
  "https://client.example",
  "https://client.example/callbac",
  "https://client.example/callback2",
  "https://client.example/callback/more",
  "https://sub.client.example/callback",
  "https://example/callback",
  "https://client.example.evil.example/callback",
  "https://evilclient.example/callback",
  "https://client.example@evil.example/callback",
  "https://user:pass@client.example/callback",
  "https://evil.example/https://client.example/callback",
  "https://client.example\\callback",
  "https:\\\\client.example\\callback",
  "https://client.example\\@evil.example/callback",
  "https://evil.example\\.client.example/callback",
  "https://client.example/callback/..",
  "https://client.example/x/../callback",
  "https://client.example/./callback",
  "https://client.example/callback%2f..",
  "https://client.example/%2e%2e/callback",
  "https://client.example/callback%252f",
  "https://client.example/x/..;/callback",
  "https://client.example/callback;x=1",
  "https://client.example//callback",
  "https://client.example/callback//",
  "https://client.example/callback#frag",
  "https://client.example/callback#",
  "https://client.example/callback?",
  "https://client.example/callback?a=b",
  "https://client.example/callback?code=1",
  "https://CLIENT.example/callback",
  "https://client.example/Callback",
  "HTTPS://client.example/callback",
  "https://client.example/callback/",
  "https://client.example./callback",
  "https://cl\u0456ent.example/callback",
  "https://xn--clent-0ye.example/callback",
  "https://client.example/call\tback",
  "https://client.example/call\nback",
  " https://client.example/callback",
  "https://client.example/callback ",
  "https://client.example:443/callback",
  "https://client.example:8443/callback",
  "http://client.example/callback",
  "https://clientaexample/callback",
  "//client.example/callback",
  "/callback",
  "client.example/callback",
  "https://client.example/%63allback",
  "https://client.example%2fcallback",
  "https://127.0.0.1/callback",
  "https://client.example/callback\u0000",
  "https://[::1]/callback",
];

describe("redirect URIs", () => {
  it.each(FOREIGN_REDIRECTS.map((uri) => [JSON.stringify(uri), uri] as const))(
    "A-01 refuses %s with a page, at the authorization endpoint",
    async (_shown, uri) => {
      const response = await unchanged(world, () => authorize(world, world.app.client_id, { redirect_uri: uri }));
      const page = await expectPage(world, response, { status: 400, reason: "redirect-uri-unregistered" });
      expect(page).not.toContain("evil.example");
    },
  );

  it("A-01 refuses every one of them at the pushed request endpoint too, and in a form post", async () => {
    for (const uri of FOREIGN_REDIRECTS) {
      const pushed = await unchanged(world, () => push(world, world.app, { redirect_uri: uri }));
      await expectError(world, pushed, { status: 400, error: "invalid_request", reason: "redirect-uri-unregistered" });
      const posted = await fetch(`${world.issuer}/authorize`, {
        method: "POST",
        redirect: "manual",
        body: authorizationParameters(world.app.client_id, { redirect_uri: uri }),
      });
      await expectPage(world, posted, { status: 400, reason: "redirect-uri-unregistered" });
    }
  });

  it("A-01 refuses a foreign redirect URI even when the request has other errors", async () => {
    const response = await authorize(world, world.app.client_id, {
      redirect_uri: "https://evil.example/cb",
      response_type: "token",
      scope: '"',
    });
    await expectPage(world, response, { status: 400, reason: "redirect-uri-unregistered" });
  });

  it("A-01 stops an interaction whose redirect URI was taken out of the registration meanwhile", async () => {
    const client = await clientOf(world.server, { client_name: "Moving", token_endpoint_auth_method: "none" });
    const person = world.server.person();
    const login = await person.open(`${world.issuer}/authorize?${authorizationParameters(client.client_id)}`);
    await world.server.admin.call("PATCH", `/clients/${client.client_id}`, { redirect_uris: ["https://client.example/elsewhere"] });
    const after = await person.submit(login, "login-form", { username: "demo", password: PASSWORD });
    expect([after.kind, after.kind === "page" && after.status]).toEqual(["page", 400]);
  });

  describe("of a client with http://127.0.0.1/cb", () => {
    let native: string;
    beforeAll(async () => {
      native = (
        await clientOf(world.server, { client_name: "Native", token_endpoint_auth_method: "none", redirect_uris: ["http://127.0.0.1/cb"] })
      ).client_id;
    });

    it.each(["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:33418/cb", "http://127.0.0.1:65535/cb"])(
      "A-02 accepts %s: only the port differs",
      async (uri) => {
        const response = await authorize(world, native, { redirect_uri: uri });
        expect([response.status, new URL(response.headers.get("location") ?? "", world.issuer).pathname]).toEqual([302, "/oauth/login"]);
      },
    );

    it.each([
      "http://127.0.0.1:80/other",
      "http://127.0.0.1:80/cb?x=1",
      "http://127.0.0.1:80/cb/",
      "http://localhost:80/cb",
      "http://[::1]:80/cb",
      "http://127.0.0.2/cb",
      "http://0.0.0.0/cb",
      "http://127.1/cb",
      "http://127.0.0.1:65536/cb",
      "http://127.0.0.1:/cb",
      "http://127.0.0.1:-1/cb",
      "https://127.0.0.1/cb",
      "http://127.0.0.1.evil.example/cb",
      "http://127.0.0.1@evil.example/cb",
      "http://127.0.0.1:80@evil.example/cb",
      "http://0x7f.1/cb",
      "http://2130706433/cb",
      "http://127.0.0.1:8080/cb#f",
      "http://127.0.0.1:8080/CB",
      "http://127.0.0.1:80 /cb",
      "http://[::ffff:127.0.0.1]/cb",
      "http://127.0.0.1:1e3/cb",
    ])("A-02 refuses %s", async (uri) => {
      await expectPage(world, await authorize(world, native, { redirect_uri: uri }), { status: 400, reason: "redirect-uri-unregistered" });
    });
  });

  const SCHEMES = [
    "javascript:alert(1)//",
    "data:text/html,x",
    "file:///etc/passwd",
    "vbscript:x",
    "cursor://cb/done",
    "vscode://x/y",
    "com.example.app:/cb",
    "blob:https://client.example/1",
    "about:blank",
    "http://client.example/cb",
    "ftp://client.example/",
    "intent://x",
  ];

  it.each(SCHEMES)("A-03 refuses %s at authorize, in a registration and in a client document", async (uri) => {
    await expectPage(world, await authorize(world, world.app.client_id, { redirect_uri: uri }), {
      status: 400,
      reason: "redirect-uri-unregistered",
    });
    const registered = await unchanged(world, () =>
      fetch(`${world.issuer}/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ redirect_uris: [uri], token_endpoint_auth_method: "none" }),
      }),
    );
    await expectError(world, registered, { status: 400, error: "invalid_redirect_uri", reason: "redirect-uri-invalid" });
    const clientId = documents.document(`/scheme-${SCHEMES.indexOf(uri)}.json`, { redirect_uris: [uri] });
    await expectPage(world, await unchanged(world, () => authorize(world, clientId, { redirect_uri: uri })), {
      status: 400,
      reason: "document-invalid",
    });
  });

  it("A-03 accepts a private-use scheme where an operator allowed it by name", async () => {
    const server = await startTestPlatform({ env: { GRANTLINE_DCR_REDIRECT_SCHEMES: "cursor" } });
    try {
      const tried = ["cursor://cb/done", "vscode://cb/done"].map((uri) =>
        fetch(`${server.issuer}/register`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ redirect_uris: [uri], token_endpoint_auth_method: "none" }),
        }),
      );
      expect((await Promise.all(tried)).map(({ status }) => status)).toEqual([201, 400]);
    } finally {
      await server.close();
    }
  });

  it("A-05 refuses to choose among several registered redirect URIs", async () => {
    const several = await clientOf(world.server, {
      client_name: "Two",
      token_endpoint_auth_method: "none",
      redirect_uris: [CALLBACK, `${CALLBACK}/2`],
    });
    await expectPage(world, await authorize(world, several.client_id, { redirect_uri: undefined }), {
      status: 400,
      reason: "redirect-uri-missing",
    });
    await expectPage(world, await authorize(world, several.client_id, { redirect_uri: "" }), {
      status: 400,
      reason: "redirect-uri-missing",
    });
    await expectError(world, await push(world, several, { redirect_uri: undefined }), {
      status: 400,
      error: "invalid_request",
      reason: "redirect-uri-missing",
    });
  });
});

describe("who asks", () => {
  it("A-04 shows a page for an unknown, deleted, suspended or missing client", async () => {
    const suspended = await clientOf(world.server, { client_name: "Suspended", token_endpoint_auth_method: "none" });
    await world.server.admin.call("POST", `/clients/${suspended.client_id}/suspend`);
    const deleted = await clientOf(world.server, { client_name: "Deleted", token_endpoint_auth_method: "none" });
    await world.server.admin.call("DELETE", `/clients/${deleted.client_id}`);
    const cases = [
      ["nobody-here", "client-unknown"],
      [suspended.client_id, "client-suspended"],
      [deleted.client_id, "client-deleted"],
      [world.app.client_id.toUpperCase(), "client-unknown"],
      [` ${world.app.client_id}`, "client-unknown"],
      ["\u0000", "client-unknown"],
      ["__proto__", "client-unknown"],
      ["a".repeat(5000), "client-unknown"],
    ] as const;
    for (const [id, reason] of cases) await expectPage(world, await unchanged(world, () => authorize(world, id)), { status: 400, reason });
    await expectPage(world, await authorize(world, "x", { client_id: undefined }), { status: 400, reason: "parameter-missing" });
  });

  it("A-14 refuses the code flow to a client not registered for it", async () => {
    const response = await authorize(world, world.machine.client_id, { redirect_uri: CALLBACK });
    await expectPage(world, response, { status: 400, reason: "redirect-uri-unregistered" });
    const noCode = await world.server.admin.call<{ client_id: string }>("POST", "/clients", {
      client_name: "No code",
      redirect_uris: [CALLBACK],
      grant_types: ["client_credentials"],
      response_types: [],
      token_endpoint_auth_method: "client_secret_basic",
    });
    await expectRedirect(world, await authorize(world, noCode.client_id), {
      error: "unauthorized_client",
      reason: "grant-type-not-allowed",
    });
  });

  it.each([
    [
      "a public client that asks for client_credentials",
      { grant_type: "client_credentials" },
      "unauthorized_client",
      "grant-type-not-allowed",
    ],
    [
      "the password grant",
      { grant_type: "password", username: "demo", password: PASSWORD },
      "unsupported_grant_type",
      "grant-type-unsupported",
    ],
    ["the implicit grant", { grant_type: "implicit" }, "unsupported_grant_type", "grant-type-unsupported"],
    [
      "the device grant",
      { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: "x" },
      "unauthorized_client",
      "grant-type-not-allowed",
    ],
    [
      "token exchange",
      { grant_type: "urn:ietf:params:oauth:grant-type:token-exchange" },
      "unsupported_grant_type",
      "grant-type-unsupported",
    ],
    ["a name from the prototype", { grant_type: "constructor" }, "unsupported_grant_type", "grant-type-unsupported"],
  ])("A-14 refuses %s", async (_what, parameters, error, reason) => {
    const response = await unchanged(world, () => token(world, { ...parameters, client_id: world.app.client_id }));
    await expectError(world, response, { status: 400, error, reason });
  });

  it("A-14 refuses each grant type a confidential client did not register (client × grant)", async () => {
    const grants = {
      authorization_code: { code: "x", code_verifier: "x" },
      refresh_token: { refresh_token: "x" },
      client_credentials: { resource: RESOURCE },
    };
    for (const only of Object.keys(grants)) {
      const types = only === "refresh_token" ? ["authorization_code", "refresh_token"] : [only];
      const client = await world.server.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
        client_name: `Only ${only}`,
        redirect_uris: [CALLBACK],
        grant_types: types,
        response_types: types.includes("authorization_code") ? ["code"] : [],
        token_endpoint_auth_method: "client_secret_basic",
      });
      for (const [grant, parameters] of Object.entries(grants)) {
        if (types.includes(grant)) continue;
        await expectError(world, await token(world, { grant_type: grant, ...parameters }, basicOf(client)), {
          status: 400,
          error: "unauthorized_client",
          reason: "grant-type-not-allowed",
        });
      }
    }
  });
});

describe("parameters", () => {
  it.each(["client_id", "redirect_uri"])("A-06 shows a page when %s comes twice, same or different", async (name) => {
    const good = authorizationParameters(world.app.client_id).get(name) as string;
    for (const second of [good, "other"])
      await expectPage(world, await authorize(world, world.app.client_id, { [name]: [good, second] }), {
        status: 400,
        reason: "parameter-repeated",
      });
  });

  it.each(["response_type", "scope", "code_challenge", "code_challenge_method", "nonce", "prompt", "max_age", "login_hint", "x_unknown"])(
    "A-06 tells the client when %s comes twice",
    async (name) => {
      const good = authorizationParameters(world.app.client_id).get(name) ?? "1";
      for (const second of [good, "other"])
        await expectRedirect(world, await authorize(world, world.app.client_id, { [name]: [good, second] }), {
          error: "invalid_request",
          reason: "parameter-repeated",
        });
      await expectError(world, await push(world, world.app, { [name]: [good, "other"] }), {
        status: 400,
        error: "invalid_request",
        reason: "parameter-repeated",
      });
    },
  );

  it("A-06 echoes no state when there are two of them", async () => {
    await expectRedirect(world, await authorize(world, world.app.client_id, { state: ["one", "two"] }), {
      error: "invalid_request",
      reason: "parameter-repeated",
      state: null,
    });
  });

  it("A-06 counts a parameter in query and body as repeated", async () => {
    const query = authorizationParameters(world.app.client_id);
    const send = (body: Record<string, string>) =>
      fetch(`${world.issuer}/authorize?${query}`, { method: "POST", redirect: "manual", body: new URLSearchParams(body) });
    await expectPage(world, await send({ client_id: world.app.client_id }), { status: 400, reason: "parameter-repeated" });
    await expectPage(world, await send({ redirect_uri: CALLBACK }), { status: 400, reason: "parameter-repeated" });
    await expectRedirect(world, await send({ scope: "notes:write" }), { error: "invalid_request", reason: "parameter-repeated" });
  });

  it("A-06 refuses repeated parameters at the token endpoint, before anything else", async () => {
    for (const name of ["grant_type", "client_id", "code", "code_verifier", "redirect_uri", "scope", "refresh_token", "client_secret"]) {
      const response = await unchanged(world, () =>
        token(world, { grant_type: "authorization_code", client_id: world.app.client_id, [name]: ["a", "b"] }),
      );
      await expectError(world, response, { status: 400, error: "invalid_request", reason: "parameter-repeated" });
    }
  });

  it("A-07 keeps the query of a registered redirect URI and answers beside it, so that no reader sees another copy", async () => {
    const redirectUri = "https://client.example/callback?tenant=a";
    const client = await clientOf(world.server, { client_name: "Query", token_endpoint_auth_method: "none", redirect_uris: [redirectUri] });
    const response = await authorize(world, client.client_id, { redirect_uri: redirectUri, response_type: "token" });
    const location = new URL(response.headers.get("location") ?? "");
    expect(location.href.startsWith(`${redirectUri}&error=`)).toBe(true);
    expect(["tenant", "error", "state", "iss"].map((name) => location.searchParams.getAll(name).length)).toEqual([1, 1, 1, 1]);
  });

  it.each([
    ["missing", undefined, "invalid_request", "parameter-missing"],
    ["empty", "", "invalid_request", "parameter-missing"],
    ["token", "token", "unsupported_response_type", "response-type-unsupported"],
    ["id_token", "id_token", "unsupported_response_type", "response-type-unsupported"],
    ["code id_token", "code id_token", "unsupported_response_type", "response-type-unsupported"],
    ["none", "none", "unsupported_response_type", "response-type-unsupported"],
    ["CODE", "CODE", "unsupported_response_type", "response-type-unsupported"],
    ["unknown", "banana", "unsupported_response_type", "response-type-unsupported"],
  ] as const)("A-08 refuses a response_type that is %s", async (_what, type, error, reason) => {
    await expectRedirect(world, await unchanged(world, () => authorize(world, world.app.client_id, { response_type: type })), {
      error,
      reason,
    });
    await expectError(world, await push(world, world.app, { response_type: type }), { status: 400, error, reason });
  });

  it.each(["fragment", "web_message", "query.jwt", "form_post.jwt", "form_post fragment", "FORM_POST"])(
    "A-08 refuses response_mode=%s, answering in the query",
    async (mode) => {
      await expectRedirect(world, await authorize(world, world.app.client_id, { response_mode: mode }), {
        error: "invalid_request",
        reason: "parameter-malformed",
      });
    },
  );

  it("A-09 takes response type and redirect from the sealed request only, whatever is added on the way", async () => {
    const person = world.server.person();
    const login = await person.open(`${world.issuer}/authorize?${authorizationParameters(world.app.client_id)}`);
    if (login.kind !== "page") throw new Error("no login page");
    const consent = await person.submit(login, "login-form", {
      username: "demo",
      password: PASSWORD,
      response_type: "token",
      response_mode: "fragment",
      redirect_uri: "https://evil.example/",
      scope: "notes:write",
    });
    const answered = await person.submit(consent, "consent-form", {
      decision: "allow",
      response_type: "token",
      redirect_uri: "https://evil.example/",
      client_id: world.web.client_id,
    });
    if (answered.kind !== "callback") throw new Error("no callback");
    expect([answered.url.origin + answered.url.pathname, answered.url.searchParams.has("code"), answered.url.hash]).toEqual([
      CALLBACK,
      true,
      "",
    ]);
    const tampered = new URL(login.url);
    const sealed = tampered.searchParams.get("interaction") as string;
    for (const forged of [`${sealed.slice(0, -2)}${sealed.endsWith("AA") ? "QQ" : "AA"}`, sealed.slice(2), "x", `${sealed}.${sealed}`]) {
      const response = await fetch(`${world.issuer}/consent?interaction=${encodeURIComponent(forged)}`, { redirect: "manual" });
      await expectPage(world, response, { status: 400, reason: "interaction-unknown" });
    }
  });

  it.each([
    ["only unknown scopes", "banana split", "scope-unknown"],
    ["10 kB of scope", "s".repeat(10_240), "scope-malformed"],
    ["a quote", 'notes:read"', "scope-malformed"],
    ["a backslash", "notes:read\\x", "scope-malformed"],
    ["a letter beyond ASCII", "notes:r\u00e9ad", "scope-malformed"],
    ["a control character", "notes:read\u0007", "scope-malformed"],
    ["a tab between scopes", "notes:read\tnotes:write", "scope-malformed"],
    ["a scope of another resource", "files:read", "scope-unknown"],
    ["an admin scope", "grantline:admin", "scope-unknown"],
    ["a name from the prototype", "constructor __proto__", "scope-unknown"],
  ])("A-10 refuses %s", async (_what, scope, reason) => {
    await expectRedirect(world, await unchanged(world, () => authorize(world, world.app.client_id, { scope })), {
      error: "invalid_scope",
      reason,
    });
    await expectError(world, await push(world, world.app, { scope }), { status: 400, error: "invalid_scope", reason });
  });

  it("A-10 drops unknown scopes beside a known one and takes an empty scope for none", async () => {
    const client = world.app;
    const some = await obtainTokens(world.server.person(), {
      issuer: world.issuer,
      client,
      scope: "banana notes:read grantline:admin",
      resource: RESOURCE,
      password: PASSWORD,
    });
    expect(some.scope).toBe("notes:read");
    const defaults = await obtainTokens(world.server.person(), {
      issuer: world.issuer,
      client,
      scope: "",
      resource: RESOURCE,
      password: PASSWORD,
    });
    expect(defaults.scope.split(" ").toSorted()).toEqual(["notes:read", "notes:write"]);
  });

  it.each([
    ["relative", "/mcp", "resource-malformed"],
    ["with a fragment", `${RESOURCE}#x`, "resource-malformed"],
    ["unknown", "https://unknown.example/mcp", "resource-unknown"],
    ["registered with other case", "https://notes.example/MCP", "resource-unknown"],
    ["with a slash more", `${RESOURCE}/`, "resource-unknown"],
    ["with a query more", `${RESOURCE}?a=1`, "resource-unknown"],
    ["not a URI", "notes example", "resource-malformed"],
    ["fifty of them", Array.from({ length: 50 }, (_, index) => `https://r${index}.example/mcp`), undefined],
  ] as const)("A-11 refuses a resource that is %s", async (_what, resource, reason) => {
    const response = await unchanged(world, () => authorize(world, world.app.client_id, { resource }));
    const seen = refusedAs(world, response).reason;
    await expectRedirect(world, response, { error: "invalid_target", reason: reason ?? (seen as string) });
  });

  it("A-13 refuses request objects and foreign request_uris without fetching anything", async () => {
    const request = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from("{}").toString("base64url")}.`;
    await expectRedirect(world, await authorize(world, world.app.client_id, { request }), {
      error: "request_not_supported",
      reason: "request-object-unsupported",
    });
    for (const uri of [
      "http://169.254.169.254/latest/meta-data",
      `${documents.origin}/request`,
      "https://client.example/request.jwt",
      "urn:other:thing",
    ]) {
      await expectRedirect(world, await authorize(world, world.app.client_id, { request_uri: uri }), {
        error: "request_uri_not_supported",
        reason: "request-uri-unsupported",
      });
    }
    expect(documents.hits.filter((path) => path === "/request")).toEqual([]);
  });

  it.each([
    ["max_age", "-1"],
    ["max_age", "soon"],
    ["max_age", "99999999999"],
    ["state", "s".repeat(4097)],
    ["nonce", "n".repeat(1025)],
  ])("refuses a malformed %s", async (name, value) => {
    await expectRedirect(world, await authorize(world, world.app.client_id, { [name]: value }), {
      error: "invalid_request",
      reason: "parameter-malformed",
      ...(name === "state" ? { state: null } : {}),
    });
  });

  it("echoes a state of any printable kind exactly, on success and on error", async () => {
    for (const state of ["a b+c%20&=?#'\"<>\\", "\u00fc\u4e2d\ud83d\ude00", "s".repeat(4096)]) {
      await expectRedirect(world, await authorize(world, world.app.client_id, { state, response_type: "token" }), {
        error: "unsupported_response_type",
        reason: "response-type-unsupported",
        state,
      });
    }
  });
});

describe("prompt, CORS, iss and size", () => {
  it("A-15 answers prompt=none without a page: login_required, consent_required, invalid_request", async () => {
    const silent: Changes = { prompt: "none" };
    await expectRedirect(world, await authorize(world, world.app.client_id, silent), { error: "login_required", reason: "login-required" });
    for (const prompt of ["none login", "login none", "none consent"])
      await expectRedirect(world, await authorize(world, world.app.client_id, { prompt }), {
        error: "invalid_request",
        reason: "prompt-invalid",
      });
    const person = world.server.person();
    const fresh = await clientOf(world.server, { client_name: "Fresh", token_endpoint_auth_method: "none" });
    await person.authorize(`${world.issuer}/authorize?${authorizationParameters(world.app.client_id)}`, { password: PASSWORD });
    const url = await person.open(`${world.issuer}/authorize?${authorizationParameters(fresh.client_id, silent)}`);
    expect([url.kind, url.url.searchParams.get("error"), url.url.searchParams.get("iss")]).toEqual([
      "callback",
      "consent_required",
      world.issuer,
    ]);
    const remembered = await person.open(`${world.issuer}/authorize?${authorizationParameters(world.app.client_id, silent)}`);
    expect([remembered.kind, remembered.url.searchParams.has("code")]).toEqual(["callback", true]);
  });

  it("A-16 gives the authorization endpoint and the pages no CORS headers", async () => {
    const origin = { origin: "https://app.example", "access-control-request-method": "GET" };
    for (const path of ["/authorize", "/login", "/consent", "/logout", "/grants"]) {
      for (const method of ["OPTIONS", "GET"]) {
        const { headers } = await fetch(`${world.issuer}${path}`, { method, headers: origin, redirect: "manual" });
        expect([path, method, [...headers.keys()].filter((name) => name.startsWith("access-control"))]).toEqual([path, method, []]);
      }
    }
  });

  it("A-17 sends the metadata's issuer, byte for byte, with success and error", async () => {
    const metadata = (await (await fetch(`${world.server.origin}/.well-known/oauth-authorization-server/oauth`)).json()) as Record<
      string,
      unknown
    >;
    expect(metadata["authorization_response_iss_parameter_supported"]).toBe(true);
    const { challenge, verifier } = pkce();
    const person = world.server.person();
    const url = await person.authorize(
      `${world.issuer}/authorize?${authorizationParameters(world.app.client_id, { code_challenge: challenge })}`,
      { password: PASSWORD },
    );
    expect(url.searchParams.getAll("iss")).toEqual([metadata["issuer"]]);
    const denied = await person.authorize(
      `${world.issuer}/authorize?${authorizationParameters(world.app.client_id, { prompt: "consent" })}`,
      { decision: "deny" },
    );
    expect([denied.searchParams.get("error"), denied.searchParams.getAll("iss")]).toEqual(["access_denied", [metadata["issuer"]]]);
    expect((await redeem({ issuer: world.issuer, client: world.app }, url.searchParams.get("code") as string, verifier)).status).toBe(200);
  });

  it("A-19 bounds URLs, bodies, parameters and depth, and keeps serving", async () => {
    const before = process.memoryUsage().rss;
    const long = await fetch(`${world.issuer}/authorize?client_id=${"a".repeat(65_536)}`, { redirect: "manual" });
    expect([414, 431]).toContain(long.status);
    const big = await unchanged(world, () =>
      fetch(`${world.issuer}/token`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: "a".repeat(1_048_576),
      }),
    );
    await expectError(world, big, { status: 413, error: "invalid_request", reason: "body-too-large" });
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`parameter${index}`, "1"]));
    await expectError(world, await postForm(`${world.issuer}/token`, many), {
      status: 413,
      error: "invalid_request",
      reason: "body-too-large",
    });
    const deep = `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
    const register = await fetch(`${world.issuer}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"jwks":{"keys":[{"x":${deep}}]}}`,
    });
    expect([400, 413]).toContain(register.status);
    // unsupported, so ignored like any unknown parameter (OAuth 2.1 §3.1): depth costs nothing
    const claims = await authorize(world, world.app.client_id, { claims: "[".repeat(8_000), authorization_details: "{".repeat(8_000) });
    expect([302, 431]).toContain(claims.status);
    for (let round = 0; round < 100; round++)
      await (await authorize(world, world.app.client_id, { scope: `${"s".repeat(4_000)} ${round}` })).text();
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
    expect((await fetch(`${world.server.origin}/health/ready`)).status).toBe(200);
  });

  it("A-20 is no open redirector: an unvetted client's errors wait on a page until the person goes on", async () => {
    for (const changes of [
      { response_type: "token" },
      { scope: "banana" },
      { resource: "/x" },
      { prompt: "login none", response_type: "code" },
    ] as Changes[]) {
      const response = await authorize(world, world.stranger.client_id, changes);
      if (changes["prompt"] !== undefined) {
        // RFC 9700 §4.11.2: prompt=none is the one exception
        await expectRedirect(world, response, { error: "invalid_request", reason: "prompt-invalid" });
        continue;
      }
      const page = await expectPage(world, response, { status: 400, reason: refusedAs(world, response).reason as string });
      expect(page).toContain('id="return-host">client.example<');
    }
    const foreign = documents.document("/stranger.json");
    const response = await authorize(world, foreign, { response_type: "token" });
    await expectPage(world, response, { status: 400, reason: "response-type-unsupported" });
  });
});

afterwards(() => world);
