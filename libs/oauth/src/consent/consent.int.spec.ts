import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consentStreamId, type ConsentSummary } from "../context/index.ts";
import { authorizationUrl, hidden, locationOf, text, Visitor } from "../testing/visitor.ts";
import { EVERYBODY, MCP, META, openWorld, type World } from "../testing/world.ts";
import { parseCode } from "../tokens/index.ts";

// Real: event store, keys, limits, deciders, directory, people. Made: clock, security log.
let world: World;
const SECOND = "https://second.example.com/mcp";
const LOOPBACK = "http://localhost:9999/cb";

beforeAll(async () => {
  world = await openWorld();
  await world.registerClient("app");
  await world.registerClient(
    "desktop",
    { redirect_uris: ["http://localhost/cb"], application_type: "native", client_name: "Claude \u202Eedoc\u202C <b>✔</b>" },
    { how: "dcr" },
  );
  await world.registerClient("operated", { redirect_uris: ["http://localhost/cb"], application_type: "native" });
  await world.registerResource(MCP, [
    { name: "files:read", description: "Read your files" },
    { name: "files:write", description: "Change your <files>" },
  ]);
  await world.registerResource(SECOND, [{ name: "files:read", description: "Read other files" }]);
});
afterAll(() => world.close());

async function consentPage(changes: Parameters<typeof authorizationUrl>[0] = {}, username = "demo") {
  const visitor = new Visitor(world);
  let page = await visitor.follow(await visitor.get(authorizationUrl({ prompt: "consent", ...changes })));
  if (page.body?.includes('id="login-form"') === true) page = await visitor.login(page, username);
  return { visitor, page };
}

async function grantOf(answer: URL | string | undefined) {
  const code = parseCode(new URL(answer ?? "http://none").searchParams.get("code") ?? "");
  return (await world.context.grants.load(code?.grantId ?? "none")).state;
}

async function subjectOf(username: string): Promise<string> {
  const { state } = await world.context.logins.load(world.context.subjectKeys.loginHash("urn:test:people", username));
  return state.status === "linked" ? state.subject : "";
}

describe("the consent page", () => {
  it("names client, origin, redirect host, resource and scopes in plain words", async () => {
    const { page } = await consentPage({ scope: "files:read files:write openid offline_access" });
    for (const id of [
      "consent-form",
      "consent-client",
      "consent-origin",
      "consent-redirect-host",
      "consent-resource",
      "consent-allow",
      "consent-deny",
      "consent-remember",
      "scope-files:read",
      "scope-files:write",
      "scope-openid",
      "scope-offline_access",
    ]) {
      expect(page.body).toContain(`id="${id}"`);
    }
    expect(text(page)).toContain("Test client asks for access on your behalf.");
    expect(text(page)).toContain("Verified: registered by the operator");
    expect(text(page)).toContain("client.example.com");
    expect(text(page)).toContain(MCP);
    expect(text(page)).toContain("Change your &lt;files&gt;");
    expect(text(page)).toContain("Logged in as demo");
    expect(page.body).not.toContain("consent-localhost-warning");
    expect(page.body).not.toContain("<script");
    expect(page.headers?.["content-security-policy"]).toMatch(
      /form-action 'self' https:\/\/client\.example\.com https:; frame-ancestors 'none'/,
    );
    expect(page.headers?.["x-frame-options"]).toBe("DENY");
  });

  it("marks a self-registered client unverified, warns of loopback, and shows no trick of its name", async () => {
    const { page } = await consentPage({ client_id: "desktop", redirect_uri: LOOPBACK });
    expect(text(page)).toContain("Unverified");
    expect(page.body).toContain('data-verified="no"');
    expect(page.body).toContain('id="consent-localhost-warning"');
    expect(page.body).toContain('<code id="consent-redirect-host">localhost:9999</code>');
    expect(page.body).toContain("Claude edoc &lt;b&gt;&lt;/b&gt;");
  });

  it("keeps equal scope names of two resources apart", async () => {
    const { visitor, page } = await consentPage({ resource: [MCP, SECOND], scope: "files:read" });
    expect(page.body).toContain('id="scope-files:read-2"');
    const fields = new URLSearchParams({ ...hidden(page), decision: "allow", scope: "files:read" });
    const granted = await grantOf(locationOf(await visitor.post("/oauth/consent", fields)));
    expect(granted).toMatchObject({ basis: { resources: [{ uri: MCP, scopes: ["files:read"] }] } });
    const both = await consentPage({ resource: [MCP, SECOND], scope: "files:read" });
    expect(await grantOf(locationOf(await both.visitor.decide(both.page)))).toMatchObject({
      basis: { resources: [{ uri: MCP }, { uri: SECOND }], scope: ["files:read"] },
    });
  });
});

