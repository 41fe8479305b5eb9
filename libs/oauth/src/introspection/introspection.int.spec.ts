// Real: SQLite event store, deciders, keyring, issuance writer. Fake: clock, security log.
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resourceStreamId } from "../context/index.ts";
import {
  aClient,
  aGrant,
  type Answer,
  aResource,
  aSubject,
  basic,
  bearer,
  META,
  openWorld,
  send,
  VERIFIER,
  type World,
} from "../testing/world.ts";
import { revocationEndpoints } from "../revocation/index.ts";
import { tokenEndpoints } from "../token/index.ts";
import { introspectionEndpoints } from "./index.ts";

const MCP = "https://mcp.test/mcp";
const JWT = "https://jwt.test/mcp";
const ADMIN = "http://as.test/admin/v1";
const SIGNED = "application/token-introspection+jwt";
let world: World;

beforeAll(async () => {
  world = await openWorld({ algs: ["ES256", "EdDSA"] });
  await aResource(world, MCP);
  await aResource(world, JWT, { tokenPolicy: { format: "jwt", alg: "EdDSA", accessTokenLifetime: 300 } });
  const operators = { subjects: { any: true as const }, entities: ["service"] as const, verification: ["operator"] as const };
  await aResource(world, ADMIN, {
    scopes: ["grantline:admin", "grantline:introspect"],
    policy: { rules: [{ ...operators, scopes: ["grantline:admin", "grantline:introspect"] }] },
  });
  await aClient(world, "app");
  await aClient(world, "job", { secret: "s" });
  await aClient(world, "rs", { secret: "s", metadata: { introspection_signed_response_alg: "EdDSA" } });
  await aClient(world, "other-rs", { secret: "s" });
  await aClient(world, "named-rs", { secret: "s", settings: { introspects: [resourceStreamId(MCP)] } });
  await aClient(world, "boss", { secret: "s", settings: { allowedScopes: ["grantline:admin", "grantline:introspect"] } });
  await aClient(world, "impostor", { secret: "s", how: "dcr", metadata: { scope: "grantline:admin" } });
  await aSubject(world, "alice");
});
afterAll(() => world.close());

const look = (token: unknown, by: string | Record<string, string> = "rs", headers: Record<string, string> = {}): Promise<Answer> =>
  send(
    introspectionEndpoints(world.context),
    "/oauth/introspect",
    { token: String(token) },
    { ...(typeof by === "string" ? basic(by, "s") : by), ...headers },
  );
const form = (fields: Record<string, string>, headers = {}): Promise<Answer> =>
  send(tokenEndpoints(world.context), "/oauth/token", fields, headers);
const signIn = async (uri = MCP, subject = "alice"): Promise<Record<string, unknown>> => {
  const { code } = await aGrant(world, { subject, resources: { [uri]: ["read"] } });
  return (await form({ grant_type: "authorization_code", client_id: "app", code, code_verifier: VERIFIER })).body;
};
const machine = async (uri = MCP): Promise<unknown> =>
  (await form({ grant_type: "client_credentials", resource: uri, scope: "read" }, basic("job", "s"))).body["access_token"];
const bossToken = async (scope: string): Promise<unknown> =>
  (await form({ grant_type: "client_credentials", scope }, basic("boss", "s"))).body["access_token"];

