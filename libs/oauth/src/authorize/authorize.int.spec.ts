import { hash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCode } from "../tokens/index.ts";
import { authorizationUrl, hidden, locationOf, text, Visitor } from "../testing/visitor.ts";
import { CHALLENGE, MCP, openWorld, type World } from "../testing/world.ts";

// Real: event store, keys, limits, ephemeral store, deciders, directory, people. Made: clock, security log.
let world: World;
const LOOPBACK = "http://127.0.0.1:4711/cb";

beforeAll(async () => {
  world = await openWorld();
  await world.registerClient("app");
  await world.registerClient("two", { redirect_uris: ["https://client.example.com/cb", "https://client.example.com/other"] });
  await world.registerClient("stranger", {}, { how: "dcr" });
  await world.registerClient("native", { redirect_uris: ["http://127.0.0.1/cb"], application_type: "native" }, { how: "dcr" });
  await world.registerClient("machine", { grant_types: ["client_credentials"] });
  await world.registerClient("pushing", { require_pushed_authorization_requests: true });
  await world.registerResource(MCP, [
    { name: "files:read", description: "Read your files", default: true },
    { name: "files:write", description: "Change your files" },
  ]);
  await world.registerResource("https://bare.example.com", [{ name: "x", description: "X" }]);
});
afterAll(() => world.close());

async function answer(changes: Parameters<typeof authorizationUrl>[0], visitor = new Visitor(world)): Promise<URLSearchParams> {
  const response = await visitor.get(authorizationUrl(changes));
  return new URL(locationOf(response) ?? `http://nowhere/?page=${response.status}`).searchParams;
}

