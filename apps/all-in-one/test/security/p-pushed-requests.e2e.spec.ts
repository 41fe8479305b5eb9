/*
 * Real: the whole server over HTTP with the embedded adapters. Made: the clock.
 */
import { postForm, type Registered } from "@grantline/testing";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { asPage, openConsent } from "./support/browser.ts";
import { expectError, expectPage, expectRedirect } from "./support/refusal.ts";
import { authorizationParameters, authorize, basicOf, push, token } from "./support/request.ts";
import { clientOf, PASSWORD, startWorld, unchanged, type World } from "./support/world.ts";

const PREFIX = "urn:ietf:params:oauth:request_uri:";
let world: World;

beforeAll(async () => {
  world = await startWorld();
});
beforeEach(() => world.server.advance(61));

async function pushed(client: Registered, changes: Parameters<typeof push>[2] = {}): Promise<string> {
  const response = await unchanged(world, () => push(world, client, changes));
  expect([response.status, response.headers.get("cache-control")]).toEqual([201, "no-store"]);
  const body = (await response.json()) as { request_uri: string; expires_in: number };
  expect([body.request_uri.startsWith(PREFIX), body.expires_in]).toEqual([true, 90]);
  return body.request_uri;
}

const by = (client: { readonly client_id: string }, requestUri: string, more: Readonly<Record<string, string>> = {}): string =>
  `${world.issuer}/authorize?${new URLSearchParams({ client_id: client.client_id, request_uri: requestUri, ...more })}`;
const get = (url: string): Promise<Response> => fetch(url, { redirect: "manual" });
const DEAD = (reason: string) => ({ status: 400, reason });

describe("the endpoint", () => {
  it("P-01 refuses a pushed request_uri, GET, a JSON body and a body of another kind", async () => {
    for (const uri of ["https://client.example/request", await pushed(world.app)]) {
      await expectError(world, await unchanged(world, () => push(world, world.app, { request_uri: uri })), {
        status: 400,
        error: "invalid_request",
        reason: "request-uri-unsupported",
      });
    }
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const response = await fetch(`${world.issuer}/par?${authorizationParameters(world.app.client_id)}`, { method });
      expect(response.headers.get("allow")).toBe("POST");
      await expectError(world, response, { status: 405, error: "invalid_request", reason: "method-not-allowed" });
    }
    for (const type of ["application/json", "multipart/form-data; boundary=x", "text/plain"]) {
      const response = await fetch(`${world.issuer}/par`, {
        method: "POST",
        headers: { "content-type": type },
        body: JSON.stringify(Object.fromEntries(authorizationParameters(world.app.client_id))),
      });
      await expectError(world, response, { status: 415, error: "invalid_request", reason: "content-type-unsupported" });
    }
  });

  it("P-02 demands the client's authentication as the token endpoint does", async () => {
    const parameters = Object.fromEntries(authorizationParameters(world.web.client_id));
    const send = (more: Record<string, string>, headers: Record<string, string> = {}) =>
      unchanged(world, () => postForm(`${world.issuer}/par`, { ...parameters, ...more }, headers));
    await expectError(world, await send({}), { status: 401, error: "invalid_client", reason: "client-authentication-missing" });
    await expectError(world, await send({ client_secret: "wrong-secret-0123456789" }), {
      status: 401,
      error: "invalid_client",
      reason: "client-secret-wrong",
    });
    await expectError(world, await send({}, basicOf({ client_id: world.web.client_id, client_secret: "wrong-secret-0123456789" })), {
      status: 401,
      error: "invalid_client",
      reason: "client-secret-wrong",
    });
    await expectError(world, await send({ client_id: world.app.client_id }, basicOf(world.web)), {
      status: 400,
      error: "invalid_request",
      reason: "client-authentication-repeated",
    });
    await expectError(world, await send({ client_id: "nobody" }), { status: 401, error: "invalid_client", reason: "client-unknown" });
  });

  it("P-06 keeps nothing of a flood, and makes an address wait", async () => {
    const strict = await startWorld({ env: { GRANTLINE_LIMIT_ANONYMOUS_WRITES: "50" } });
    try {
      const statuses = await unchanged(strict, async () => {
        const seen: number[] = [];
        for (let round = 0; round < 10; round++)
          seen.push(...(await Promise.all(Array.from({ length: 20 }, async () => (await push(strict, strict.stranger)).status))));
        return seen;
      });
      expect(statuses.filter((status) => status === 201).length).toBeLessThanOrEqual(50);
      expect(new Set(statuses)).toEqual(new Set([201, 429]));
      const limited = await push(strict, strict.stranger);
      expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
      await expectError(strict, limited, { status: 429, error: "too_many_requests", reason: "rate-limited" });
      expect((await push(strict, strict.web)).status).toBe(201);
    } finally {
      await strict.server.close();
      strict.watch.stop();
    }
  });
});

