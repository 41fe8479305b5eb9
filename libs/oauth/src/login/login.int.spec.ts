import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authorizationUrl, hidden, locationOf, text, Visitor } from "../testing/visitor.ts";
import { MCP, META, openWorld, type World } from "../testing/world.ts";

// Real: event store, keys, limits, deciders, directory, people. Made: clock, security log.
let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.registerClient("app");
  await world.registerResource(MCP, [
    { name: "files:read", description: "Read your files" },
    { name: "files:write", description: "Change your files" },
  ]);
});
afterAll(() => world.close());

async function loginPage(visitor = new Visitor(world), changes: Parameters<typeof authorizationUrl>[0] = {}) {
  return { visitor, page: await visitor.follow(await visitor.get(authorizationUrl(changes))) };
}

/** The subject behind a session: read from the event of the login link. */
async function subjectOf(username: string): Promise<string> {
  const { state } = await world.context.logins.load(world.context.subjectKeys.loginHash("urn:test:people", username));
  if (state.status !== "linked") throw new Error("not linked");
  return state.subject;
}

describe("the login page", () => {
  it("has a labelled form with stable ids, no script, and a policy that lets the answer reach the client", async () => {
    const { page } = await loginPage();
    for (const id of ["login-form", "username", "password", "login-submit"]) expect(page.body).toContain(`id="${id}"`);
    expect(page.body).toContain('<label for="username">');
    expect(page.body).toContain('autocomplete="current-password"');
    expect(page.body).not.toContain("<script");
    expect(page.headers?.["content-security-policy"]).toContain("form-action 'self' https://client.example.com https:;");
  });

  it("shows a login hint as text only", async () => {
    const { page } = await loginPage(undefined, { login_hint: '"><script>alert(1)</script>' });
    expect(page.body).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
    expect(page.body).not.toContain("<script");
  });

  it("binds the browser with a cookie scripts can't read", async () => {
    const response = await new Visitor(world).get(authorizationUrl());
    expect(response.headers?.["set-cookie"]).toEqual([
      expect.stringMatching(/^grantline-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
  });
});

describe("logging in", () => {
  it("goes on with 303 and a session cookie, and never shows the password again", async () => {
    const { visitor, page } = await loginPage();
    const response = await visitor.post("/oauth/login", { ...hidden(page), username: "demo", password: "demo" });
    expect(response.status).toBe(303);
    expect(locationOf(response)).toMatch(/^\/oauth\/consent\?interaction=/);
    expect(response.headers?.["set-cookie"]).toEqual([
      expect.stringMatching(/^grantline-session=\S+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=28800$/),
    ]);
  });

  it("says the same, with 401, for a wrong password, an unknown name, an empty form and an endless password", async () => {
    const { visitor, page } = await loginPage();
    const attempt = (username: string, password: string) => visitor.post("/oauth/login", { ...hidden(page), username, password });
    world.counted.length = 0;
    const pages = [
      await attempt("demo", "wrong"),
      await attempt("nobody", "demo"),
      await attempt("", ""),
      await attempt("demo", "x".repeat(2000)),
    ];
    for (const failed of pages) {
      expect(failed.status).toBe(401);
      expect(text(failed)).toContain("The name or password is not right.");
      expect(failed.body).toContain('id="login-error"');
      expect(failed.headers).not.toHaveProperty("set-cookie");
    }
    expect(new Set(pages.map(text)).size).toBe(1);
    expect(world.counted).toHaveLength(4);
  });

  it("slows guessing down by name, from whatever address", async () => {
    const { visitor, page } = await loginPage();
    const statuses: number[] = [];
    for (let n = 0; n < 7; n++) {
      const body = new URLSearchParams({ ...hidden(page), username: "Root", password: `guess-${n}` }).toString();
      const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      statuses.push(
        (
          await world.call({
            method: "POST",
            path: "/oauth/login",
            body,
            ip: `198.51.100.${n}`,
            headers: { cookie, "sec-fetch-site": "same-origin" },
          })
        ).status,
      );
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
  });

  it("slows guessing down no less when all guesses come at once", async () => {
    const { visitor, page } = await loginPage();
    const body = new URLSearchParams({ ...hidden(page), username: "other", password: "guess" }).toString();
    const headers = { cookie: [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join("; "), "sec-fetch-site": "same-origin" };
    const guess = (n: number) => world.call({ method: "POST", path: "/oauth/login", body, ip: `203.0.113.${n}`, headers });
    const statuses = (await Promise.all(Array.from({ length: 40 }, (_, n) => guess(n)))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(35);
    world.clock.time += 900;
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ["without a form token", { csrf: "" }, { "sec-fetch-site": "same-origin" }],
    ["with a forged form token", { csrf: "AAAA" }, { "sec-fetch-site": "same-origin" }],
    ["from another site", {}, { "sec-fetch-site": "cross-site" }],
    ["from a sister site", {}, { "sec-fetch-site": "same-site" }],
    ["from a foreign origin", {}, { origin: "https://evil.example.com" }],
  ])("refuses a form %s", async (_name, fields, headers) => {
    const { visitor, page } = await loginPage();
    const response = await visitor.post("/oauth/login", { ...hidden(page), username: "demo", password: "demo", ...fields }, headers);
    expect(response).toMatchObject({ status: 403, headers: { "x-reason": "csrf-mismatch" } });
    expect(visitor.cookies.has("grantline-session")).toBe(false);
  });

  it.each([{ origin: "http://as.test" }, { origin: "null" }, {}])("takes our own form from a browser that says %j", async (headers) => {
    const { visitor, page } = await loginPage();
    expect(
      (await visitor.post("/oauth/login", { ...hidden(page), username: "demo", password: "demo" }, headers as Record<string, string>))
        .status,
    ).toBe(303);
  });

  it("refuses the form token of another form, another browser or another hour", async () => {
    const one = await loginPage();
    const two = await loginPage(one.visitor);
    const mixed = { ...hidden(one.page), csrf: hidden(two.page)["csrf"] ?? "", username: "demo", password: "demo" };
    expect((await one.visitor.post("/oauth/login", mixed)).status).toBe(403);
    expect((await new Visitor(world).post("/oauth/login", { ...hidden(one.page), username: "demo", password: "demo" })).status).toBe(400);
  });

  it("without an authorization leads to the person's own grants, and nowhere a request names", async () => {
    const visitor = new Visitor(world);
    const page = await visitor.get("/oauth/login?next=https://evil.example.com&return_to=//evil");
    const response = await visitor.post("/oauth/login", { ...hidden(page), username: "demo", password: "demo" });
    expect(locationOf(response)).toBe("/oauth/grants");
  });
});

describe("the subject behind a person", () => {
  it("is a random id, the same at every login, with claims only sealed", async () => {
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl());
    const subject = await subjectOf("demo");
    expect(subject).toMatch(/^[0-9a-f]{32}$/);
    await new Visitor(world).authorize(authorizationUrl());
    expect(await subjectOf("demo")).toBe(subject);
    const events = await world.context.store.readStream(world.context.subjects.stream(subject));
    expect(events.filter(({ type }) => type === "SubjectSeen")).toHaveLength(1);
    expect(events.map(({ body }) => body).join()).not.toMatch(/DEMO|preferred_username/);
  });

  it("is refused a login while disabled, and its session is dead at once", async () => {
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl(), "allow", { username: "other" });
    const subject = await subjectOf("other");
    await world.context.subjects.execute(subject, { kind: "disable", now: world.clock.time, reason: "left" }, META);
    const { page } = await loginPage(visitor);
    expect(page.body).toContain('id="login-form"');
    expect(await visitor.login(page, "other")).toMatchObject({ status: 403, headers: { "x-reason": "subject-barred" } });
    await world.context.subjects.execute(subject, { kind: "enable", now: world.clock.time }, META);
  });

  it("is a new one after an erasure", async () => {
    await new Visitor(world).authorize(authorizationUrl(), "allow", { username: "other" });
    const before = await subjectOf("other");
    await world.context.subjects.execute(before, { kind: "erase", now: world.clock.time }, META);
    await world.context.subjectKeys.destroy(before);
    await new Visitor(world).authorize(authorizationUrl(), "allow", { username: "other" });
    expect(await subjectOf("other")).not.toBe(before);
  });

  it("is one even when the first two logins come at once", async () => {
    const fresh = await openWorld();
    await fresh.registerClient("app");
    await fresh.registerResource(MCP, [{ name: "files:read", description: "Read your files" }]);
    const answers = await Promise.all(
      [new Visitor(fresh), new Visitor(fresh), new Visitor(fresh)].map((visitor) => visitor.authorize(authorizationUrl())),
    );
    expect(answers.every((each) => each.searchParams.has("code"))).toBe(true);
    const link = await fresh.context.store.readStream(
      fresh.context.logins.stream(fresh.context.subjectKeys.loginHash("urn:test:people", "demo")),
    );
    expect(link).toHaveLength(1);
    await fresh.close();
  });
});

describe("the session", () => {
  it("is a new cookie with each login, and the one before is dead", async () => {
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl());
    const old = visitor.cookies.get("grantline-session") ?? "";
    const page = await visitor.follow(await visitor.get(authorizationUrl({ prompt: "login" })));
    await visitor.login(page);
    const current = visitor.cookies.get("grantline-session") ?? "";
    expect(current).not.toBe(old);
    const thief = new Visitor(world);
    thief.cookies.set("grantline-session", old);
    expect(locationOf(await thief.get("/oauth/grants"))).toBe("/oauth/login");
    expect((await visitor.get("/oauth/grants")).status).toBe(200);
  });

  it("ends with its time, with a raised generation, and is nothing when forged", async () => {
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl());
    await world.context.subjects.execute(
      await subjectOf("demo"),
      { kind: "revoke-all", now: world.clock.time, reason: "stolen laptop" },
      META,
    );
    expect(locationOf(await visitor.get("/oauth/grants"))).toBe("/oauth/login");
    const { visitor: other, page } = await loginPage();
    await other.login(page);
    world.clock.time += 28_801;
    expect(locationOf(await other.get("/oauth/grants"))).toBe("/oauth/login");
    const forger = new Visitor(world);
    forger.cookies.set("grantline-session", "x.y.z");
    expect(locationOf(await forger.get("/oauth/grants"))).toBe("/oauth/login");
  });

  it("can't be made from another sealed value", async () => {
    const { visitor, page } = await loginPage();
    visitor.cookies.set("grantline-session", hidden(page)["interaction"] ?? "");
    expect(locationOf(await visitor.get("/oauth/grants"))).toBe("/oauth/login");
  });

  it("has __Host- cookies on https", async () => {
    const secure = await openWorld({
      settings: { secureCookies: true, origin: "https://auth.example.com", issuer: "https://auth.example.com/oauth" },
    });
    await secure.registerClient("app");
    await secure.registerResource(MCP, [{ name: "files:read", description: "Read your files" }]);
    const visitor = new Visitor(secure);
    await visitor.login(await visitor.follow(await visitor.get(authorizationUrl())));
    expect([...visitor.cookies.keys()].toSorted()).toEqual(["__Host-grantline-browser", "__Host-grantline-session"]);
    const response = await new Visitor(secure).get(authorizationUrl());
    expect(response.headers?.["set-cookie"]).toEqual([expect.stringContaining("; Secure")]);
    await secure.close();
  });
});