describe("the way from /authorize to a code", () => {
  it("logs in, asks for consent and answers with code, state and iss", async () => {
    const answered = await new Visitor(world).authorize(authorizationUrl({ state: "a b&c=ü\"'", nonce: "n-1" }));
    expect(`${answered.origin}${answered.pathname}`).toBe("https://client.example.com/cb");
    expect(answered.searchParams.get("state")).toBe("a b&c=ü\"'");
    expect(answered.searchParams.get("iss")).toBe("http://as.test/oauth");
    const code = parseCode(answered.searchParams.get("code") ?? "");
    const { state } = await world.context.grants.load(code?.grantId ?? "");
    expect(state).toMatchObject({
      status: "authorized",
      basis: {
        clientId: "app",
        scope: ["files:read", "files:write"],
        refreshable: true,
        offline: false,
        entity: "human",
        nonce: "n-1",
        authTime: world.clock.time,
        amr: ["pwd"],
      },
      code: {
        hash: code?.hash,
        challenge: CHALLENGE,
        redirectUri: "https://client.example.com/cb",
        redirectUriGiven: true,
        expiresAt: world.clock.time + 60,
      },
    });
  });

  it("grants the resource's default scopes when none is asked, and all that goes with a remembered consent without asking again", async () => {
    const visitor = new Visitor(world);
    const first = await visitor.authorize(authorizationUrl({ scope: undefined, client_id: "two" }), "allow", { username: "other" });
    const { state } = await world.context.grants.load(parseCode(first.searchParams.get("code") ?? "")?.grantId ?? "");
    expect(state).toMatchObject({ basis: { scope: ["files:read"], resources: [{ uri: MCP, scopes: ["files:read"] }] } });
    const again = await visitor.get(authorizationUrl({ scope: "files:read", client_id: "two" }));
    expect(locationOf(again)).toContain("code=gl_ac_");
    const more = await visitor.get(authorizationUrl({ client_id: "two" }));
    expect(locationOf(more)).toContain("/oauth/consent?");
  });

  it("uses the one registered redirect URI when none is named, and remembers that", async () => {
    const answered = await new Visitor(world).authorize(authorizationUrl({ redirect_uri: undefined, max_age: "600" }));
    expect(answered.host).toBe("client.example.com");
    const { state } = await world.context.grants.load(parseCode(answered.searchParams.get("code") ?? "")?.grantId ?? "");
    expect(state).toMatchObject({ code: { redirectUri: "https://client.example.com/cb", redirectUriGiven: false } });
  });

  it("takes a form post, and carries on as a GET so that cookies come along", async () => {
    const visitor = new Visitor(world);
    const posted = await visitor.post("/oauth/authorize", new URL(authorizationUrl(), "http://x").searchParams, {
      "sec-fetch-site": "cross-site",
    });
    expect(posted.status).toBe(303);
    expect(new URL(locationOf(posted) ?? "", "http://x").searchParams.get("client_id")).toBe("app");
    const login = await visitor.follow(posted);
    expect(login.body).toContain('id="login-form"');
  });

  it("sends nobody on in another browser", async () => {
    const visitor = new Visitor(world);
    const toLogin = await visitor.get(authorizationUrl());
    const elsewhere = await new Visitor(world).get(locationOf(toLogin) ?? "");
    expect(elsewhere).toMatchObject({ status: 400, headers: { "x-reason": "interaction-unknown" } });
    expect(locationOf(elsewhere)).toBeUndefined();
  });

  it("ends an interaction that took too long", async () => {
    const visitor = new Visitor(world);
    const login = await visitor.follow(await visitor.get(authorizationUrl()));
    world.clock.time += 1801;
    expect(await visitor.login(login)).toMatchObject({ status: 400, headers: { "x-reason": "interaction-expired" } });
  });

  it("notices that the client changed its redirect URIs on the way", async () => {
    await world.registerClient("moving");
    const visitor = new Visitor(world);
    const login = await visitor.follow(await visitor.get(authorizationUrl({ client_id: "moving" })));
    const { state } = await world.context.clients.load("moving");
    if (state.status !== "active") throw new Error("not active");
    const metadata = { ...state.metadata, redirect_uris: ["https://elsewhere.example.com/cb"] };
    await world.context.clients.execute(
      "moving",
      { kind: "update", now: world.clock.time, metadata, documentHash: "h2" },
      { correlationId: "t", actor: { kind: "system", id: "t" } },
    );
    expect(await visitor.login(login)).toMatchObject({ status: 400, headers: { "x-reason": "redirect-uri-unregistered" } });
  });

  it("does nothing twice: a second answer to one interaction is a page", async () => {
    const visitor = new Visitor(world);
    const consent = await visitor.login(await visitor.follow(await visitor.get(authorizationUrl({ prompt: "consent" }))));
    expect(locationOf(await visitor.decide(consent))).toContain("code=");
    expect(await visitor.decide(consent)).toMatchObject({ status: 400, headers: { "x-reason": "interaction-unknown" } });
    expect(await visitor.decide(consent, "deny")).toMatchObject({ status: 400, headers: { "x-reason": "interaction-unknown" } });
  });

  it("gives one code to 20 answers at once", async () => {
    const visitor = new Visitor(world);
    const consent = await visitor.login(await visitor.follow(await visitor.get(authorizationUrl({ prompt: "consent" }))));
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.decide(consent)));
    expect(answers.filter((each) => locationOf(each)?.includes("code=") === true)).toHaveLength(1);
    expect(answers.filter((each) => each.status === 400)).toHaveLength(19);
  });
});

describe("errors a person sees, never a redirect", () => {
  const cases: readonly (readonly [string, Parameters<typeof authorizationUrl>[0], string])[] = [
    ["an unknown client", { client_id: "nobody" }, "client-unknown"],
    ["no client_id", { client_id: undefined }, "parameter-missing"],
    ["a repeated client_id", { client_id: ["app", "app"] }, "parameter-repeated"],
    ["a repeated redirect_uri", { redirect_uri: ["https://client.example.com/cb", "https://evil.example.com"] }, "parameter-repeated"],
    ["an unregistered redirect_uri", { redirect_uri: "https://client.example.com.evil.com/cb" }, "redirect-uri-unregistered"],
    ["a javascript redirect_uri", { redirect_uri: "javascript:alert(1)" }, "redirect-uri-unregistered"],
    ["no redirect_uri where several are registered", { client_id: "two", redirect_uri: undefined }, "redirect-uri-missing"],
    [
      "a loopback redirect_uri with another path",
      { client_id: "native", redirect_uri: "http://127.0.0.1:4711/evil" },
      "redirect-uri-unregistered",
    ],
    ["a loopback redirect_uri by name", { client_id: "native", redirect_uri: "http://localhost:4711/cb" }, "redirect-uri-unregistered"],
  ];
  it.each(cases)("%s", async (_name, changes, reason) => {
    const response = await new Visitor(world).get(authorizationUrl(changes));
    expect(response).toMatchObject({ status: 400, headers: { "x-reason": reason } });
    expect(locationOf(response)).toBeUndefined();
    expect(response.headers).not.toHaveProperty("set-cookie");
  });

  it("tells a person with a dead registration what to do", async () => {
    await world.registerClient("gone", {}, { how: "dcr" });
    await world.context.clients.execute(
      "gone",
      { kind: "delete", now: world.clock.time, reason: "admin" },
      { correlationId: "t", actor: { kind: "system", id: "t" } },
    );
    const response = await new Visitor(world).get(authorizationUrl({ client_id: "gone" }));
    expect(response).toMatchObject({ status: 400, headers: { "x-reason": "client-deleted", "x-code": "invalid_client" } });
    expect(text(response)).toContain("remove the server there and add it again");
  });

  it("counts a name in query and body as repeated", async () => {
    const response = await world.call({
      method: "POST",
      path: "/oauth/authorize",
      query: "client_id=app",
      body: authorizationUrl().split("?")[1] ?? "",
    });
    expect(response).toMatchObject({ status: 400, headers: { "x-reason": "parameter-repeated" } });
  });
});

