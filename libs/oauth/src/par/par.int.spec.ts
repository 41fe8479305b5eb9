import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HttpResponse } from "../http/index.ts";
import { authorizationUrl, locationOf, Visitor } from "../testing/visitor.ts";
import { MCP, META, openWorld, type World } from "../testing/world.ts";
import { parseCode, sha256 } from "../tokens/index.ts";

// Real: event store, keys, limits, deciders, directory, people, client authentication. Made: clock, security log.
let world: World;
const SECRET = "s".repeat(43);

beforeAll(async () => {
  world = await openWorld({ anonymousWritesPerMinute: 5 });
  await world.registerClient("app");
  await world.registerClient("pushing", { require_pushed_authorization_requests: true });
  await world.registerClient("secretive", { token_endpoint_auth_method: "client_secret_basic" });
  await world.context.clients.execute(
    "secretive",
    {
      kind: "rotate-secret",
      now: world.clock.time,
      secret: { id: "s1", hash: sha256(SECRET), issuedAt: world.clock.time },
      overlapEndsAt: world.clock.time,
    },
    META,
  );
  await world.registerResource(MCP, [
    { name: "files:read", description: "Read your files" },
    { name: "files:write", description: "Change your files" },
  ]);
});
afterAll(() => world.close());

let address = 0;
function push(changes: Parameters<typeof authorizationUrl>[0] = {}, headers: Record<string, string> = {}): Promise<HttpResponse> {
  const body = authorizationUrl(changes).split("?")[1] ?? "";
  return world.call({
    method: "POST",
    path: "/oauth/par",
    body,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    ip: `203.0.113.${address++}`,
  });
}

async function pushed(changes: Parameters<typeof authorizationUrl>[0] = {}): Promise<string> {
  const response = await push(changes);
  return (JSON.parse(response.body ?? "{}") as { request_uri: string }).request_uri;
}

const start = (requestUri: string, clientId = "app", more: Record<string, string> = {}) =>
  `/oauth/authorize?${new URLSearchParams({ client_id: clientId, request_uri: requestUri, ...more }).toString()}`;

describe("pushing an authorization request", () => {
  it("answers 201 with a request_uri that says nothing, and stores nothing", async () => {
    const head = await world.context.store.head();
    const response = await push({ state: "very-visible-state" });
    expect(response.status).toBe(201);
    const body = JSON.parse(response.body ?? "{}") as { request_uri: string; expires_in: number };
    expect(body).toEqual({ request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w.-]+$/) as string, expires_in: 90 });
    expect(body.request_uri).not.toContain("very-visible-state");
    expect(response.headers).toMatchObject({ "cache-control": "no-store" });
    expect(await world.context.store.head()).toBe(head);
  });

  it("authenticates the client as the token endpoint does", async () => {
    const basic = `Basic ${Buffer.from(`secretive:${SECRET}`).toString("base64")}`;
    expect((await push({ client_id: undefined }, { authorization: basic })).status).toBe(201);
    expect((await push({ client_id: "secretive" })).status).toBe(401);
    expect((await push({ client_id: "app" }, { authorization: basic })).status).toBe(400);
    expect((await push({ client_id: "nobody" })).status).toBe(401);
  });

  it.each([
    ["a request_uri", { request_uri: "urn:x" }, "invalid_request"],
    ["a request object", { request: "e30" }, "request_not_supported"],
    ["no PKCE", { code_challenge: undefined }, "invalid_request"],
    ["an unregistered redirect_uri", { redirect_uri: "https://evil.example.com" }, "invalid_request"],
    ["an unknown resource", { resource: "https://evil.example.com/mcp" }, "invalid_target"],
    ["an unknown scope", { scope: "nope" }, "invalid_scope"],
    ["a repeated state", { state: ["a", "b"] }, "invalid_request"],
  ])("refuses %s with JSON", async (_name, changes, error) => {
    const response = await push(changes as Parameters<typeof authorizationUrl>[0]);
    expect(response.status).toBe(400);
    expect(JSON.parse(response.body ?? "{}")).toMatchObject({ error });
  });

  it("counts strangers by address", async () => {
    const body = authorizationUrl().split("?")[1] ?? "";
    const statuses: number[] = [];
    for (let n = 0; n < 7; n++) statuses.push((await world.call({ method: "POST", path: "/oauth/par", body, ip: "203.0.113.250" })).status);
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429, 429]);
  });
});

