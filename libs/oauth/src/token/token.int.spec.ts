// Real: SQLite event store, stream runtime, deciders, key folder, keyring, issuance writer. Fake: clock, security log.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  aClient,
  aGrant,
  aResource,
  aSubject,
  basic,
  CALLBACK,
  eventsOf,
  openWorld,
  send,
  VERIFIER,
  wholeLog,
  type Answer,
  type GrantOptions,
  type World,
} from "../testing/world.ts";
import { introspectionEndpoints } from "../introspection/index.ts";
import { META } from "../testing/world.ts";
import { tokenEndpoints } from "./index.ts";

const MCP = "https://mcp.test/mcp";
const OTHER = "https://other.test/mcp";
let world: World;

beforeAll(async () => {
  world = await openWorld();
  await aResource(world, MCP);
  await aResource(world, OTHER, { scopes: ["read", "admin"] });
  await aClient(world, "app");
  await aClient(world, "other");
  await aClient(world, "web", { secret: "web-secret" });
  await aClient(world, "rs", { secret: "rs-secret" });
  await aSubject(world, "alice", { name: "Alice", email: "alice@example.test" });
});
afterAll(() => world.close());

const token = (form: Record<string, string | readonly string[]>, headers = {}): Promise<Answer> =>
  send(tokenEndpoints(world.context), "/oauth/token", form, headers);
const redeem = (code: string, extra: Record<string, string | readonly string[]> = {}, headers = {}) =>
  token({ grant_type: "authorization_code", client_id: "app", code, code_verifier: VERIFIER, ...extra }, headers);
const refresh = (value: unknown, extra: Record<string, string | readonly string[]> = {}, headers = {}) =>
  token({ grant_type: "refresh_token", client_id: "app", refresh_token: String(value), ...extra }, headers);
const active = async (value: unknown): Promise<unknown> =>
  (await send(introspectionEndpoints(world.context), "/oauth/introspect", { token: String(value) }, basic("rs", "rs-secret"))).body[
    "active"
  ];
const signedIn = async (options: GrantOptions = {}) => {
  const grant = await aGrant(world, { resources: { [MCP]: ["read", "write"] }, ...options });
  return { ...grant, answer: (await redeem(grant.code)).body };
};
const refused = (answer: Answer) => [answer.status, answer.body["error"], answer.reason];

describe("the token endpoint", () => {
  it("wants a grant_type it knows, once, from a client that may use it", async () => {
    expect(refused(await token({ client_id: "app" }))).toEqual([400, "invalid_request", "parameter-missing"]);
    for (const grant_type of ["password", "implicit", "urn:x"])
      expect(refused(await token({ grant_type, client_id: "app" }))).toEqual([400, "unsupported_grant_type", "grant-type-unsupported"]);
    expect(refused(await send(tokenEndpoints(world.context), "/oauth/token", "grant_type=refresh_token&grant_type=refresh_token"))).toEqual(
      [400, "invalid_request", "parameter-repeated"],
    );
    expect(refused(await token({ grant_type: "client_credentials", client_id: "app" }))).toEqual([
      400,
      "unauthorized_client",
      "grant-type-not-allowed",
    ]);
    await aClient(world, "codes-only", { secret: "x", metadata: { grant_types: ["authorization_code"] } });
    for (const grant_type of ["client_credentials", "refresh_token"]) {
      expect(refused(await token({ grant_type, resource: MCP, refresh_token: "x" }, basic("codes-only", "x")))).toEqual([
        400,
        "unauthorized_client",
        "grant-type-not-allowed",
      ]);
    }
    expect(refused(await token({ grant_type: "refresh_token" }))).toEqual([401, "invalid_client", "client-authentication-missing"]);
  });
});

