/*
 * Real: the whole server over HTTP with the embedded adapters, a browser without script. Made: the clock.
 */
import { register } from "@grantline/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { asPage, cookieHeader, hidden, openConsent, openLogin, postPage } from "./support/browser.ts";
import { startDocumentHost, type DocumentHost } from "./support/document-host.ts";
import { expectPage, expectPageHeaders } from "./support/refusal.ts";
import { authorizationParameters, authorize } from "./support/request.ts";
import { clientOf, eventsDuring, PASSWORD, RESOURCE, SECOND_PASSWORD, startWorld, unchanged, type World } from "./support/world.ts";

let world: World;
let documents: DocumentHost;

beforeAll(async () => {
  world = await startWorld();
  documents = await startDocumentHost();
});
beforeEach(() => world.server.advance(61));
afterAll(() => documents.close());

describe("forms", () => {
  const HOSTILE: readonly (readonly [string, (good: Record<string, string>) => Record<string, string>, Record<string, string>])[] = [
    ["no token", ({ csrf: _gone, ...rest }) => rest, {}],
    ["an empty token", (good) => ({ ...good, csrf: "" }), {}],
    ["a made-up token", (good) => ({ ...good, csrf: "x".repeat(80) }), {}],
    ["a token cut short", (good) => ({ ...good, csrf: (good["csrf"] as string).slice(0, -3) }), {}],
    ["a foreign Origin", (good) => good, { origin: "https://evil.example" }],
    ["Origin: null from another site, as Fetch Metadata tells", (good) => good, { origin: "null", "sec-fetch-site": "cross-site" }],
    ["a same-site sibling", (good) => good, { "sec-fetch-site": "same-site" }],
    ["a cross-site form", (good) => good, { "sec-fetch-site": "cross-site" }],
    ["a prefix of our origin", (good) => good, { origin: "http://localhost" }],
  ];

  it.each(HOSTILE)("U-01 refuses a consent form with %s: 403 and nothing granted", async (_what, change, headers) => {
    const person = world.server.person();
    const page = await openConsent(world, person, world.app.client_id);
    const response = await unchanged(world, () =>
      postPage(
        world,
        "/consent",
        { ...change(hidden(page)), decision: "allow", scope: "notes:read" },
        { cookie: cookieHeader(person), ...headers },
      ),
    );
    await expectPage(world, response, { status: 403, reason: "csrf-mismatch" });
  });

  it.each(HOSTILE)("S-01 refuses a login form with %s, so nobody is logged in as another", async (_what, change, headers) => {
    const person = world.server.person();
    const page = await openLogin(world, person, world.app.client_id);
    const response = await unchanged(world, () =>
      postPage(
        world,
        "/login",
        { ...change(hidden(page)), username: "demo", password: PASSWORD },
        { cookie: cookieHeader(person), ...headers },
      ),
    );
    expect(response.headers.getSetCookie()).toEqual([]);
    await expectPage(world, response, { status: 403, reason: "csrf-mismatch" });
  });

  it("U-01 refuses the token of another browser, another form, another interaction and another login", async () => {
    const mine = world.server.person();
    const theirs = world.server.person();
    const page = await openConsent(world, mine, world.app.client_id);
    const theirPage = await openConsent(world, theirs, world.app.client_id, {}, { username: "second", password: SECOND_PASSWORD });
    const second = await openConsent(world, mine, world.app.client_id, { state: "another" });
    const login = await openLogin(world, mine, world.app.client_id, { prompt: "login" });
    const grants = asPage(await mine.open(`${world.issuer}/grants`));
    const foreign = [hidden(theirPage)["csrf"], hidden(second)["csrf"], hidden(login)["csrf"], hidden(grants)["csrf"]].filter(
      (each) => each !== undefined,
    );
    expect(foreign.length).toBeGreaterThanOrEqual(3);
    for (const csrf of foreign) {
      const response = await unchanged(world, () =>
        postPage(world, "/consent", { ...hidden(page), csrf, decision: "allow", scope: "notes:read" }, { cookie: cookieHeader(mine) }),
      );
      await expectPage(world, response, { status: 403, reason: "csrf-mismatch" });
    }
  });

  it("U-01 refuses a form token after its hour", async () => {
    const long = await startWorld({ env: { GRANTLINE_LIFETIME_INTERACTION: "3600" } });
    try {
      const person = long.server.person();
      long.server.advance(1);
      const page = await openLogin(long, person, long.app.client_id);
      long.server.advance(3_600);
      const response = await postPage(
        long,
        "/login",
        { ...hidden(page), username: "demo", password: PASSWORD },
        { cookie: cookieHeader(person) },
      );
      expect([response.status, response.headers.getSetCookie()]).toEqual([400, []]);
    } finally {
      await long.server.close();
      long.watch.stop();
    }
  });

  it("U-01 approves nothing by GET, and no more than was asked by POST", async () => {
    const person = world.server.person();
    const page = await openConsent(world, person, world.app.client_id);
    const fields = { ...hidden(page), decision: "allow", scope: "notes:read" };
    const byGet = await unchanged(world, () =>
      fetch(`${world.issuer}/consent?${new URLSearchParams(fields)}`, { redirect: "manual", headers: { cookie: cookieHeader(person) } }),
    );
    expect([byGet.status, byGet.headers.get("location")]).toEqual([200, null]);
    const { result, events } = await eventsDuring(world, () =>
      person.submit(page, "consent-form", {
        decision: "allow",
        scope: ["notes:read", "notes:write", "grantline:admin", "files:read", "openid"],
      }),
    );
    expect(result.kind).toBe("callback");
    const granted = events.find(({ type }) => type === "GrantAuthorized");
    expect((JSON.parse(granted?.body ?? "{}") as { data: { scope: string[] } }).data.scope).toEqual(["notes:read"]);
  });

  it("U-01 refuses to withdraw a consent from another site, and answers a withdrawn client nothing", async () => {
    const person = world.server.person();
    await person.submit(await openConsent(world, person, world.app.client_id), "consent-form", { decision: "allow" });
    const grants = asPage(await person.open(`${world.issuer}/grants`));
    const fields = { ...hidden(grants), client_id: world.app.client_id };
    for (const [change, headers] of [
      [{ csrf: "x" }, {}],
      [{}, { origin: "https://evil.example" }],
    ] as const) {
      const response = await unchanged(world, () =>
        postPage(world, "/grants", { ...fields, ...change }, { cookie: cookieHeader(person), ...headers }),
      );
      await expectPage(world, response, { status: 403, reason: "csrf-mismatch" });
    }
  });

  it("U-01 logs nobody out by a foreign form", async () => {
    const person = world.server.person();
    await openConsent(world, person, world.app.client_id);
    const confirm = asPage(await person.open(`${world.issuer}/logout`));
    for (const [change, headers] of [
      [{ csrf: "" }, {}],
      [{}, { "sec-fetch-site": "cross-site" }],
    ] as const) {
      const response = await unchanged(world, () =>
        postPage(world, "/logout", { ...hidden(confirm), ...change, confirm: "yes" }, { cookie: cookieHeader(person), ...headers }),
      );
      await expectPage(world, response, { status: 403, reason: "csrf-mismatch" });
    }
    expect(asPage(await person.open(`${world.issuer}/grants`)).url.pathname).toBe("/oauth/grants");
  });

  it("U-06 lets nobody carry an interaction on in another browser (confused deputy)", async () => {
    const attacker = world.server.person();
    const victim = world.server.person();
    await openConsent(world, victim, world.app.client_id);
    const login = await openLogin(world, attacker, world.app.client_id);
    for (const path of ["login", "consent"]) {
      const page = asPage(
        await victim.open(`${world.issuer}/${path}?interaction=${encodeURIComponent(login.url.searchParams.get("interaction") as string)}`),
      );
      expect([page.status, page.html.includes("not started in this browser")]).toEqual([400, true]);
    }
    const response = await unchanged(world, () =>
      postPage(
        world,
        "/consent",
        { interaction: login.url.searchParams.get("interaction") as string, decision: "allow" },
        { cookie: cookieHeader(victim) },
      ),
    );
    await expectPage(world, response, { status: 400, reason: "interaction-unknown" });
  });
});

