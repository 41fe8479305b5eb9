/*
 * Real: the whole server over HTTP with the embedded adapters, a browser without script. Made: the clock.
 */
import { postForm, type Person, type Registered } from "@grantline/testing";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { asPage, cookieHeader, hidden, postPage, type Page } from "./support/browser.ts";
import { expectError, expectPage, expectPageHeaders } from "./support/refusal.ts";
import {
  clientOf,
  eventsDuring,
  OTHER_RESOURCE,
  PASSWORD,
  RESOURCE,
  SECOND_PASSWORD,
  startWorld,
  unchanged,
  type World,
} from "./support/world.ts";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const SAME_SITE = { "sec-fetch-site": "same-origin" };
let world: World;
let tv: Registered;

beforeAll(async () => {
  world = await startWorld({ env: { GRANTLINE_TRUSTED_PROXIES: "127.0.0.1" } });
  tv = await device(world, {});
});
beforeEach(() => world.server.advance(3_600));

const device = ({ server }: World, more: object): Promise<Registered> =>
  clientOf(server, {
    client_name: "Television",
    redirect_uris: [],
    response_types: [],
    grant_types: [GRANT, "refresh_token"],
    token_endpoint_auth_method: "none",
    ...more,
  });

interface Asked {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
}
const ask = (client: Registered, form: Readonly<Record<string, string>> = {}): Promise<Response> =>
  postForm(`${world.issuer}/device_authorization`, { client_id: client.client_id, resource: RESOURCE, scope: "notes:read", ...form });
const asked = async (client = tv): Promise<Asked> => (await (await ask(client)).json()) as Asked;
// Waiting is no refusal: the security log does not count it
const pending = async (response: Response): Promise<void> => {
  await expectError(world, response, { status: 400, error: "authorization_pending", reason: "device-pending" });
  world.refusals.delete("device-pending");
};
const poll = (code: string, client = tv): Promise<Response> =>
  postForm(`${world.issuer}/token`, { grant_type: GRANT, client_id: client.client_id, device_code: code });

async function codePage(person: Person, url = `${world.issuer}/device`, username = "demo", password = PASSWORD): Promise<Page> {
  const page = asPage(await person.open(url));
  return page.html.includes('id="login-form"') ? asPage(await person.submit(page, "login-form", { username, password })) : page;
}

/** A code that somebody makes up: eight right letters, `n` in base 20. */
const madeUp = (n: number): string => Array.from({ length: 8 }, (_, place) => LETTERS[Math.floor(n / 20 ** place) % 20]).join("");

describe("user codes", () => {
  it("D-01 can't be tried without a login", async () => {
    const { user_code: code } = await asked();
    const response = await unchanged(world, () => postPage(world, "/device", { user_code: code }, SAME_SITE));
    expect([response.status, new URL(response.headers.get("location") ?? "", world.issuer).pathname]).toEqual([303, "/oauth/login"]);
  });

  it("D-01 lock a person who guesses, from however many addresses, and an address whoever guesses there", async () => {
    const people = [world.server.person(), world.server.person()] as const;
    const guess = async (person: Person, code: string, ip: string, page: Page): Promise<Response> =>
      postPage(
        world,
        "/device",
        { ...hidden(page), user_code: code },
        { ...SAME_SITE, cookie: cookieHeader(person), "x-forwarded-for": ip },
      );
    const pages = [await codePage(people[0]), await codePage(people[1], undefined, "second", SECOND_PASSWORD)] as const;
    const { user_code: right } = await asked();
    for (let n = 0; n < 5; n++)
      await expectPage(world, await guess(people[0], madeUp(n), `198.51.100.${n}`, pages[0]), { status: 400, reason: "user-code-unknown" });
    const locked = await unchanged(world, () => guess(people[0], right, "198.51.100.99", pages[0]));
    expect(Number(locked.headers.get("retry-after"))).toBeGreaterThan(0);
    await expectPage(world, locked, { status: 429, reason: "rate-limited" });
    // 50 at once gain nothing: each wait is met by all of them
    const many = await Promise.all(Array.from({ length: 50 }, (_, n) => guess(people[0], madeUp(100 + n), `203.0.113.${n}`, pages[0])));
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([429]));
    // another person elsewhere is not locked out by it
    const free = await guess(people[1], right, "192.0.2.8", pages[1]);
    expect([free.status, free.headers.get("location")]).toEqual([303, expect.stringContaining("/oauth/device/decision?device=")]);
  });

  it.each(["", "A", "WDJB-MJH", "WDJB-MJHTT", "AAAA-AAAA", "1234-5678", "%00", "<script>alert(1)</script>", "W".repeat(4_000)])(
    "D-01 of the wrong shape are refused like wrong ones, and echoed nowhere (%#)",
    async (code) => {
      const person = world.server.person();
      const page = await codePage(person);
      const response = await unchanged(world, () =>
        postPage(world, "/device", { ...hidden(page), user_code: code }, { ...SAME_SITE, cookie: cookieHeader(person) }),
      );
      const html = await expectPage(world, response, { status: 400, reason: "user-code-unknown" });
      expect(html).toContain('id="device-error"');
      if (code.length > 1) expect(html).not.toContain(code);
    },
  );
});