describe("an active token", () => {
  it("is described without a null and without the person", async () => {
    const { access_token: token } = await signIn();
    const answer = await look(token);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store" });
    expect(answer.body).toEqual({
      active: true,
      scope: "read",
      client_id: "app",
      sub: "alice",
      aud: MCP,
      iss: "http://as.test/oauth",
      exp: world.clock.time + 900,
      iat: world.clock.time,
      jti: expect.stringMatching(/^eu1[a-z0-9]+\.0$/),
      token_type: "Bearer",
      entity: "human",
      gid: expect.stringMatching(/^eu1/),
    });
  });

  it("is found as a JWT as well, with the resource's algorithm and lifetime", async () => {
    const { access_token: token } = await signIn(JWT);
    expect(decodeProtectedHeader(String(token))).toMatchObject({ alg: "EdDSA", typ: "at+jwt" });
    expect((await look(token)).body).toMatchObject({ active: true, exp: world.clock.time + 300 });
  });

  it("stays active when a retry signs it anew (P4)", async () => {
    await aResource(world, "https://es.test/mcp", { tokenPolicy: { format: "jwt" } });
    const first = await signIn("https://es.test/mcp");
    const refresh = () => form({ grant_type: "refresh_token", client_id: "app", refresh_token: String(first["refresh_token"]) });
    const [one, two] = [await refresh(), await refresh()];
    expect(one.body["access_token"]).not.toBe(two.body["access_token"]);
    expect(decodeJwt(String(one.body["access_token"]))).toEqual(decodeJwt(String(two.body["access_token"])));
    for (const answer of [one, two]) expect((await look(answer.body["access_token"])).body["active"]).toBe(true);
  });

  it("is seen by its resource's client, one named for it, and admins: nobody else (RFC 7662 §4)", async () => {
    const { access_token: token } = await signIn();
    for (const by of ["rs", "named-rs", "boss"]) expect((await look(token, by)).body["active"]).toBe(true);
    for (const by of ["other-rs", "job", "impostor"]) expect((await look(token, by)).text).toBe('{"active":false}');
    const userinfo = await form({
      grant_type: "authorization_code",
      client_id: "app",
      code: (await aGrant(world, { scope: "openid" })).code,
      code_verifier: VERIFIER,
    });
    expect((await look(userinfo.body["access_token"], "rs")).body["active"]).toBe(false);
    expect((await look(userinfo.body["access_token"], "boss")).body).toMatchObject({ active: true, aud: "http://as.test/oauth" });
  });

  it("without a grant is found by its issuance event", async () => {
    for (const token of [await machine(), await machine(JWT)]) {
      const { body } = await look(token);
      expect(body).toMatchObject({ active: true, client_id: "job", sub: "job", entity: "service" });
      expect(body).not.toHaveProperty("gid");
    }
  });
});

describe("the caller", () => {
  it("is a confidential client or holds grantline:introspect", async () => {
    const { access_token: token } = await signIn();
    const anonymous = await send(introspectionEndpoints(world.context), "/oauth/introspect", { token: String(token), client_id: "app" });
    expect([anonymous.status, anonymous.reason]).toEqual([401, "introspection-not-allowed"]);
    expect((await look(token, bearer(String(await bossToken("grantline:introspect"))))).body["active"]).toBe(true);
    expect((await look(token, bearer(String(await bossToken("grantline:admin"))))).body["active"]).toBe(true);
    const own = await look(token, bearer(String(await machine())));
    expect([own.status, own.reason]).toEqual([401, "bearer-invalid"]);
    const nobody = await look(token, bearer("nonsense"));
    expect([nobody.status, nobody.body["error"]]).toEqual([401, "invalid_token"]);
  });

  it("must say which token", async () => {
    const answer = await send(
      introspectionEndpoints(world.context),
      "/oauth/introspect",
      { token_type_hint: "access_token" },
      basic("rs", "s"),
    );
    expect([answer.status, answer.body["error"], answer.reason]).toEqual([400, "invalid_request", "parameter-missing"]);
  });

  it("gets a signed answer when it asks for one (RFC 9701)", async () => {
    const { access_token: token } = await signIn();
    const answer = await look(token, "rs", { accept: SIGNED });
    expect(answer.headers["content-type"]).toBe(SIGNED);
    expect(decodeProtectedHeader(answer.text)).toMatchObject({ typ: "token-introspection+jwt", alg: "EdDSA" });
    expect(decodeJwt(answer.text)).toMatchObject({
      iss: "http://as.test/oauth",
      aud: "rs",
      iat: world.clock.time,
      token_introspection: { active: true, sub: "alice" },
    });
    expect(world.context.signer.verify(answer.text)).toBeDefined();
    expect((await look(answer.text)).text).toBe('{"active":false}');
    expect(decodeProtectedHeader((await look(token, "boss", { accept: `application/json;q=0.1, ${SIGNED}` })).text)).toMatchObject({
      alg: "ES256",
    });
    for (const accept of ["application/json", "*/*", `${SIGNED};q=0`])
      expect((await look(token, "rs", { accept })).body["active"]).toBe(true);
  });
});

