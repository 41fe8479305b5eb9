/*
 * Real: the whole server over HTTP with the embedded adapters, a browser without script. Made: the clock.
 */
import { obtainTokens, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { asPage, cookieHeader, hidden, openConsent, openLogin, postPage } from "./support/browser.ts";
import { expectPage } from "./support/refusal.ts";
import { authorizationParameters } from "./support/request.ts";
import { eventsDuring, PASSWORD, RESOURCE, SECOND_PASSWORD, startWorld, unchanged, type World } from "./support/world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
beforeEach(() => world.server.advance(61));

const grants = (cookie: string): Promise<Response> => fetch(`${world.issuer}/grants`, { redirect: "manual", headers: { cookie } });

describe("sessions", () => {
  it("S-01 gives a new cookie at login, whatever the browser brought, and ends the old one", async () => {
    const person = world.server.person();
    await openConsent(world, person, world.app.client_id);
    const old = person.cookies.get("grantline-session") as string;
    expect((await grants(`grantline-session=${old}`)).status).toBe(200);
    const login = await openLogin(world, person, world.app.client_id, { prompt: "login" });
    const { types } = await eventsDuring(world, () => person.submit(login, "login-form", { username: "demo", password: PASSWORD }));
    expect(types).toContain("GenerationRaised");
    const fresh = person.cookies.get("grantline-session") as string;
    expect(fresh).not.toBe(old);
    expect([(await grants(`grantline-session=${old}`)).status, (await grants(`grantline-session=${fresh}`)).status]).toEqual([303, 200]);
  });

  it.each(["fixed-by-an-attacker-0123456789", "", "undefined", "{}", "a".repeat(4_000)])(
    "S-01 takes no pre-set session cookie: %s",
    async (value) => {
      const response = await unchanged(world, () => grants(`grantline-session=${value}; __Host-grantline-session=${value}`));
      expect([response.status, response.headers.get("location")]).toEqual([303, "/oauth/login"]);
    },
  );

  it("S-01 binds a login to the browser cookie it began with: a planted one is as good as the attacker's page, and the session is the victim's own", async () => {
    const attacker = world.server.person();
    const login = await openLogin(world, attacker, world.app.client_id);
    const victim = world.server.person();
    const page = asPage(await victim.open(login.url));
    expect([page.status, page.html.includes("not started in this browser")]).toEqual([400, true]);
  });

  it("S-03 gives each account its own tokens when two take turns in one browser", async () => {
    const person = world.server.person();
    const options = { issuer: world.issuer, client: world.app, scope: "openid", resource: RESOURCE };
    const sub = (token: string | undefined): string =>
      (JSON.parse(Buffer.from((token ?? "").split(".")[1] ?? "", "base64url").toString()) as { sub: string }).sub;
    const first = await obtainTokens(person, { ...options, password: PASSWORD });
    const page = await openConsent(world, person, world.app.client_id);
    const login = await openLogin(world, person, world.app.client_id, { prompt: "login" });
    await person.submit(login, "login-form", { username: "second", password: SECOND_PASSWORD });
    // the consent page of the first account is still open in another tab
    const response = await unchanged(world, () =>
      postPage(world, "/consent", { ...hidden(page), decision: "allow", scope: "notes:read" }, { cookie: cookieHeader(person) }),
    );
    await expectPage(world, response, { status: 403, reason: "csrf-mismatch" });
    const second = await obtainTokens(person, options);
    expect(sub(second.id_token)).not.toBe(sub(first.id_token));
  });

  it("S-03 ends a session with logout, its age, a disabled person and everything-of-the-person revoked", async () => {
    const loggedIn = async (): Promise<string> => {
      const person = world.server.person();
      await openConsent(world, person, world.app.client_id, {}, { username: "second", password: SECOND_PASSWORD });
      return cookieHeader(person);
    };
    const [a, b, c] = [await loggedIn(), await loggedIn(), await loggedIn()];
    const confirm = await fetch(`${world.issuer}/logout`, { headers: { cookie: a } });
    const csrf = /name="csrf" value="([^"]+)"/.exec(await confirm.text())?.[1] as string;
    expect((await postPage(world, "/logout", { csrf, confirm: "yes" }, { cookie: a })).status).toBe(200);
    expect([(await grants(a)).status, (await grants(b)).status]).toEqual([303, 200]);
    const subjects = await world.server.admin.call<{ items: { subject: string }[] }>("GET", "/subjects");
    for (const { subject } of subjects.items) await world.server.admin.call("POST", `/subjects/${subject}/revoke-all`);
    expect((await grants(b)).status).toBe(303);
    const d = await loggedIn();
    world.server.advance(12 * 3600);
    expect([(await grants(c)).status, (await grants(d)).status]).toEqual([303, 303]);
  });

  it("S-05 lets no step of login and consent be skipped, repeated or reordered", async () => {
    const person = world.server.person();
    const login = await openLogin(world, person, world.app.client_id, { prompt: "consent" });
    const interaction = login.url.searchParams.get("interaction") as string;
    const skipped = await unchanged(world, () =>
      fetch(`${world.issuer}/consent?interaction=${encodeURIComponent(interaction)}`, {
        redirect: "manual",
        headers: { cookie: cookieHeader(person) },
      }),
    );
    expect([skipped.status, skipped.headers.get("location")?.startsWith("/oauth/login?")]).toEqual([303, true]);
    const posted = await unchanged(world, () =>
      postPage(world, "/consent", { interaction, decision: "allow", scope: "notes:read" }, { cookie: cookieHeader(person) }),
    );
    expect([posted.status, posted.headers.get("location")?.startsWith("/oauth/login?")]).toEqual([303, true]);
    const consent = asPage(await person.submit(login, "login-form", { username: "demo", password: PASSWORD }));
    expect((await person.submit(consent, "consent-form", { decision: "allow" })).kind).toBe("callback");
    const twice = await person.submit(consent, "consent-form", { decision: "allow" });
    expect([twice.kind, asPage(twice).status]).toEqual(["page", 400]);
    const back = await unchanged(world, () =>
      postPage(world, "/consent", { ...hidden(consent), decision: "deny" }, { cookie: cookieHeader(person) }),
    );
    expect(back.status).toBe(400);
    const late = await openConsent(world, person, world.app.client_id);
    world.server.advance(601);
    const expired = await unchanged(world, () =>
      postPage(world, "/consent", { ...hidden(late), decision: "allow" }, { cookie: cookieHeader(person) }),
    );
    await expectPage(world, expired, { status: 400, reason: "interaction-expired" });
  });

  it("S-05 makes one grant of one consent sent ten times at once", async () => {
    const person = world.server.person();
    const consent = await openConsent(world, person, world.app.client_id);
    const { result, types } = await eventsDuring(world, () =>
      Promise.all(
        Array.from({ length: 10 }, () =>
          postPage(world, "/consent", { ...hidden(consent), decision: "allow", scope: "notes:read" }, { cookie: cookieHeader(person) }),
        ),
      ),
    );
    expect(result.filter(({ headers }) => headers.get("location")?.includes("code=") === true)).toHaveLength(1);
    expect(types.filter((type) => type === "GrantAuthorized")).toHaveLength(1);
  });

  it("S-05 asks for the password again when the client wants it so, and with a session too old", async () => {
    const person = world.server.person();
    await openConsent(world, person, world.app.client_id);
    const login = await openLogin(world, person, world.app.client_id, { prompt: "login" });
    expect(login.url.pathname).toBe("/oauth/login");
    const around = asPage(
      await person.open(`${world.issuer}/consent?interaction=${encodeURIComponent(login.url.searchParams.get("interaction") as string)}`),
    );
    expect(around.url.pathname).toBe("/oauth/login");
    world.server.advance(100);
    expect((await openLogin(world, person, world.app.client_id, { max_age: "50" })).url.pathname).toBe("/oauth/login");
  });
});