describe("pages", () => {
  it("U-02 are never framed, cached, referred from or scripted: login, consent, grants, logout, error", async () => {
    const person = world.server.person();
    const login = await openLogin(world, person, world.app.client_id);
    await openConsent(world, person, world.app.client_id);
    const consent = await openConsent(world, person, world.app.client_id);
    const urls = [
      login.url.href,
      consent.url.href,
      `${world.issuer}/grants`,
      `${world.issuer}/logout`,
      `${world.issuer}/authorize?client_id=nobody`,
      `${world.issuer}/login?interaction=x`,
    ];
    for (const url of urls) {
      const response = await fetch(url, { headers: { cookie: cookieHeader(person), "accept-encoding": "gzip, br, deflate" } });
      const text = await response.text();
      expectPageHeaders(response);
      expect([
        url.split("?")[0],
        response.headers.get("cache-control"),
        response.headers.get("content-encoding"),
        response.headers.get("x-content-type-options"),
      ]).toEqual([url.split("?")[0], "no-store", null, "nosniff"]);
      expect(text).not.toMatch(/<script|javascript:|\son\w+=|style="/i);
      expect(text).not.toMatch(/<(iframe|object|embed|base)\b/i);
    }
  });

  const XSS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</title><svg onload=alert(1)>",
    "{{7*7}}${7*7}",
    "javascript:alert(1)",
  ];

  it.each(XSS)("U-03 shows %s as text wherever a stranger can put it", async (attack) => {
    world.watch.forget(attack);
    const registered = await fetch(`${world.issuer}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_name: attack, redirect_uris: ["https://client.example/callback"], token_endpoint_auth_method: "none" }),
    });
    const { client_id: clientId } = (await registered.json()) as { client_id: string };
    const person = world.server.person();
    const login = await openLogin(world, person, clientId, {
      login_hint: attack,
      ui_locales: attack,
      acr_values: attack,
      state: attack,
      nonce: attack,
    });
    const consent = await openConsent(world, person, clientId, { login_hint: attack, state: attack, claims: attack });
    const errors = await Promise.all([
      authorize(world, attack),
      authorize(world, clientId, { redirect_uri: attack }),
      fetch(`${world.issuer}/authorize?${new URLSearchParams({ error: attack, error_description: attack, error_hint: attack })}`),
      fetch(`${world.issuer}/login?interaction=${encodeURIComponent(attack)}`),
      fetch(`${world.issuer}/logout?${new URLSearchParams({ id_token_hint: attack, post_logout_redirect_uri: attack, state: attack })}`),
      authorize(world, clientId, { response_type: attack, scope: attack, state: attack }),
    ]);
    for (const html of [login.html, consent.html, ...(await Promise.all(errors.map((each) => each.text())))]) {
      expect(html).not.toContain("<script");
      expect(html).not.toContain("<img");
      expect(html).not.toContain("<svg");
      expect(html).not.toMatch(/href="\s*javascript:/i);
      // without the values of attributes, which may hold any text once it is escaped
      expect(html.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<[^>]+\son\w+\s*=/i);
    }
    expect(login.html).toContain("to continue to");
  });

  it("U-03 refuses links of a client that run code", async () => {
    for (const member of ["logo_uri", "policy_uri", "tos_uri", "client_uri"]) {
      const response = await fetch(`${world.issuer}/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          redirect_uris: ["https://client.example/cb"],
          token_endpoint_auth_method: "none",
          [member]: "javascript:alert(1)",
        }),
      });
      expect(response.status).toBe(400);
    }
  });

  it("U-03 escapes what an operator wrote too: resource and scope texts", async () => {
    const uri = "https://hostile.example/mcp";
    await world.server.admin.call("POST", "/resources", {
      uri,
      name: "<b>Bold</b>",
      scopes: [{ name: "x<y>", description: '<img src="x" onerror="alert(1)">' }],
      access_policy: {
        rules: [{ subjects: { any: true }, entities: ["human"], verification: ["operator", "dcr", "cimd"], scopes: ["x<y>"] }],
      },
    });
    const consent = await openConsent(world, world.server.person(), world.app.client_id, { resource: uri, scope: "x<y>" });
    expect(consent.html).not.toMatch(/<img|<b>|id="scope-x<y>"/);
    expect(consent.html).toContain("&lt;img");
  });

  it.each([
    ["a Cyrillic twin", "Gr\u0430ntline \u0410dmin"],
    ["a tick that plays a badge", "\u2705 Verified by Grantline \u2714\ufe0f"],
    ["a name of 200 characters", "W".repeat(200)],
    ["zero-width letters", "Gr\u200bant\u200dline"],
  ])("U-04 shows %s beside what it really is: unverified, with the host of its redirect", async (_what, name) => {
    const client = await register(world.issuer, { client_name: name, redirect_uris: ["https://client.example/callback"] });
    const { html } = await openConsent(world, world.server.person(), client.client_id);
    expect(html).toMatch(/id="consent-origin" data-verified="no">Unverified/);
    expect(html).toContain('id="consent-redirect-host">client.example<');
    expect(html).not.toMatch(/\u2705|\u2714|\u200b|\u200d|\u202e|\ufe0f/u);
    const shown = /id="consent-client">([^<]*)</.exec(html)?.[1] ?? "";
    expect([...shown].length).toBeLessThanOrEqual(100);
    expect(html).toContain(RESOURCE);
  });

  it("U-04 refuses a name that is longer or turns its direction around", async () => {
    for (const name of ["n".repeat(10_240), "good\u202eevil", "a\u0000b"]) {
      const response = await fetch(`${world.issuer}/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ client_name: name, redirect_uris: ["https://client.example/cb"], token_endpoint_auth_method: "none" }),
      });
      expect(response.status).toBe(400);
    }
  });

  it("U-05 warns of a document client that lives on this machine only, and asks again every time", async () => {
    const redirectUri = "http://127.0.0.1/cb";
    const clientId = documents.document("/native.json", { client_name: "Claude", redirect_uris: [redirectUri] });
    const person = world.server.person();
    const page = await openConsent(world, person, clientId, { redirect_uri: "http://127.0.0.1:7777/cb", prompt: undefined });
    expect(page.html).toContain('id="consent-localhost-warning"');
    expect(page.html).toContain('id="consent-redirect-host">127.0.0.1:7777<');
    expect((await person.submit(page, "consent-form", { decision: "allow", remember: "yes" })).kind).toBe("callback");
    const again = await person.open(
      `${world.issuer}/authorize?${authorizationParameters(clientId, { redirect_uri: "http://127.0.0.1:9999/cb" })}`,
    );
    expect(again.kind).toBe("page");
    const mixed = await openConsent(
      world,
      world.server.person(),
      documents.document("/mixed.json", { redirect_uris: ["https://client.example/callback", redirectUri] }),
    );
    expect(mixed.html).not.toContain('id="consent-localhost-warning"');
  });

  it("U-07 names the operator's own client as verified, and a document client by its host", async () => {
    const own = await clientOf(world.server, { client_name: "Own", token_endpoint_auth_method: "none" });
    expect((await openConsent(world, world.server.person(), own.client_id)).html).toContain(
      'data-verified="yes">Verified: registered by the operator',
    );
    const url = documents.document("/hosted.json");
    expect((await openConsent(world, world.server.person(), url)).html).toContain(`Verified address: ${new URL(url).host}`);
  });

  it("U-08 work without script and hold no password, code or session in their HTML", async () => {
    const person = world.server.person();
    const login = await openLogin(world, person, world.app.client_id, { prompt: "consent" });
    const failed = asPage(await person.submit(login, "login-form", { username: "demo", password: "a-wrong-password-of-mine" }));
    expect([failed.status, failed.html.includes("a-wrong-password-of-mine")]).toEqual([401, false]);
    const consent = asPage(await person.submit(failed, "login-form", { username: "demo", password: PASSWORD }));
    const secrets = [PASSWORD, ...person.cookies.values()];
    for (const page of [login, failed, consent]) expect(secrets.filter((each) => page.html.includes(each))).toEqual([]);
    const callback = await person.submit(consent, "consent-form", { decision: "allow" });
    expect([callback.kind, callback.url.searchParams.has("code")]).toEqual(["callback", true]);
  });
});

afterwards(() => world);