describe("a code", () => {
  it("becomes tokens that nobody may cache", async () => {
    const { code } = await aGrant(world, { resources: { [MCP]: ["read"] } });
    const answer = await redeem(code, { redirect_uri: CALLBACK, resource: MCP });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store", "content-type": "application/json", pragma: "no-cache" });
    expect(answer.body).toMatchObject({ token_type: "Bearer", expires_in: 900, scope: "read" });
    expect(answer.body["access_token"]).toMatch(/^gl_at_/);
    expect(answer.body["refresh_token"]).toMatch(/^gl_rt_/);
    expect(await active(answer.body["access_token"])).toBe(true);
  });

  it("is good once: used again it is refused and takes what it gave along (C-01, P3)", async () => {
    const { code, grantId, answer } = await signedIn();
    expect(refused(await redeem(code))).toEqual([400, "invalid_grant", "code-replayed"]);
    expect(await active(answer["access_token"])).toBe(false);
    expect(refused(await refresh(answer["refresh_token"]))).toEqual([400, "invalid_grant", "grant-revoked"]);
    expect(await eventsOf(world, `grant-${grantId}`)).toEqual(["GrantAuthorized", "CodeRedeemed", "CodeReplayDetected", "GrantRevoked"]);
  });

  it("gives tokens to one of 50 who come at once, and they are dead afterwards (C-04, P2)", async () => {
    const { code } = await aGrant(world, { resources: { [MCP]: ["read"] } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => redeem(code)));
    const won = answers.filter((answer) => answer.status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 400 && answer.body["error"] === "invalid_grant")).toHaveLength(49);
    expect(await active(won[0]?.body["access_token"])).toBe(false);
  });

  it("is refused to strangers and revokes nothing for them (C-02, C-03, C-08)", async () => {
    const { code } = await aGrant(world, { resources: { [MCP]: ["read"] } });
    expect(refused(await redeem(code, { client_id: "other" }))).toEqual([400, "invalid_grant", "client-mismatch"]);
    expect(refused(await redeem(code, { redirect_uri: "http://127.0.0.1/other" }))).toEqual([
      400,
      "invalid_grant",
      "redirect-uri-mismatch",
    ]);
    expect(refused(await redeem(code, { code_verifier: "w".repeat(43) }))).toEqual([400, "invalid_grant", "pkce-mismatch"]);
    expect((await redeem(code)).status).toBe(200);
  });

  it("needs a verifier within the grammar (C-08)", async () => {
    const { code } = await aGrant(world, { resources: { [MCP]: ["read"] } });
    for (const bad of ["short", "v".repeat(129), `${"v".repeat(42)}=`, "ü".repeat(43)]) {
      expect(refused(await redeem(code, { code_verifier: bad }))).toEqual([400, "invalid_request", "pkce-malformed"]);
    }
    expect(refused(await token({ grant_type: "authorization_code", client_id: "app", code }))).toEqual([
      400,
      "invalid_request",
      "pkce-missing",
    ]);
    expect(refused(await token({ grant_type: "authorization_code", client_id: "app", code_verifier: VERIFIER }))).toEqual([
      400,
      "invalid_request",
      "parameter-missing",
    ]);
  });

  it("ends after its minute (C-11)", async () => {
    const { code } = await aGrant(world, { resources: { [MCP]: ["read"] } });
    world.clock.time += 61;
    expect(refused(await redeem(code))).toEqual([400, "invalid_grant", "code-expired"]);
  });

  it("that nobody was given is refused, and so is any other artefact (C-10)", async () => {
    const { answer, code } = await signedIn();
    const made = code.replace(/\.(.)/, (_, first) => `.${first === "A" ? "B" : "A"}`);
    for (const value of ["x", "gl_ac_", made, String(answer["refresh_token"]), String(answer["access_token"])]) {
      expect(refused(await redeem(value))).toEqual([400, "invalid_grant", "code-unknown"]);
    }
    expect((await refresh(code)).body["error"]).toBe("invalid_grant");
    expect((await refresh(answer["access_token"])).body["error"]).toBe("invalid_grant");
    expect(await active(answer["refresh_token"])).toBe(false);
    expect(await active(code)).toBe(false);
    expect(await active(answer["access_token"])).toBe(true);
  });

  it("of a grant that was denied or never made is refused", async () => {
    const { mintCode } = await import("../tokens/index.ts");
    const unknown = mintCode(world.context.random, `eu1${"0".repeat(32)}`);
    expect(refused(await redeem(unknown.value))).toEqual([400, "invalid_grant", "code-unknown"]);
    const denied = `eu1${"d".repeat(32)}`;
    await world.context.grants.execute(
      denied,
      { kind: "deny", now: world.clock.time, clientId: "app", subject: "alice", reason: "person" },
      META,
    );
    expect(refused(await redeem(mintCode(world.context.random, denied).value))).toEqual([400, "invalid_grant", "code-unknown"]);
  });

  it("of several resources gives a token for the one named, with its scopes alone (RFC 8707)", async () => {
    const both = { [MCP]: ["read", "write"], [OTHER]: ["admin"] };
    const { code } = await aGrant(world, { resources: both, scope: "openid read write admin" });
    expect(refused(await redeem(code))).toEqual([400, "invalid_target", "resource-ambiguous"]);
    expect(refused(await redeem(code, { resource: "https://third.test/mcp" }))).toEqual([400, "invalid_target", "resource-not-granted"]);
    expect(refused(await redeem(code, { resource: [MCP, OTHER] }))).toEqual([400, "invalid_target", "resource-repeated"]);
    expect(refused(await redeem(code, { resource: "not a uri" }))).toEqual([400, "invalid_target", "resource-malformed"]);
    const answer = await redeem(code, { resource: `${OTHER}/` });
    expect(answer.body).toMatchObject({ scope: "openid admin" });
    const again = await refresh(answer.body["refresh_token"]);
    expect(again.body).toMatchObject({ scope: "openid admin" });
    expect((await refresh(again.body["refresh_token"], { resource: MCP })).body).toMatchObject({ scope: "openid read write" });
  });

  it("gives an ID token with openid, and personal claims only to the scopes that ask (OIDC)", async () => {
    const plain = await aGrant(world, { scope: "openid", nonce: "n-1", sessionId: "sess1", offline: true });
    const claims = payload((await redeem(plain.code)).body["id_token"]);
    expect(claims).toMatchObject({
      iss: "http://as.test/oauth",
      sub: "alice",
      aud: "app",
      nonce: "n-1",
      sid: "sess1",
      amr: ["pwd"],
      exp: world.clock.time + 300,
    });
    expect(claims).not.toHaveProperty("name");
    expect(claims["at_hash"]).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const full = await aGrant(world, { scope: "openid profile email" });
    expect(payload((await redeem(full.code)).body["id_token"])).toMatchObject({ name: "Alice", email: "alice@example.test" });
  });

  it("gives no refresh token to a client that is not registered for them", async () => {
    const { code } = await aGrant(world, { clientId: "codes-only", resources: { [MCP]: ["read"] } });
    const answer = await token({ grant_type: "authorization_code", code, code_verifier: VERIFIER }, basic("codes-only", "x"));
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty("refresh_token");
  });

  it("gives no refresh token where none was authorized", async () => {
    const { code } = await aGrant(world, { scope: "openid", refreshable: false });
    const answer = await redeem(code);
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty("refresh_token");
  });
});