describe("S-02 cookies", () => {
  let secure: TestPlatform;
  let at: string;
  beforeAll(async () => {
    secure = await startTestPlatform({ env: { GRANTLINE_ISSUER: "https://auth.example/oauth", GRANTLINE_DEV_USERS: `demo:${PASSWORD}` } });
    at = `http://127.0.0.1:${secure.config.server.port}/oauth`;
  });
  afterAll(() => secure.close());

  it("S-02 carry __Host-, Secure, HttpOnly, SameSite=Lax, Path=/ and no Domain on https, all of them", async () => {
    const client = await register(at);
    const started = await fetch(`${at}/authorize?${authorizationParameters(client.client_id, { resource: undefined, scope: "openid" })}`, {
      redirect: "manual",
    });
    const [browser = ""] = started.headers.getSetCookie();
    expect(browser).toMatch(/^__Host-grantline-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    const cookie = browser.split(";")[0] as string;
    const page = await (await fetch(`${at.replace("/oauth", "")}${started.headers.get("location")}`, { headers: { cookie } })).text();
    const fields = Object.fromEntries(
      [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
        name as string,
        value as string,
      ]),
    );
    const loggedIn = await fetch(`${at}/login`, {
      method: "POST",
      redirect: "manual",
      headers: { cookie },
      body: new URLSearchParams({ ...fields, username: "demo", password: PASSWORD }),
    });
    const [session = ""] = loggedIn.headers.getSetCookie();
    expect(session).toMatch(/^__Host-grantline-session=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=43200$/);
    const value = session.split(";")[0]?.split("=")[1] as string;
    // without its prefix (as plain http or a subdomain could plant it) the same value is worth nothing
    const plain = await fetch(`${at}/grants`, { redirect: "manual", headers: { cookie: `grantline-session=${value}` } });
    const host = await fetch(`${at}/grants`, { redirect: "manual", headers: { cookie: `__Host-grantline-session=${value}` } });
    expect([plain.status, host.status]).toEqual([303, 200]);
    expect(host.headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);
  });

  it("S-02 refuses another server's cookie: sealed under other keys", async () => {
    const person = world.server.person();
    await openConsent(world, person, world.app.client_id);
    const value = person.cookies.get("grantline-session") as string;
    const response = await fetch(`${at}/grants`, { redirect: "manual", headers: { cookie: `__Host-grantline-session=${value}` } });
    expect(response.status).toBe(303);
  });
});