describe("a device that polls", () => {
  it("D-02 gets slow_down when it is too fast, five seconds more each time, and nothing of it is in the log", async () => {
    const { device_code: code } = await asked();
    await unchanged(world, async () => {
      await pending(await poll(code));
      for (let n = 0; n < 3; n++)
        await expectError(world, await poll(code), { status: 400, error: "slow_down", reason: "device-too-fast" });
      world.server.advance(19);
      await expectError(world, await poll(code), { status: 400, error: "slow_down", reason: "device-too-fast" });
      world.server.advance(25);
      await pending(await poll(code));
      world.server.advance(600);
      await expectError(world, await poll(code), { status: 400, error: "expired_token", reason: "device-expired" });
    });
  });

  it("D-02 with made-up and foreign codes gets nowhere", async () => {
    const { device_code: code } = await asked();
    const other = await device(world, { client_name: "Radio" });
    await expectError(world, await poll(code, other), { status: 400, error: "invalid_grant", reason: "client-mismatch" });
    await expectError(world, await poll(`${code.slice(0, -8)}AAAAAAAA`), {
      status: 400,
      error: "invalid_grant",
      reason: "device-code-unknown",
    });
    await expectError(world, await poll(code, world.app), { status: 400, error: "unauthorized_client", reason: "grant-type-not-allowed" });
  });
});

describe("phishing", () => {
  it("D-04 a link with the code fills it in and allows nothing; the decision shows client, code and network, and is bound to this browser", async () => {
    const { verification_uri_complete: link, user_code: code, device_code: deviceCode } = await asked();
    const victim = world.server.person();
    const page = await codePage(victim, link);
    expect(page.html).toContain(`value="${code}"`);
    expect(page.html).toContain("only if you started this yourself");
    await pending(await poll(deviceCode));
    const decision = asPage(await victim.submit(page, "device-code-form", {}));
    for (const shown of ["Television", code, "127.0.0.1", RESOURCE, "shows this very code"]) expect(decision.html).toContain(shown);
    // the page can't be sent to somebody else, framed, or skipped
    const stranger = world.server.person();
    await codePage(stranger, undefined, "second", SECOND_PASSWORD);
    const elsewhere = await unchanged(world, () => fetch(decision.url, { headers: { cookie: cookieHeader(stranger) } }));
    await expectPage(world, elsewhere, { status: 400, reason: "interaction-unknown" });
    const shown = await fetch(decision.url, { headers: { cookie: cookieHeader(victim) } });
    expectPageHeaders(shown);
    const fields = { ...hidden(decision), decision: "allow", scope: "notes:read" };
    const cookie = cookieHeader(victim);
    const forged: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
      [
        { ...fields, csrf: "" },
        { ...SAME_SITE, cookie },
      ],
      [
        { ...fields, csrf: hidden(page)["csrf"] ?? "" },
        { ...SAME_SITE, cookie },
      ],
      [fields, { "sec-fetch-site": "cross-site", cookie }],
      [fields, { origin: "https://evil.example", cookie }],
    ];
    for (const [form, headers] of forged)
      await expectPage(world, await unchanged(world, () => postPage(world, "/device/decision", form, headers)), {
        status: 403,
        reason: "csrf-mismatch",
      });
    // pressing neither button is no yes
    const { types } = await eventsDuring(world, () =>
      postPage(world, "/device/decision", { ...fields, decision: "" }, { ...SAME_SITE, cookie }),
    );
    expect(types).toContain("DeviceAuthorizationDenied");
    await expectError(world, await poll(deviceCode), { status: 400, error: "access_denied", reason: "access-denied" });
  });
});

describe("phishing for administration", () => {
  it("D-04 is refused at the first request, for our own command line as for a client an operator allowed it", async () => {
    const resource = world.server.context.settings.adminResource;
    const trusted = await device(world, { settings: { allowed_scopes: ["notes:read", "grantline:admin"] } });
    for (const client of [{ client_id: "grantline-cli" } as Registered, trusted])
      for (const scope of ["grantline:admin", ""])
        await expectError(world, await unchanged(world, () => ask(client, { resource, scope })), {
          status: 400,
          error: "invalid_scope",
          reason: "scope-not-allowed",
        });
  });
});

describe("what a device may ask for", () => {
  it("D-05 never goes beyond its client's scopes and resources", async () => {
    const limited = await device(world, { scope: "notes:read", settings: { allowed_resources: [RESOURCE] } });
    await expectError(world, await unchanged(world, () => ask(limited, { scope: "notes:write" })), {
      status: 400,
      error: "invalid_scope",
      reason: "scope-not-allowed",
    });
    await expectError(world, await unchanged(world, () => ask(limited, { resource: OTHER_RESOURCE, scope: "files:read" })), {
      status: 400,
      error: "invalid_target",
      reason: "resource-not-allowed",
    });
    for (const client of [world.app, world.machine])
      await expectError(world, await unchanged(world, () => ask(client, basicForm(client))), {
        status: 400,
        error: "unauthorized_client",
        reason: "grant-type-not-allowed",
      });
  });

  it("D-05 never goes beyond the access policy, and the device is told", async () => {
    const uri = "https://staff.example/mcp";
    await world.server.admin.resource(uri, ["staff:read"], {
      access_policy: { rules: [{ subjects: { groups: ["staff"] }, entities: ["human"], verification: ["operator"], scopes: ["*"] }] },
    });
    const body = (await (await ask(tv, { resource: uri, scope: "staff:read" })).json()) as Asked;
    const person = world.server.person();
    const page = await codePage(person);
    const { types, result } = await eventsDuring(world, () => person.submit(page, "device-code-form", { user_code: body.user_code }));
    expect([asPage(result).status, types]).toEqual([403, ["DeviceAuthorizationRequested", "DeviceAuthorizationDenied"]]);
    await expectError(world, await poll(body.device_code), { status: 400, error: "access_denied", reason: "access-denied" });
  });
});

function basicForm(client: Registered): Readonly<Record<string, string>> {
  return client.client_secret === undefined ? {} : { client_secret: client.client_secret };
}

afterwards(() => world);