describe("the request_uri", () => {
  it("P-03 is refused when expired, unknown, guessed, another client's, without a client or given twice", async () => {
    const uri = await pushed(world.app);
    await expectPage(world, await get(by(world.web, uri)), DEAD("request-uri-unknown"));
    await expectPage(
      world,
      await get(`${world.issuer}/authorize?${new URLSearchParams({ request_uri: uri })}`),
      DEAD("request-uri-unknown"),
    );
    for (const guess of [PREFIX, `${PREFIX}x`, `${uri}x`, uri.slice(0, -1), `${PREFIX}${"A".repeat(300)}`, `${PREFIX}../../admin`])
      await expectPage(world, await unchanged(world, () => get(by(world.app, guess))), DEAD("request-uri-unknown"));
    await expectPage(world, await get(`${by(world.app, uri)}&${new URLSearchParams({ request_uri: uri })}`), DEAD("parameter-repeated"));
    await expectPage(world, await get(`${by(world.app, uri)}&client_id=${world.app.client_id}`), DEAD("parameter-repeated"));
    expect((await get(by(world.app, uri))).status).toBe(302);
    world.server.advance(90);
    await expectPage(world, await get(by(world.app, uri)), DEAD("request-uri-expired"));
  });

  it("P-03 ignores what stands beside it", async () => {
    const uri = await pushed(world.app, { state: "pushed-state", scope: "notes:read" });
    const beside = {
      state: "outside",
      scope: "notes:write",
      redirect_uri: "https://evil.example/",
      response_type: "token",
      prompt: "none",
      code_challenge: "x",
    };
    const callback = await world.server.person().authorize(by(world.app, uri, beside), { password: PASSWORD });
    expect([callback.origin, callback.searchParams.get("state"), callback.searchParams.has("code")]).toEqual([
      "https://client.example",
      "pushed-state",
      true,
    ]);
  });

  const ENDS: readonly (readonly [string, (uri: string) => Promise<unknown>])[] = [
    ["login and consent", (uri) => world.server.person().authorize(by(world.app, uri), { password: PASSWORD })],
    [
      "a remembered consent (single sign-on)",
      async (uri) => {
        const person = world.server.person();
        await person.authorize(`${world.issuer}/authorize?${authorizationParameters(world.app.client_id)}`, { password: PASSWORD });
        expect((await person.open(by(world.app, uri))).kind).toBe("callback");
      },
    ],
    ["a denial", (uri) => world.server.person().authorize(by(world.app, uri, {}), { password: PASSWORD, decision: "deny" })],
  ];

  it.each(ENDS)("P-04 is used up by %s: afterwards every path refuses it", async (what, end) => {
    const uri = await pushed(world.app, what === "a denial" ? { prompt: "consent" } : {});
    await end(uri);
    await expectPage(world, await unchanged(world, () => get(by(world.app, uri))), DEAD("request-uri-used"));
    const person = world.server.person();
    await openConsent(world, person, world.app.client_id);
    const again = asPage(await person.open(by(world.app, uri)));
    expect([again.status, again.html.includes("already used")]).toEqual([400, true]);
    const posted = await fetch(`${world.issuer}/authorize`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ client_id: world.app.client_id, request_uri: uri }),
    });
    await expectPage(world, posted, DEAD("request-uri-used"));
  });

  it("P-04 is used up by prompt=none too, with and without success (CVE-2026-96446)", async () => {
    const failing = await pushed(world.app, { prompt: "none" });
    await expectRedirect(world, await get(by(world.app, failing)), { error: "login_required", reason: "login-required" });
    await expectPage(world, await get(by(world.app, failing)), DEAD("request-uri-used"));
    const person = world.server.person();
    await person.authorize(`${world.issuer}/authorize?${authorizationParameters(world.app.client_id)}`, { password: PASSWORD });
    const silent = await pushed(world.app, { prompt: "none" });
    const first = await person.open(by(world.app, silent));
    expect([first.kind, first.url.searchParams.has("code")]).toEqual(["callback", true]);
    expect(asPage(await person.open(by(world.app, silent))).status).toBe(400);
    const fresh = await clientOf(world.server, { client_name: "Unconsented", token_endpoint_auth_method: "none" });
    const unconsented = await pushed(fresh, { prompt: "none" });
    const refused = await person.open(by(fresh, unconsented));
    expect([refused.kind, refused.url.searchParams.get("error")]).toEqual(["callback", "consent_required"]);
    expect(asPage(await person.open(by(fresh, unconsented))).status).toBe(400);
  });

  it("P-04 makes one code when two browsers finish it at once", async () => {
    const uri = await pushed(world.app, { prompt: "consent" });
    const people = [world.server.person(), world.server.person()];
    const pages: ReturnType<typeof asPage>[] = [];
    for (const person of people)
      pages.push(
        asPage(await person.submit(await person.open(by(world.app, uri)), "login-form", { username: "demo", password: PASSWORD })),
      );
    const steps = await Promise.all(
      people.map((person, index) =>
        person.submit(pages[index] as (typeof pages)[0], "consent-form", { decision: "allow", scope: "notes:read" }),
      ),
    );
    expect(steps.filter((step) => step.kind === "callback" && step.url.searchParams.has("code"))).toHaveLength(1);
  });

  it("P-05 is demanded of a client registered so, by GET and POST", async () => {
    const strict = await clientOf(world.server, {
      client_name: "PAR only",
      token_endpoint_auth_method: "none",
      require_pushed_authorization_requests: true,
    });
    await expectRedirect(world, await unchanged(world, () => authorize(world, strict.client_id)), {
      error: "invalid_request",
      reason: "par-required",
    });
    const posted = await fetch(`${world.issuer}/authorize`, {
      method: "POST",
      redirect: "manual",
      body: authorizationParameters(strict.client_id),
    });
    await expectRedirect(world, posted, { error: "invalid_request", reason: "par-required" });
    expect((await get(by(strict, await pushed(strict)))).status).toBe(302);
  });

  it("P-05 is judged again when used: what was barred meanwhile stays barred", async () => {
    const client = await clientOf(world.server, { client_name: "Going", token_endpoint_auth_method: "none" });
    const uri = await pushed(client);
    await world.server.admin.call("POST", `/clients/${client.client_id}/suspend`);
    await expectPage(world, await get(by(client, uri)), DEAD("client-suspended"));
    await expectError(
      world,
      await token(world, { grant_type: "authorization_code", code: uri, code_verifier: "v".repeat(43), client_id: world.app.client_id }),
      { status: 400, error: "invalid_grant", reason: "code-unknown" },
    );
  });
});

afterwards(() => world);