describe("the answer", () => {
  it("is consent first, then a grant that refers to it", async () => {
    const { visitor, page } = await consentPage({}, "root");
    const state = await grantOf(locationOf(await visitor.decide(page)));
    const stream = world.context.consents.stream(consentStreamId(await subjectOf("root"), "app"));
    expect(state.status).toBe("authorized");
    const [event] = await world.context.store.readStream(
      world.context.grants.stream(
        parseCode(new URL(locationOf(await visitor.get(authorizationUrl())) ?? "").searchParams.get("code") ?? "")?.grantId ?? "",
      ),
    );
    expect(JSON.parse(event?.body ?? "{}")).toMatchObject({ data: { consent: { stream, revision: 0 } } });
  });

  it("can be narrowed scope by scope, and what is unticked leaves an older consent too", async () => {
    const { visitor, page } = await consentPage({ scope: "files:read files:write openid" });
    await visitor.decide(page);
    const again = await visitor.follow(await visitor.get(authorizationUrl({ prompt: "consent", scope: "files:read files:write openid" })));
    const state = await grantOf(locationOf(await visitor.decide(again, "allow", { untick: ["files:write", "openid"] })));
    expect(state).toMatchObject({ basis: { scope: ["files:read"] } });
    expect(locationOf(await visitor.get(authorizationUrl({ scope: "files:read" })))).toContain("code=");
    expect(locationOf(await visitor.get(authorizationUrl({ scope: "files:write" })))).toContain("/oauth/consent");
  });

  it("never reaches beyond what was offered", async () => {
    const { visitor, page } = await consentPage({ scope: "files:read" });
    const fields = new URLSearchParams({ ...hidden(page), decision: "allow" });
    for (const scope of ["files:read", "files:write", "grantline:admin", "openid"]) fields.append("scope", scope);
    expect(await grantOf(locationOf(await visitor.post("/oauth/consent", fields)))).toMatchObject({ basis: { scope: ["files:read"] } });
  });

  it("is access_denied for no, and for allowing nothing at all; the interaction is used up", async () => {
    const { visitor, page } = await consentPage();
    const denied = new URL(locationOf(await visitor.decide(page, "deny")) ?? "");
    expect(Object.fromEntries(denied.searchParams)).toMatchObject({
      error: "access_denied",
      state: "s-1",
      iss: "http://as.test/oauth",
    });
    expect(await visitor.decide(page)).toMatchObject({ status: 400, headers: { "x-reason": "interaction-unknown" } });
    const nothing = await consentPage();
    expect(locationOf(await nothing.visitor.decide(nothing.page, "allow", { untick: ["files:read", "files:write"] }))).toContain(
      "error=access_denied",
    );
  });

  it("is asked for again when it was for this once", async () => {
    await world.registerClient("once");
    const { visitor, page } = await consentPage({ client_id: "once" });
    await visitor.decide(page, "allow", { forget: true });
    expect(locationOf(await visitor.get(authorizationUrl({ client_id: "once" })))).toContain("/oauth/consent");
  });

  it("is always asked of an unvetted client on the person's machine, not of an operator's", async () => {
    const first = await consentPage({ client_id: "desktop", redirect_uri: LOOPBACK });
    await first.visitor.decide(first.page);
    expect(locationOf(await first.visitor.get(authorizationUrl({ client_id: "desktop", redirect_uri: LOOPBACK })))).toContain(
      "/oauth/consent",
    );
    const second = await consentPage({ client_id: "operated", redirect_uri: LOOPBACK });
    await second.visitor.decide(second.page);
    expect(locationOf(await second.visitor.get(authorizationUrl({ client_id: "operated", redirect_uri: LOOPBACK })))).toContain("code=");
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ["without a form token", { csrf: "" }, { "sec-fetch-site": "same-origin" }],
    ["from another site", {}, { "sec-fetch-site": "cross-site" }],
    ["from a foreign origin", {}, { origin: "https://evil.example.com" }],
  ])("is refused %s, and nothing is granted", async (_name, fields, headers) => {
    const { visitor, page } = await consentPage();
    const head = await world.context.store.head();
    expect(
      await visitor.post("/oauth/consent", { ...hidden(page), decision: "allow", scope: "files:read", ...fields }, headers),
    ).toMatchObject({ status: 403, headers: { "x-reason": "csrf-mismatch" } });
    expect(await world.context.store.head()).toBe(head);
  });

  it("is refused when another person logged in meanwhile, and when a field comes twice", async () => {
    const { visitor, page } = await consentPage();
    const twice = new URLSearchParams({ ...hidden(page), decision: "deny" });
    twice.append("decision", "allow");
    expect(await visitor.post("/oauth/consent", twice)).toMatchObject({ status: 400, headers: { "x-reason": "parameter-repeated" } });
    await visitor.login(await visitor.get("/oauth/login"), "root");
    expect(await visitor.decide(page)).toMatchObject({ status: 403 });
  });

  it("needs a login that is still there", async () => {
    const { visitor, page } = await consentPage();
    visitor.cookies.delete("grantline-session");
    expect(locationOf(await visitor.decide(page))).toContain("/oauth/login?");
  });
});

