import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authorizationUrl, hidden, locationOf, Visitor } from "../testing/visitor.ts";
import { MCP, META, openWorld, type World } from "../testing/world.ts";
import { parseCode } from "../tokens/index.ts";

// Real: event store, keys, limits, signer, deciders, directory, people. Made: clock, security log.
let world: World;
const AFTER = "https://client.example.com/bye";

beforeAll(async () => {
  world = await openWorld();
  await world.registerClient("app", { post_logout_redirect_uris: [AFTER] });
  await world.registerClient("stranger", { post_logout_redirect_uris: [AFTER] }, { how: "dcr" });
  await world.registerResource(MCP, [
    { name: "files:read", description: "Read your files" },
    { name: "files:write", description: "Change your files" },
  ]);
});
afterAll(() => world.close());

async function loggedIn(clientId = "app") {
  const visitor = new Visitor(world);
  const answer = await visitor.authorize(authorizationUrl({ client_id: clientId }));
  const grantId = parseCode(answer.searchParams.get("code") ?? "")?.grantId ?? "";
  const { state } = await world.context.grants.load(grantId);
  if (state.status !== "authorized") throw new Error("no grant");
  return { visitor, basis: state.basis };
}

function idToken(claims: object, typ = "JWT"): string {
  return world.context.signer.sign({ iss: world.context.settings.issuer, aud: "app", exp: world.clock.time - 1000, ...claims }, { typ })
    .jwt;
}

function url(parameters: Record<string, string>): string {
  return `/oauth/logout?${new URLSearchParams(parameters).toString()}`;
}

async function stillIn(visitor: Visitor): Promise<boolean> {
  return locationOf(await visitor.get("/oauth/grants")) === undefined;
}