describe("errors the client gets by redirect", () => {
  const cases: readonly (readonly [string, Parameters<typeof authorizationUrl>[0], string])[] = [
    ["no response_type", { response_type: undefined }, "invalid_request"],
    ["response_type token", { response_type: "token" }, "unsupported_response_type"],
    ["response_type code id_token", { response_type: "code id_token" }, "unsupported_response_type"],
    ["response_mode fragment", { response_mode: "fragment" }, "invalid_request"],
    ["no code_challenge", { code_challenge: undefined }, "invalid_request"],
    ["an empty code_challenge", { code_challenge: "" }, "invalid_request"],
    ["PKCE plain", { code_challenge_method: "plain" }, "invalid_request"],
    ["PKCE without a method", { code_challenge_method: undefined }, "invalid_request"],
    ["a malformed challenge", { code_challenge: "abc" }, "invalid_request"],
    ["only unknown scopes", { scope: "nope nada" }, "invalid_scope"],
    ["a scope with illegal characters", { scope: 'files:read "' }, "invalid_scope"],
    ["a 10 kB scope", { scope: "x".repeat(10_000) }, "invalid_scope"],
    ["a relative resource", { resource: "/mcp" }, "invalid_target"],
    ["a resource with a fragment", { resource: `${MCP}#x` }, "invalid_target"],
    ["an unknown resource", { resource: "https://other.example.com/mcp" }, "invalid_target"],
    ["a resource with one slash more", { resource: `${MCP}/` }, "invalid_target"],
    ["50 resources", { resource: Array.from({ length: 50 }, (_, n) => `${MCP}${n}`) }, "invalid_target"],
    ["a repeated scope", { scope: ["files:read", "files:write"] }, "invalid_request"],
    ["a repeated state", { state: ["a", "b"] }, "invalid_request"],
    ["a 5 kB state", { state: "s".repeat(5000) }, "invalid_request"],
    ["a request object", { request: "eyJ" }, "request_not_supported"],
    ["a foreign request_uri", { request_uri: "http://169.254.169.254/latest" }, "request_uri_not_supported"],
    ["prompt none and login", { prompt: "none login" }, "invalid_request"],
    ["prompt none without a session", { prompt: "none" }, "login_required"],
    ["a negative max_age", { max_age: "-1" }, "invalid_request"],
    ["the code flow for a machine client", { client_id: "machine" }, "unauthorized_client"],
    ["a plain request of a client that must push", { client_id: "pushing" }, "invalid_request"],
  ];
  it.each(cases)("%s", async (_name, changes, error) => {
    const query = await answer(changes);
    expect(query.get("error")).toBe(error);
    expect(query.get("iss")).toBe("http://as.test/oauth");
    expect(query.get("state")).toBe(typeof changes?.["state"] === "string" || Array.isArray(changes?.["state"]) ? null : "s-1");
    expect(query.get("error_description")).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
  });

  it("drops unknown scopes beside a known one, and takes the root-slash twin of a bare resource", async () => {
    const visitor = new Visitor(world);
    const answered = await visitor.authorize(authorizationUrl({ scope: "x nope offline_access", resource: "https://bare.example.com/" }));
    const { state } = await world.context.grants.load(parseCode(answered.searchParams.get("code") ?? "")?.grantId ?? "");
    expect(state).toMatchObject({
      basis: { scope: ["offline_access", "x"], offline: true, resources: [{ uri: "https://bare.example.com" }] },
    });
  });

  it("shows a page with a link instead to an unvetted client's own site", async () => {
    const response = await new Visitor(world).get(authorizationUrl({ client_id: "stranger", response_type: "token" }));
    expect(response.status).toBe(400);
    expect(locationOf(response)).toBeUndefined();
    expect(response.body).toContain('id="return-to-client"');
    expect(text(response)).toContain("client.example.com");
  });

  it("redirects an unvetted client at once for prompt=none, and to the person's own machine", async () => {
    expect((await answer({ client_id: "stranger", prompt: "none" })).get("error")).toBe("login_required");
    expect((await answer({ client_id: "stranger", prompt: "none login" })).get("error")).toBe("invalid_request");
    expect((await answer({ client_id: "native", redirect_uri: LOOPBACK, response_type: "token" })).get("error")).toBe(
      "unsupported_response_type",
    );
  });

  it("counts refusals", async () => {
    world.counted.length = 0;
    await answer({ response_type: "token" });
    expect(world.counted).toContainEqual(expect.objectContaining({ type: "RequestRefused", reason: "response-type-unsupported" }));
  });
});