describe("the access policy", () => {
  const DENIED = "https://staff.example.com/mcp";
  const ADMIN = "https://admin.example.com/v1";
  beforeAll(async () => {
    const rule = EVERYBODY.rules[0];
    if (rule === undefined) throw new Error("no rule");
    await world.registerResource(
      DENIED,
      [
        { name: "hr", description: "HR" },
        { name: "pay", description: "Pay" },
      ],
      {
        rules: [
          { ...rule, subjects: { groups: ["staff"] }, scopes: ["hr"] },
          { ...rule, subjects: { claim: { name: "preferred_username", values: ["root"] } }, scopes: ["pay"] },
        ],
      },
    );
    await world.registerResource(ADMIN, [{ name: "grantline:admin", description: "Everything" }], {
      rules: [{ ...rule, scopes: ["grantline:admin"] }],
    });
    await world.registerResource("https://open.example.com/mcp", []);
    await world.registerClient("limited", { scope: "hr" });
    await world.registerClient("agent", {}, { settings: { entity: "agent" } });
    await world.registerClient("elsewhere", {}, { settings: { allowedResources: ["none"] } });
  });

  async function outcome(changes: Parameters<typeof authorizationUrl>[0], username: string) {
    const answer = await new Visitor(world).authorize(authorizationUrl(changes), "allow", { username });
    const state = await grantOf(answer);
    return state.status === "authorized" ? state.basis.scope : answer.searchParams.get("error");
  }

  it("cuts what is offered by group and by claim", async () => {
    expect(await outcome({ resource: DENIED, scope: "hr pay" }, "demo")).toEqual(["hr"]);
    expect(await outcome({ resource: DENIED, scope: "hr pay" }, "root")).toEqual(["pay"]);
    expect(await outcome({ resource: DENIED, scope: "hr" }, "root")).toBe("access_denied");
    expect(await outcome({ resource: DENIED, scope: "hr pay" }, "other")).toBe("access_denied");
    expect(await outcome({ resource: DENIED, scope: "hr", client_id: "desktop", redirect_uri: LOOPBACK }, "other")).toBe("access_denied");
  });

  it("gives grantline:* to operators alone, through clients of the operator alone, whatever the client's entity", async () => {
    expect(await outcome({ resource: ADMIN, scope: "grantline:admin" }, "root")).toEqual(["grantline:admin"]);
    expect(await outcome({ resource: ADMIN, scope: "grantline:admin" }, "demo")).toBe("access_denied");
    expect(await outcome({ resource: ADMIN, scope: "grantline:admin", client_id: "agent" }, "demo")).toBe("access_denied");
    expect(await outcome({ resource: ADMIN, scope: "grantline:admin", client_id: "desktop", redirect_uri: LOOPBACK }, "root")).toBe(
      "access_denied",
    );
  });

  it("lets people in where a resource has no scopes at all", async () => {
    expect(await outcome({ resource: "https://open.example.com/mcp", scope: undefined }, "demo")).toEqual([]);
  });

  it("keeps a client under its ceiling and to its resources", async () => {
    expect(await outcome({ resource: DENIED, scope: "hr pay openid offline_access", client_id: "limited" }, "demo")).toEqual([
      "offline_access",
      "hr",
    ]);
    expect(await outcome({ client_id: "elsewhere" }, "demo")).toBe("invalid_target");
  });
});