describe("an inactive token gets one and the same answer (V-02)", () => {
  it("whatever is wrong with it", async () => {
    const { access_token: opaque, refresh_token: refresh } = await signIn();
    const { access_token: jwt } = await signIn(JWT);
    const [head = "", body = "", signature = ""] = String(jwt).split(".");
    const other = Buffer.from(JSON.stringify({ ...decodeJwt(String(jwt)), sub: "mallory" })).toString("base64url");
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url");
    const forged = [
      "x",
      "gl_at_x",
      String(opaque).slice(0, -1),
      `${String(opaque)}x`,
      String(opaque).replace("gl_at_", "gl_rt_"),
      refresh,
      `${head}.${other}.${signature}`,
      `${none}.${body}.`,
      `${head}.${body}.${signature.slice(0, -2)}${signature.endsWith("AA") ? "QQ" : "AA"}`,
      `${head}.bm90anNvbg.${signature}`,
      `${head}.bnVsbA.${signature}`,
      "a.b",
      "a".repeat(9000),
      `${head}.${Buffer.from('{"jti":"zzzzzzzz-2026010101.5"}').toString("base64url")}.x`,
      world.context.signer.sign({ ...decodeJwt(String(jwt)) }, { typ: "JWT" }).jwt,
      world.context.signer.sign({ ...decodeJwt(String(jwt)), exp: 9_999_999_999 }, { typ: "at+jwt" }).jwt,
    ];
    for (const token of forged) expect((await look(token)).text).toBe('{"active":false}');
    expect((await look(opaque)).body["active"]).toBe(true);
    world.clock.time += 900;
    expect((await look(opaque)).text).toBe('{"active":false}');
    expect((await look(jwt)).text).toBe('{"active":false}');
  });

  it("at once when what it rests on is gone (P5, T-08)", async () => {
    const now = world.clock.time;
    const { context } = world;
    await aClient(world, "doomed", { secret: "s" });
    const uri = "https://doomed.test/mcp";
    await aResource(world, uri);
    const byClient = (await form({ grant_type: "client_credentials", resource: MCP, scope: "read" }, basic("doomed", "s"))).body[
      "access_token"
    ];
    const byResource = await machine(uri);
    const granted = (await signIn(uri))["access_token"];
    await aSubject(world, "carol");
    const byPerson = (await signIn(MCP, "carol"))["access_token"];
    for (const token of [byClient, byResource, granted, byPerson]) expect((await look(token)).body["active"]).toBe(true);
    await context.clients.execute("doomed", { kind: "suspend", now, reason: "abuse" }, META);
    await context.resources.execute(resourceStreamId(uri), { kind: "revoke-all", now, reason: "leak" }, META);
    await context.subjects.execute("carol", { kind: "revoke-all", now, reason: "lost laptop" }, META);
    for (const token of [byClient, byResource, granted, byPerson]) expect((await look(token)).text).toBe('{"active":false}');
    await context.clients.execute("doomed", { kind: "reinstate", now }, META);
    expect((await look(byClient)).text).toBe('{"active":false}');
  });

  it("when its signing key was compromised", async () => {
    const token = await machine(JWT);
    const granted = (await signIn(JWT))["access_token"];
    const { kid } = decodeProtectedHeader(String(token));
    await world.keyring.compromise(String(kid), "leaked");
    expect((await look(token)).text).toBe('{"active":false}');
    expect((await look(granted)).text).toBe('{"active":false}');
    expect((await look(await machine(JWT))).body["active"]).toBe(true);
  });
});

describe("a refresh token", () => {
  it("is described to nobody who can't redeem it", async () => {
    await aClient(world, "web", { secret: "s" });
    const { code } = await aGrant(world, { clientId: "web", resources: { [MCP]: ["read"] } });
    const first = (await form({ grant_type: "authorization_code", code, code_verifier: VERIFIER }, basic("web", "s"))).body[
      "refresh_token"
    ];
    expect((await look(first, "web")).body).toMatchObject({
      active: true,
      client_id: "web",
      sub: "alice",
      scope: "read",
      exp: world.clock.time + 86_400,
    });
    expect((await look(first, "boss")).body["active"]).toBe(true);
    expect((await look(first, "rs")).text).toBe('{"active":false}');
    const second = (await form({ grant_type: "refresh_token", refresh_token: String(first) }, basic("web", "s"))).body["refresh_token"];
    expect((await look(first, "web")).text).toBe('{"active":false}');
    expect((await look(second, "web")).body["active"]).toBe(true);
    world.clock.time += 86_400;
    expect((await look(second, "web")).text).toBe('{"active":false}');
  });

  it("of a dead family, or of a person who left, is inactive", async () => {
    const { code } = await aGrant(world, { clientId: "web", resources: { [MCP]: ["read"] } });
    const token = (await form({ grant_type: "authorization_code", code, code_verifier: VERIFIER }, basic("web", "s"))).body[
      "refresh_token"
    ];
    await send(revocationEndpoints(world.context), "/oauth/revoke", { token: String(token) }, basic("web", "s"));
    expect((await look(token, "web")).text).toBe('{"active":false}');
    await aSubject(world, "dave");
    const other = await aGrant(world, { clientId: "web", subject: "dave", resources: { [MCP]: ["read"] } });
    const daves = (await form({ grant_type: "authorization_code", code: other.code, code_verifier: VERIFIER }, basic("web", "s"))).body[
      "refresh_token"
    ];
    await world.context.subjects.execute("dave", { kind: "disable", now: world.clock.time, reason: "left" }, META);
    expect((await look(daves, "web")).text).toBe('{"active":false}');
  });
});