describe("logging out", () => {
  it("by a client with an ID token of this session, expired or not, is at once, and goes back to the registered address", async () => {
    const { visitor, basis } = await loggedIn();
    const hint = idToken({ sub: basis.subject, sid: basis.sessionId, aud: ["app"] });
    const response = await visitor.get(url({ id_token_hint: hint, post_logout_redirect_uri: AFTER, state: "bye 1" }));
    expect(response.status).toBe(303);
    expect(locationOf(response)).toBe(`${AFTER}?state=bye+1`);
    expect(response.headers?.["set-cookie"]).toEqual([expect.stringMatching(/^grantline-session=; .*Max-Age=0$/)]);
    const { state } = await world.context.subjects.load(basis.subject);
    expect(state).toMatchObject({ endedSessions: expect.arrayContaining([basis.sessionId]) as string[] });
    expect(await stillIn(visitor)).toBe(false);
  });

  it("kills every copy of the session cookie", async () => {
    const { visitor, basis } = await loggedIn();
    const copy = new Visitor(world);
    copy.cookies.set("grantline-session", visitor.cookies.get("grantline-session") ?? "");
    expect(await stillIn(copy)).toBe(true);
    await visitor.get(url({ id_token_hint: idToken({ sub: basis.subject }) }));
    expect(await stillIn(copy)).toBe(false);
  });

  it("without proof asks the person first, and takes only our own form", async () => {
    const { visitor } = await loggedIn();
    const page = await visitor.get(url({ client_id: "app", post_logout_redirect_uri: AFTER, state: "s" }));
    expect(page.status).toBe(200);
    expect(page.body).toContain('id="logout-confirm"');
    expect(page.headers?.["content-security-policy"]).toContain("form-action 'self' https://client.example.com https:;");
    expect(await stillIn(visitor)).toBe(true);
    expect(await visitor.post("/oauth/logout", { ...hidden(page), csrf: "x", confirm: "yes" })).toMatchObject({ status: 403 });
    expect(await stillIn(visitor)).toBe(true);
    const done = await visitor.post("/oauth/logout", { ...hidden(page), confirm: "yes" });
    expect(locationOf(done)).toBe(`${AFTER}?state=s`);
    expect(await stillIn(visitor)).toBe(false);
  });

  it("with another person's ID token asks too", async () => {
    const { visitor } = await loggedIn();
    const page = await visitor.get(url({ id_token_hint: idToken({ sub: "someone-else" }) }));
    expect(page.body).toContain('id="logout-form"');
    expect(await stillIn(visitor)).toBe(true);
  });

  it("by a cross-site post, which brings no cookie, ends the session the ID token names", async () => {
    const { visitor, basis } = await loggedIn();
    const response = await world.call({
      method: "POST",
      path: "/oauth/logout",
      body: new URLSearchParams({ id_token_hint: idToken({ sub: basis.subject, sid: basis.sessionId }) }).toString(),
      headers: { "sec-fetch-site": "cross-site" },
    });
    expect(response.status).toBe(200);
    expect(response.body).toContain('id="logged-out"');
    expect(await stillIn(visitor)).toBe(false);
  });

  it("is fine for whoever is not logged in", async () => {
    expect((await new Visitor(world).get("/oauth/logout")).body).toContain('id="logged-out"');
    expect(locationOf(await new Visitor(world).get(url({ client_id: "app", post_logout_redirect_uri: AFTER })))).toBe(AFTER);
  });

  it("offers an unvetted client's address as a link, and is no open redirector", async () => {
    const response = await new Visitor(world).get(url({ client_id: "stranger", post_logout_redirect_uri: AFTER }));
    expect(locationOf(response)).toBeUndefined();
    expect(response.body).toContain(`href="${AFTER}"`);
  });

  it.each<[string, () => Record<string, string>, string]>([
    ["an unregistered address", () => ({ client_id: "app", post_logout_redirect_uri: `${AFTER}/x` }), "post-logout-redirect-unregistered"],
    ["an address without a client", () => ({ post_logout_redirect_uri: AFTER }), "post-logout-redirect-unregistered"],
    ["an unknown client", () => ({ client_id: "nobody", post_logout_redirect_uri: AFTER }), "client-unknown"],
    ["a forged ID token", () => ({ id_token_hint: "a.b.c" }), "id-token-hint-invalid"],
    ["an access token as hint", () => ({ id_token_hint: idToken({ sub: "x" }, "at+jwt") }), "id-token-hint-invalid"],
    ["another issuer's token", () => ({ id_token_hint: idToken({ sub: "x", iss: "https://evil.example.com" }) }), "id-token-hint-invalid"],
    ["an ID token of another client", () => ({ id_token_hint: idToken({ sub: "x" }), client_id: "stranger" }), "id-token-hint-invalid"],
  ])("shows a page for %s", async (_name, parameters, reason) => {
    const response = await new Visitor(world).get(url(parameters()));
    expect(response).toMatchObject({ status: 400, headers: { "x-reason": reason } });
    expect(locationOf(response)).toBeUndefined();
  });

  it("ends grants made for this session only", async () => {
    const { visitor, basis } = await loggedIn();
    await visitor.get(url({ id_token_hint: idToken({ sub: basis.subject }) }));
    const { currentStanding } = await import("../standing/index.ts");
    const standing = (sessionId: string | undefined) =>
      currentStanding(world.context, {
        clientId: "app",
        subject: basis.subject,
        resourceIds: [],
        ...(sessionId === undefined ? {} : { sessionId }),
      });
    expect((await standing(basis.sessionId)).sessionActive).toBe(false);
    expect((await standing("another")).sessionActive).toBe(true);
    expect((await standing(undefined)).sessionActive).toBe(true);
    await world.context.subjects.execute(basis.subject, { kind: "disable", now: world.clock.time, reason: "x" }, META);
    expect(await standing("another")).toMatchObject({ subjectActive: false, sessionActive: true });
    await world.context.subjects.execute(basis.subject, { kind: "erase", now: world.clock.time }, META);
    expect(await standing("another")).toMatchObject({ subjectActive: false, sessionActive: false });
  });
});