describe("the consent page, at its edges", () => {
  it("serves a client without a name, with a private-use address and nothing but identity", async () => {
    const own = await openWorld();
    const { client_name: _name, ...metadata } = { client_name: "", redirect_uris: ["cursor://anysphere/cb"] };
    await own.registerClient("cursor", { ...metadata, client_name: "\u200B" });
    const visitor = new Visitor(own);
    const page = await visitor.login(
      await visitor.follow(
        await visitor.get(
          authorizationUrl({ client_id: "cursor", redirect_uri: "cursor://anysphere/cb", resource: undefined, scope: "openid email" }),
        ),
      ),
    );
    expect(text(page)).toContain("An application without a name");
    expect(text(page)).toContain("cursor: (an application on this device)");
    expect(text(page)).toContain("only who you are, at this server");
    expect(page.headers?.["content-security-policy"]).toContain("form-action 'self' cursor: https:");
    const denied = await visitor.decide(page, "deny");
    expect(locationOf(denied)).toMatch(/^cursor:\/\/anysphere\/cb\?error=access_denied/);
    await own.close();
  });

  it("falls back where a resource's words have nothing to show", async () => {
    const own = await openWorld();
    await own.registerClient("app");
    const { resourceStreamId } = await import("../context/index.ts");
    const resourceId = resourceStreamId(MCP);
    await own.context.resources.execute(
      resourceId,
      {
        kind: "register",
        now: 1,
        resourceId,
        uri: MCP,
        name: "\u200B",
        clientId: "rs",
        scopes: [{ name: "files:read", description: "" }],
        policy: EVERYBODY,
        tokenPolicy: {},
      },
      META,
    );
    await own.registerResource(SECOND, []);
    const visitor = new Visitor(own);
    const page = await visitor.login(
      await visitor.follow(await visitor.get(authorizationUrl({ resource: [MCP, SECOND], scope: undefined }))),
    );
    expect(text(page)).toContain(`A server ${MCP}`);
    expect(text(page)).toContain(`At ${MCP} it may files:read`);
    expect(text(page)).toContain(`Use ${SECOND} .`);
    await own.context.subjectKeys.destroy(
      ((await own.context.logins.load(own.context.subjectKeys.loginHash("urn:test:people", "demo"))).state as { subject: string }).subject,
    );
    expect(
      text(await visitor.get(locationOf(await visitor.get(authorizationUrl({ resource: [MCP, SECOND], scope: undefined }))) ?? "")),
    ).toContain("Logged in as yourself");
    await own.close();
  });

  it("sends a request that wants a fresh login back to it, even with a form of ours", async () => {
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl());
    world.clock.time += 10;
    const login = await visitor.follow(await visitor.get(authorizationUrl({ prompt: "login" })));
    const { browserKey, csrfToken } = await import("../browser/index.ts");
    const { readSession } = await import("../session/index.ts");
    const request = {
      method: "GET",
      path: "/",
      query: "",
      params: {},
      body: undefined,
      ip: "x",
      correlationId: "x",
      headers: { cookie: [[...visitor.cookies].map(([name, value]) => `${name}=${value}`).join("; ")] },
    };
    const session = await readSession(world.context, request);
    const sealed = hidden(login)["interaction"] ?? "";
    const { id } = world.context.seals.open<{ id: string }>("interaction", sealed) ?? { id: "" };
    const csrf = csrfToken(world.context, browserKey(world.context, request) ?? "", `consent:${id}:${session?.cookieId ?? ""}`);
    expect(
      locationOf(await visitor.post("/oauth/consent", { interaction: sealed, csrf, decision: "allow", scope: "files:read" })),
    ).toContain("/oauth/login?");
  });

  it("is nothing without an interaction, with a forged one, or with another sealed value", async () => {
    const visitor = new Visitor(world);
    for (const interaction of [
      "",
      "?interaction=x.y",
      `?interaction=${encodeURIComponent(world.context.seals.seal("par", { id: "x" }))}`,
    ]) {
      expect(await visitor.get(`/oauth/consent${interaction}`)).toMatchObject({
        status: 400,
        headers: { "x-reason": "interaction-unknown" },
      });
    }
  });

  it("ends for a client that is suspended on the way", async () => {
    await world.registerClient("suspect");
    const { visitor, page } = await consentPage({ client_id: "suspect" });
    await world.context.clients.execute("suspect", { kind: "suspend", now: world.clock.time, reason: "x" }, META);
    expect(await visitor.decide(page)).toMatchObject({ status: 400, headers: { "x-reason": "client-suspended" } });
  });

  it("lets what is no refusal pass through to the rim", async () => {
    const { visitor, page } = await consentPage();
    const { execute } = world.context.grants;
    Object.assign(world.context.grants, { execute: () => Promise.reject(new Error("disk full")) });
    await expect(visitor.decide(page)).rejects.toThrow("disk full");
    await expect(visitor.get(authorizationUrl())).rejects.toThrow("disk full");
    Object.assign(world.context.grants, { execute });
    const { find } = world.context.directory;
    Object.assign(world.context.directory, { find: () => Promise.reject(new Error("no network")) });
    await expect(visitor.get(authorizationUrl())).rejects.toThrow("no network");
    Object.assign(world.context, { listConsents: () => Promise.resolve([{ clientId: "app", scopes: {} }]) });
    await expect(visitor.get("/oauth/grants")).rejects.toThrow("no network");
    Object.assign(world.context, { listConsents: undefined });
    Object.assign(world.context.directory, { find });
  });
});