describe("a refresh token", () => {
  it("rotates: the new one works, and the scope stays what it was", async () => {
    const { answer, grantId } = await signedIn();
    const next = await refresh(answer["refresh_token"]);
    expect(next.status).toBe(200);
    expect(next.body).toMatchObject({ scope: "read write", expires_in: 900 });
    expect(next.body["refresh_token"]).not.toBe(answer["refresh_token"]);
    expect(await active(next.body["access_token"])).toBe(true);
    expect((await refresh(next.body["refresh_token"])).status).toBe(200);
    expect(await eventsOf(world, `grant-${grantId}`)).toEqual([
      "GrantAuthorized",
      "CodeRedeemed",
      "RefreshTokenRotated",
      "RefreshTokenRotated",
    ]);
  });

  it("asked for 50 times at once gives one answer, from one rotation (R-02, R-03, P4)", async () => {
    const { answer, grantId } = await signedIn();
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(answer["refresh_token"])));
    expect(new Set(answers.map((each) => each.text)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(await eventsOf(world, `grant-${grantId}`)).toEqual(["GrantAuthorized", "CodeRedeemed", "RefreshTokenRotated", "RefreshRetried"]);
    expect(await active(answers[7]?.body["access_token"])).toBe(true);
  });

  it("gets the first answer again inside the window, used or not, and never another one (P4)", async () => {
    const { answer } = await signedIn();
    const first = await refresh(answer["refresh_token"], { scope: "read" });
    await refresh(first.body["refresh_token"]);
    world.clock.time += 30;
    const again = await refresh(answer["refresh_token"], { scope: "read" });
    expect(again.body).toEqual({ ...first.body, expires_in: 870 });
    expect(refused(await refresh(answer["refresh_token"], { scope: "write" }))).toEqual([400, "invalid_grant", "refresh-retry-differs"]);
    world.clock.time += 1;
    expect(refused(await refresh(answer["refresh_token"], { scope: "read" }))).toEqual([400, "invalid_grant", "refresh-reused"]);
    expect(await active(first.body["access_token"])).toBe(false);
  });

  it("used again after the window revokes the family and says why in the log (R-01, P3)", async () => {
    const { answer, grantId } = await signedIn();
    const next = await refresh(answer["refresh_token"]);
    world.clock.time += 31;
    expect(refused(await refresh(answer["refresh_token"]))).toEqual([400, "invalid_grant", "refresh-reused"]);
    expect(await active(next.body["access_token"])).toBe(false);
    expect(refused(await refresh(next.body["refresh_token"]))).toEqual([400, "invalid_grant", "grant-revoked"]);
    expect((await eventsOf(world, `grant-${grantId}`)).slice(-2)).toEqual(["RefreshReuseDetected", "GrantRevoked"]);
  });

  it("with a window of 0 works once of 50 times, and the family is gone", async () => {
    await aClient(world, "strict", { settings: { refreshRetryWindow: 0 } });
    const grant = await aGrant(world, { clientId: "strict", resources: { [MCP]: ["read"] } });
    const first = await redeem(grant.code, { client_id: "strict" });
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(first.body["refresh_token"], { client_id: "strict" })));
    const won = answers.filter((answer) => answer.status === 200);
    expect(won).toHaveLength(1);
    expect(new Set(answers.filter((answer) => answer.status !== 200).map((answer) => answer.body["error"]))).toEqual(
      new Set(["invalid_grant"]),
    );
    expect(await active(won[0]?.body["access_token"])).toBe(false);
  });

  it("is bound to its client, and a foreign attempt does it no harm (R-04, CVE 21)", async () => {
    const { answer } = await signedIn();
    expect(refused(await refresh(answer["refresh_token"], { client_id: "other" }))).toEqual([400, "invalid_grant", "client-mismatch"]);
    expect(
      refused(await token({ grant_type: "refresh_token", refresh_token: String(answer["refresh_token"]) }, basic("web", "web-secret"))),
    ).toEqual([400, "invalid_grant", "client-mismatch"]);
    expect((await refresh(answer["refresh_token"])).status).toBe(200);
  });

  it("of a confidential client needs its authentication (R-05)", async () => {
    const { code } = await aGrant(world, { clientId: "web", resources: { [MCP]: ["read"] } });
    const first = await token({ grant_type: "authorization_code", code, code_verifier: VERIFIER }, basic("web", "web-secret"));
    expect(first.status).toBe(200);
    expect(refused(await refresh(first.body["refresh_token"], { client_id: "web" }))).toEqual([
      401,
      "invalid_client",
      "client-authentication-missing",
    ]);
  });

  it("narrows and never widens (R-06)", async () => {
    const { answer } = await signedIn();
    expect(refused(await refresh(answer["refresh_token"], { scope: "read admin" }))).toEqual([400, "invalid_scope", "scope-widened"]);
    expect(refused(await refresh(answer["refresh_token"], { resource: OTHER }))).toEqual([400, "invalid_target", "resource-not-granted"]);
    expect(refused(await refresh(answer["refresh_token"], { resource: [MCP, OTHER] }))).toEqual([
      400,
      "invalid_target",
      "resource-repeated",
    ]);
    expect(refused(await refresh(answer["refresh_token"], { scope: 'a"b' }))).toEqual([400, "invalid_scope", "scope-malformed"]);
    const narrow = await refresh(answer["refresh_token"], { scope: "write", resource: MCP });
    expect(narrow.body).toMatchObject({ scope: "write" });
    expect((await refresh(narrow.body["refresh_token"])).body).toMatchObject({ scope: "read write" });
  });

  it("ends when idle, and with its family whatever happens (R-10)", async () => {
    const idle = await signedIn();
    world.clock.time += 86_400;
    expect(refused(await refresh(idle.answer["refresh_token"]))).toEqual([400, "invalid_grant", "refresh-expired"]);
    let { refresh_token: last } = (await signedIn()).answer;
    for (let day = 0; day < 10; day++) {
      const answer = await refresh(last);
      expect(answer.status).toBe(200);
      last = answer.body["refresh_token"];
      world.clock.time += 86_399;
    }
    world.clock.time += 10;
    expect((await refresh(last)).body).toMatchObject({ error: "invalid_grant" });
    const family = await signedIn();
    let value = family.answer["refresh_token"];
    for (let day = 0; day < 9; day++) {
      world.clock.time += 86_399;
      value = (await refresh(value)).body["refresh_token"];
    }
    world.clock.time += 86_000;
    expect((await refresh(value)).body).toMatchObject({ expires_in: 409 });
  });

  it("dies with whatever it rests on (R-08, CVE 10)", async () => {
    const now = world.clock.time;
    await aSubject(world, "bob");
    const { code } = await aGrant(world, { subject: "bob", resources: { [MCP]: ["read"] }, sessionId: "sess-bob" });
    const first = await redeem(code);
    await world.context.subjects.execute("bob", { kind: "end-session", now, sessionId: "sess-bob", reason: "logout" }, META);
    expect(refused(await refresh(first.body["refresh_token"]))).toEqual([400, "invalid_grant", "standing-lost"]);
    expect(await active(first.body["access_token"])).toBe(false);
    const disabled = await redeem((await aGrant(world, { subject: "bob", resources: { [MCP]: ["read"] } })).code);
    await world.context.subjects.execute("bob", { kind: "disable", now, reason: "left" }, META);
    expect((await refresh(disabled.body["refresh_token"])).body).toMatchObject({ error: "invalid_grant" });
    expect(await active(disabled.body["access_token"])).toBe(false);
  });

  it("loses scopes the access policy no longer gives, and ends when none is left (P14)", async () => {
    const uri = "https://guarded.test/mcp";
    const everybody = { subjects: { any: true as const }, entities: ["human" as const], verification: ["operator" as const] };
    await aResource(world, uri);
    const grant = await aGrant(world, { resources: { [uri]: ["read", "write"] } });
    const first = await redeem(grant.code);
    const { resourceStreamId } = await import("../context/index.ts");
    const set = (scopes: readonly string[]) =>
      world.context.resources.execute(
        resourceStreamId(uri),
        { kind: "set-access-policy", now: world.clock.time, policy: { rules: [{ ...everybody, scopes }] } },
        META,
      );
    await set(["read"]);
    const second = await refresh(first.body["refresh_token"]);
    expect(second.body).toMatchObject({ scope: "read" });
    await set(["nothing"]);
    expect(refused(await refresh(second.body["refresh_token"]))).toEqual([400, "invalid_grant", "policy-denied"]);
    await set(["*"]);
    expect((await refresh(second.body["refresh_token"])).body).toMatchObject({ scope: "read write" });
  });

  it("whose generation the state has forgotten is still known to the log (P3)", async () => {
    const { answer, grantId } = await signedIn();
    let last = answer["refresh_token"];
    for (let turn = 0; turn < 300; turn++) last = (await refresh(last)).body["refresh_token"];
    world.clock.time += 400;
    expect(refused(await refresh(answer["refresh_token"]))).toEqual([400, "invalid_grant", "refresh-reused"]);
    expect((await eventsOf(world, `grant-${grantId}`)).at(-1)).toBe("GrantRevoked");
  });

  it("that nobody was given is refused, and revokes nothing", async () => {
    const { answer, grantId } = await signedIn();
    const { seal } = await import("../tokens/artefact.ts");
    for (const generation of [1, 2, 99]) {
      const forged = seal("refresh", `${grantId}.${generation}`, world.context.random.token(32));
      expect(refused(await refresh(forged))).toEqual([400, "invalid_grant", "refresh-unknown"]);
    }
    expect(refused(await refresh(seal("refresh", `eu1${"0".repeat(32)}.1`, world.context.random.token(32))))).toEqual([
      400,
      "invalid_grant",
      "refresh-unknown",
    ]);
    expect(refused(await token({ grant_type: "refresh_token", client_id: "app" }))).toEqual([400, "invalid_request", "parameter-missing"]);
    expect((await refresh(answer["refresh_token"])).status).toBe(200);
  });
});

describe("the log", () => {
  it("holds no value that was handed out (P9, H-06)", async () => {
    const { code, answer } = await signedIn();
    const next = await refresh(answer["refresh_token"]);
    const log = await wholeLog(world);
    for (const value of [
      code,
      answer["access_token"],
      answer["refresh_token"],
      next.body["access_token"],
      next.body["refresh_token"],
      VERIFIER,
      "web-secret",
      "alice@example.test",
    ]) {
      expect(log).not.toContain(String(value));
      expect(log).not.toContain(String(value).slice(-49, -6));
    }
  });
});

function payload(jwt: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(jwt).split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
}