describe("prompt and max_age", () => {
  it("prompt=none gives a code when login and consent stand, else says what is missing", async () => {
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl());
    expect((await answer({ prompt: "none" }, visitor)).get("code")).toMatch(/^gl_ac_/);
    expect((await answer({ prompt: "none", client_id: "stranger" }, visitor)).get("error")).toBe("consent_required");
    world.clock.time += 100;
    expect((await answer({ prompt: "none", max_age: "10" }, visitor)).get("error")).toBe("login_required");
    expect((await answer({ prompt: "none", max_age: "1000" }, visitor)).get("code")).toMatch(/^gl_ac_/);
  });

  it.each([{ prompt: "login" }, { prompt: "select_account" }, { max_age: "0" }, { max_age: "5" }])(
    "%j asks for a fresh login, once",
    async (changes) => {
      const visitor = new Visitor(world);
      await visitor.authorize(authorizationUrl());
      world.clock.time += 10;
      const page = await visitor.follow(await visitor.get(authorizationUrl(changes)));
      expect(page.body).toContain('id="login-form"');
      const sealed = hidden(page)["interaction"] ?? "";
      const skipped = await visitor.get(`/oauth/consent?interaction=${encodeURIComponent(sealed)}`);
      expect(locationOf(skipped)).toContain("/oauth/login?");
      expect(locationOf(await visitor.login(page))).toContain("code=");
    },
  );

  it("prompt=consent shows the page although the consent is remembered", async () => {
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl());
    expect((await visitor.follow(await visitor.get(authorizationUrl({ prompt: "consent" })))).body).toContain('id="consent-form"');
  });
});