describe("using a pushed request", () => {
  it("goes the same way as a plain one, and what stands beside it does not count", async () => {
    const answer = await new Visitor(world).authorize(
      start(await pushed({ client_id: "pushing", scope: "files:read" }), "pushing", {
        scope: "files:write",
        redirect_uri: "https://evil.example.com",
        state: "x",
      }),
    );
    expect(answer.host).toBe("client.example.com");
    expect(answer.searchParams.get("state")).toBe("s-1");
    const { state } = await world.context.grants.load(parseCode(answer.searchParams.get("code") ?? "")?.grantId ?? "");
    expect(state).toMatchObject({ basis: { scope: ["files:read"], clientId: "pushing" } });
  });

  it("works by form post too", async () => {
    const visitor = new Visitor(world);
    const posted = await visitor.post("/oauth/authorize", { client_id: "app", request_uri: await pushed() });
    expect(posted.status).toBe(303);
    expect((await visitor.follow(posted)).body).toContain('id="login-form"');
  });

  it.each<[string, (uri: string) => string]>([
    ["an unknown one", () => start("urn:ietf:params:oauth:request_uri:guess")],
    ["another client's", (uri) => start(uri, "pushing")],
    ["one without client_id", (uri) => `/oauth/authorize?request_uri=${encodeURIComponent(uri)}`],
    ["one with a letter changed", (uri) => start(uri.slice(0, -1) + (uri.endsWith("A") ? "B" : "A"))],
  ])("shows a page for %s", async (_name, url) => {
    const response = await new Visitor(world).get(url(await pushed()));
    expect(response).toMatchObject({ status: 400, headers: { "x-code": "invalid_request_uri", "x-reason": "request-uri-unknown" } });
    expect(locationOf(response)).toBeUndefined();
  });

  it("shows a page for an expired one and for repeated parameters", async () => {
    const uri = await pushed();
    const twice = await new Visitor(world).get(`${start(uri)}&client_id=app`);
    expect(twice).toMatchObject({ status: 400, headers: { "x-reason": "parameter-repeated" } });
    world.clock.time += 90;
    expect(await new Visitor(world).get(start(uri))).toMatchObject({ status: 400, headers: { "x-reason": "request-uri-expired" } });
  });
});

// CVE-2026-96446: single use on every path
describe("a pushed request is used once", () => {
  const used = { status: 400, headers: { "x-reason": "request-uri-used" } };

  it("after login and consent", async () => {
    const uri = await pushed();
    const visitor = new Visitor(world);
    expect((await visitor.authorize(start(uri))).searchParams.has("code")).toBe(true);
    expect(await visitor.get(start(uri))).toMatchObject(used);
  });

  it("after a denial", async () => {
    const uri = await pushed({ prompt: "consent" });
    const visitor = new Visitor(world);
    expect((await visitor.authorize(start(uri), "deny")).searchParams.get("error")).toBe("access_denied");
    expect(await visitor.get(start(uri))).toMatchObject(used);
  });

  it("after single sign-on with a remembered consent, and after prompt=none with success", async () => {
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl());
    for (const changes of [{}, { prompt: "none" }]) {
      const uri = await pushed(changes);
      expect(locationOf(await visitor.get(start(uri)))).toContain("code=");
      expect(await visitor.get(start(uri))).toMatchObject(used);
    }
  });

  it("after an error of prompt=none", async () => {
    const uri = await pushed({ prompt: "none" });
    expect(locationOf(await new Visitor(world).get(start(uri)))).toContain("error=login_required");
    expect(await new Visitor(world).get(start(uri))).toMatchObject(used);
  });

  it("after prompt=none without consent, recorded with who was logged in", async () => {
    await world.registerClient("never");
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl());
    const uri = await pushed({ client_id: "never", prompt: "none" });
    expect(locationOf(await visitor.get(start(uri, "never")))).toContain("error=consent_required");
    expect(await visitor.get(start(uri, "never"))).toMatchObject(used);
  });

  it("after an error of a request that was valid when pushed", async () => {
    const gone = "https://going.example.com/mcp";
    const resourceId = await world.registerResource(gone, [{ name: "x", description: "X" }]);
    const uri = await pushed({ resource: gone, scope: "x" });
    await world.context.resources.execute(resourceId, { kind: "remove", now: world.clock.time }, META);
    expect(locationOf(await new Visitor(world).get(start(uri)))).toContain("error=invalid_target");
    expect(await new Visitor(world).get(start(uri))).toMatchObject(used);
  });

  it("by whichever of two open login pages comes first", async () => {
    const uri = await pushed({ prompt: "consent" });
    const visitor = new Visitor(world);
    const one = await visitor.login(await visitor.follow(await visitor.get(start(uri))));
    const two = await visitor.follow(await visitor.get(start(uri)));
    const answers = await Promise.all([visitor.decide(one), visitor.decide(two)]);
    expect(answers.filter((each) => locationOf(each)?.includes("code=") === true)).toHaveLength(1);
  });
});