describe("S-04 guessing", () => {
  it("S-04 answers a wrong name and a wrong password alike: status, words, headers; and about as fast", async () => {
    const attempt = async (username: string, password: string) => {
      const person = world.server.person();
      const page = await openLogin(world, person, world.app.client_id);
      // of the processor: that others use this machine is no difference between the two
      const began = process.cpuUsage();
      const response = await postPage(world, "/login", { ...hidden(page), username, password }, { cookie: cookieHeader(person) });
      const { user, system } = process.cpuUsage(began);
      const ms = (user + system) / 1_000;
      const text = (await response.text()).replaceAll(/value="[^"]*"/g, "").replaceAll(/<code id="correlation-id">[^<]*/g, "");
      const headers = [...response.headers].filter(([name]) => !["x-correlation-id", "date"].includes(name));
      return { shown: { status: response.status, text, headers }, ms };
    };
    const known = [];
    const unknown = [];
    for (let round = 0; round < 8; round++) {
      known.push(await attempt("demo", `wrong-password-number-${round}`));
      unknown.push(await attempt(`nobody-${round}`, `wrong-password-number-${round}`));
      world.server.advance(1_000);
    }
    expect(new Set([...known, ...unknown].map(({ shown }) => JSON.stringify(shown))).size).toBe(1);
    expect(known[0]?.shown.status).toBe(401);
    // the best of each: what else this process did at a moment comes on top of it
    const least = (list: { ms: number }[]): number => Math.min(...list.map(({ ms }) => ms));
    expect(Math.abs(least(known) - least(unknown)) / least(known)).toBeLessThan(0.6);
    world.refusals.add("login-failed");
  });

  it("S-04 makes a name wait after five wrong passwords, in any spelling, and lets it in again later", async () => {
    const person = world.server.person();
    const attempt = async (username: string, password: string): Promise<Response> => {
      const page = await openLogin(world, person, world.app.client_id, { prompt: "login" });
      return postPage(
        world,
        "/login",
        { ...hidden(page), username, password },
        { cookie: cookieHeader(person), "x-forwarded-for": `203.0.113.${Math.floor(Math.random() * 250)}` },
      );
    };
    const statuses = [];
    for (const name of ["second", "SECOND", " second", "Second ", "second", "second"])
      statuses.push((await attempt(name, "wrong-password-again-and-again")).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    const limited = await attempt("second", SECOND_PASSWORD);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
    await expectPage(world, limited, { status: 429, reason: "rate-limited" });
    world.server.advance(900);
    expect((await attempt("second", SECOND_PASSWORD)).status).toBe(303);
  });

  it.each([
    ["no name", "", PASSWORD],
    ["no password", "demo", ""],
    ["a name of 10 kB", "n".repeat(10_000), PASSWORD],
    ["a password of 10 kB", "demo", "p".repeat(10_000)],
    ["NUL", "demo\u0000", PASSWORD],
    ["the prototype", "__proto__", "x"],
    ["a quote", "demo' OR '1'='1", "x' OR '1'='1"],
  ])("S-04 refuses a login with %s", async (_what, username, password) => {
    const person = world.server.person();
    const page = await openLogin(world, person, world.app.client_id);
    const response = await unchanged(world, () =>
      postPage(world, "/login", { ...hidden(page), username, password }, { cookie: cookieHeader(person) }),
    );
    expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
  });
});

afterwards(() => world);