describe("id_token_hint", () => {
  const hint = (claims: object, typ = "JWT"): string =>
    world.context.signer.sign({ iss: world.context.settings.issuer, aud: "app", exp: world.clock.time - 1000, ...claims }, { typ }).jwt;
  const subjectOf = async (answered: URLSearchParams): Promise<string> => {
    const { state } = await world.context.grants.load(parseCode(answered.get("code") ?? "")?.grantId ?? "");
    return state.status === "authorized" ? state.basis.subject : "nobody";
  };
  const seen = async (username: string) => {
    const visitor = new Visitor(world);
    const subject = await subjectOf((await visitor.authorize(authorizationUrl(), "allow", { username })).searchParams);
    return { visitor, subject };
  };

  it("names who is logged in, in an ID token however old: then it changes nothing", async () => {
    const { visitor, subject } = await seen("demo");
    for (const prompt of [undefined, "none"]) {
      const answered = await answer({ prompt, id_token_hint: hint({ sub: subject }) }, visitor);
      expect(await subjectOf(answered)).toBe(subject);
    }
  });

  it("names somebody else: a login, or login_required where no page may be shown", async () => {
    const { visitor } = await seen("demo");
    const { subject: other } = await seen("other");
    const hinted = { id_token_hint: hint({ sub: other }) };
    expect((await answer({ ...hinted, prompt: "none" }, visitor)).get("error")).toBe("login_required");
    const page = await visitor.follow(await visitor.get(authorizationUrl(hinted)));
    expect(page.body).toContain('id="login-form"');
    expect(await subjectOf(new URL(locationOf(await visitor.login(page, "other")) ?? "http://none").searchParams)).toBe(other);
  });

  it("names somebody else than who then logs in: the client gets nobody it did not ask for", async () => {
    const { subject: other } = await seen("other");
    const visitor = new Visitor(world);
    const page = await visitor.follow(await visitor.get(authorizationUrl({ id_token_hint: hint({ sub: other }) })));
    const refused = new URL(locationOf(await visitor.login(page, "demo")) ?? "http://none").searchParams;
    expect([refused.get("error"), refused.get("code"), refused.get("state")]).toEqual(["login_required", null, "s-1"]);
  });

  it("comes by a pushed request too", async () => {
    const { visitor } = await seen("demo");
    const { subject: other } = await seen("other");
    const query = new URL(authorizationUrl({ prompt: "none", id_token_hint: hint({ sub: other }) }), "http://x").searchParams;
    const pushed = await world.call({ method: "POST", path: "/oauth/par", body: query.toString() });
    const { request_uri } = JSON.parse(pushed.body ?? "{}") as { request_uri: string };
    const response = await visitor.get(`/oauth/authorize?${new URLSearchParams({ client_id: "app", request_uri })}`);
    expect(new URL(locationOf(response) ?? "http://none").searchParams.get("error")).toBe("login_required");
  });

  it("is refused when it is no ID token of ours for this client", async () => {
    const { visitor, subject } = await seen("demo");
    for (const bad of [
      "nonsense",
      hint({ sub: subject }, "at+jwt"),
      hint({ sub: subject, aud: "two" }),
      hint({ sub: subject, iss: "https://other.example" }),
      hint({}),
    ])
      expect((await answer({ id_token_hint: bad }, visitor)).get("error")).toBe("invalid_request");
  });
});

describe("response_mode=form_post", () => {
  const post = { response_mode: "form_post" };

  it("brings the answer in a form to the redirect URI, which a button sends where no script runs", async () => {
    const visitor = new Visitor(world);
    let page = await visitor.follow(await visitor.get(authorizationUrl({ ...post, prompt: "consent", state: 'a"b' })));
    page = await visitor.decide(await visitor.login(page));
    expect([page.status, locationOf(page)]).toEqual([200, undefined]);
    expect(page.body).toContain('<form id="form-post" method="post" action="https://client.example.com/cb">');
    expect(page.body).toContain('<button class="primary" id="form-post-continue" type="submit">');
    expect(hidden(page)).toMatchObject({ code: expect.stringMatching(/^gl_ac_/) as string, iss: "http://as.test/oauth" });
    expect(page.body).toContain('name="state" value="a&quot;b"');
    expect(page.body).not.toMatch(/ on[a-z]+=/);
    const again = await visitor.get(authorizationUrl({ ...post, prompt: "none" }));
    expect(hidden(again)["code"]).toMatch(/^gl_ac_/);
  });

  it("runs the one script its policy names by hash, sends forms to the client alone, and is kept nowhere", async () => {
    const page = await new Visitor(world).get(authorizationUrl({ ...post, prompt: "none" }));
    const script = /<script>([^<]*)<\/script>/.exec(page.body ?? "")?.[1] ?? "";
    const policy = String(page.headers?.["content-security-policy"]);
    expect(policy).toContain(`script-src 'sha256-${hash("sha256", script, "base64")}'`);
    expect(policy).toMatch(/form-action 'self' https:\/\/client\.example\.com https:;/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers).toMatchObject({ "cache-control": "no-store", "referrer-policy": "no-referrer" });
  });

  it("brings errors the same way, counted as such", async () => {
    world.counted.length = 0;
    const page = await new Visitor(world).get(authorizationUrl({ ...post, response_type: "token" }));
    expect([page.status, hidden(page)]).toEqual([
      200,
      expect.objectContaining({ error: "unsupported_response_type", state: "s-1", iss: "http://as.test/oauth" }),
    ]);
    expect(page.refused?.reason).toBe("response-type-unsupported");
    expect(world.counted).toContainEqual(expect.objectContaining({ reason: "response-type-unsupported" }));
  });

  it("sends nobody to an unvetted client's own site by itself: that form has no script", async () => {
    const page = await new Visitor(world).get(authorizationUrl({ ...post, client_id: "stranger", response_type: "token" }));
    expect([page.status, hidden(page)["error"]]).toEqual([400, "unsupported_response_type"]);
    expect(page.body).toContain('id="return-to-client"');
    expect(page.body).not.toContain("<script>");
    expect(String(page.headers?.["content-security-policy"])).not.toContain("script-src");
  });

  it("is refused where no form can be posted to: a private-use scheme; and there by redirect", async () => {
    await world.registerClient("scheme", { redirect_uris: ["cursor://x/cb"] });
    const response = await new Visitor(world).get(authorizationUrl({ ...post, client_id: "scheme", redirect_uri: "cursor://x/cb" }));
    expect(new URL(locationOf(response) ?? "http://none").searchParams.get("error")).toBe("invalid_request");
  });
});