describe("a document client", () => {
  it("gets its stream with its first grant", async () => {
    const clientId = "https://app.example.com/client.json";
    const own = await openWorld();
    const metadata = {
      client_name: "Doc",
      redirect_uris: ["https://app.example.com/cb"],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      application_type: "web",
    } as const;
    const state = {
      status: "active",
      clientId,
      how: "cimd",
      verification: "cimd",
      metadata,
      settings: {},
      secrets: [],
      registeredAt: own.clock.time,
      generation: 0,
    } as const;
    Object.assign(own.context, { directory: { find: () => Promise.resolve({ clientId, streamId: "u1", state, documentHash: "h" }) } });
    await own.registerResource(MCP, [{ name: "files:read", description: "Read your files" }]);
    const visitor = new Visitor(own);
    const page = await visitor.login(
      await visitor.follow(await visitor.get(authorizationUrl({ client_id: clientId, redirect_uri: "https://app.example.com/cb" }))),
    );
    expect(text(page)).toContain("Verified address: app.example.com");
    expect((await own.context.clients.load("u1")).state.status).toBe("none");
    await visitor.decide(page);
    expect((await own.context.clients.load("u1")).state).toMatchObject({ status: "active", how: "cimd", clientId });
    await own.close();
  });
});

describe("what you have allowed", () => {
  it("says when it can't be listed, and asks for a login first", async () => {
    const visitor = new Visitor(world);
    expect(locationOf(await visitor.get("/oauth/grants"))).toBe("/oauth/login");
    const page = await visitor.login(await visitor.get("/oauth/login"));
    expect(page.body).toContain('id="grants-unavailable"');
  });

  it("lists clients with their scopes, and withdrawing raises the generation", async () => {
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl(), "allow", { username: "root" });
    const subject = await subjectOf("root");
    await world.context.consents.execute(
      consentStreamId(subject, "vanished"),
      { kind: "grant", now: 1, subject, clientId: "vanished", scopes: { r: ["files:read"], "": ["openid"] }, remember: true },
      META,
    );
    const listing: ConsentSummary[] = ["app", "vanished", "never"].map((clientId) => ({ clientId, scopes: {} }));
    Object.assign(world.context, { listConsents: (asked: string) => Promise.resolve(asked === subject ? listing : []) });
    const page = await visitor.get("/oauth/grants");
    expect(text(page)).toContain("Test client app Withdraw Server at mcp.example.com Read your files Change your &lt;files&gt;");
    expect(text(page)).toContain("Application vanished Withdraw A server that is gone files:read About you Recognise you");
    expect(text(page)).not.toContain("never");
    const before = (await world.context.consents.load(consentStreamId(subject, "app"))).state.generation;
    const csrf = hidden(page)["csrf"] ?? "";
    expect(await visitor.post("/oauth/grants", { csrf: "", client_id: "app" })).toMatchObject({ status: 403 });
    expect(await visitor.post("/oauth/grants", { csrf })).toMatchObject({ status: 400 });
    expect(await visitor.post("/oauth/grants", { csrf, client_id: "never" })).toMatchObject({ status: 404 });
    expect(locationOf(await visitor.post("/oauth/grants", { csrf, client_id: "app" }))).toBe("/oauth/grants");
    const { state } = await world.context.consents.load(consentStreamId(subject, "app"));
    expect(state).toMatchObject({ status: "withdrawn" });
    expect(state.generation).toBeGreaterThan(before);
    expect(locationOf(await visitor.get(authorizationUrl()))).toContain("/oauth/consent");
    expect(text(await visitor.get("/oauth/grants"))).not.toContain("Test client");
    const empty = new Visitor(world);
    expect((await empty.login(await empty.get("/oauth/login"), "demo")).body).toContain('id="grants-empty"');
    expect(locationOf(await new Visitor(world).post("/oauth/grants", { client_id: "app" }))).toBe("/oauth/login");
    await world.context.subjects.execute(subject, { kind: "revoke-all", now: world.clock.time, reason: "test" }, META);
  });
});