describe("the interstitial page", () => {
  it("names an application without a name, and where it would go", async () => {
    await world.registerClient("nameless", { redirect_uris: ["cursor://x/cb"], client_name: "\u202E" }, { how: "dcr" });
    const response = await new Visitor(world).get(
      authorizationUrl({ client_id: "nameless", redirect_uri: "cursor://x/cb", response_type: "token" }),
    );
    expect(text(response)).toContain("The application asked to be told at cursor: (an application on this device)");
    expect(response.body).toContain('href="cursor://x/cb?error=unsupported_response_type&amp;');
  });
});

describe("without a resource", () => {
  it("identity scopes the client registered are its default, and a forgotten default resource is none", async () => {
    await world.registerClient(
      "registered",
      { scope: "openid email files:read" },
      { settings: { defaultResource: "https://gone.example.com/mcp" } },
    );
    const answered = await new Visitor(world).authorize(
      authorizationUrl({ client_id: "registered", resource: undefined, scope: undefined }),
    );
    const { state } = await world.context.grants.load(parseCode(answered.searchParams.get("code") ?? "")?.grantId ?? "");
    expect(state).toMatchObject({ basis: { resources: [], scope: ["openid", "email"] } });
  });

  it("the issuer may be named beside a resource or alone, for the token that opens userinfo", async () => {
    const issuer = "http://as.test/oauth";
    const basisOf = async (changes: Parameters<typeof authorizationUrl>[0]) => {
      const answered = await new Visitor(world).authorize(authorizationUrl(changes));
      return (await world.context.grants.load(parseCode(answered.searchParams.get("code") ?? "")?.grantId ?? "")).state;
    };
    expect(await basisOf({ resource: [MCP, issuer], scope: "openid files:read" })).toMatchObject({
      basis: { resources: [{ uri: MCP }], scope: ["openid", "files:read"] },
    });
    expect(await basisOf({ resource: issuer, scope: undefined })).toMatchObject({ basis: { resources: [], scope: ["openid"] } });
    expect((await answer({ resource: [MCP, issuer], scope: "files:read" })).get("error")).toBe("invalid_target");
    expect((await answer({ resource: [MCP, issuer], scope: undefined })).get("error")).toBe("invalid_target");
    expect((await answer({ resource: issuer, scope: "email" })).get("error")).toBe("invalid_target");
  });

  it("the token is for userinfo, with identity scopes", async () => {
    const answered = await new Visitor(world).authorize(authorizationUrl({ resource: undefined, scope: undefined }));
    const { state } = await world.context.grants.load(parseCode(answered.searchParams.get("code") ?? "")?.grantId ?? "");
    expect(state).toMatchObject({ basis: { resources: [], scope: ["openid"] } });
  });

  it("the client's default resource counts, unless only identity is asked for", async () => {
    await world.registerClient("defaulting", {}, { settings: { defaultResource: MCP } });
    const grantOf = async (scope: string | undefined) => {
      const answered = await new Visitor(world).authorize(authorizationUrl({ client_id: "defaulting", resource: undefined, scope }));
      return (await world.context.grants.load(parseCode(answered.searchParams.get("code") ?? "")?.grantId ?? "")).state;
    };
    expect(await grantOf(undefined)).toMatchObject({ basis: { resources: [{ uri: MCP }], scope: ["files:read"] } });
    expect(await grantOf("openid email")).toMatchObject({ basis: { resources: [], scope: ["openid", "email"] } });
  });
});
