// Real: SQLite event store (two stream runtimes over it, as two instances have), deciders, keyring, issuance writer. Fake: clock.
import { grantDecider } from "@grantline/domain/grant";
import { createStreamRuntime } from "@grantline/event-store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resourceStreamId } from "../context/index.ts";
import { aClient, aGrant, aResource, aSubject, META, openWorld, send, VERIFIER, type World } from "../testing/world.ts";
import { tokenEndpoints } from "../token/index.ts";
import { seal } from "./artefact.ts";
import { findAccessToken, findRefreshToken, mintAccessToken, remintAccessToken } from "./index.ts";
import { parseOpaqueAccessToken } from "./opaque-access-token.ts";

const MCP = "https://mcp.test/mcp";
let world: World;
beforeAll(async () => {
  world = await openWorld({ algs: ["ES256", "EdDSA"] });
  await aResource(world, MCP);
  await aClient(world, "app", { metadata: { id_token_signed_response_alg: "EdDSA" } });
  await aSubject(world, "alice");
});
afterAll(() => world.close());

const redeem = async (code: string) =>
  (
    await send(tokenEndpoints(world.context), "/oauth/token", {
      grant_type: "authorization_code",
      client_id: "app",
      code,
      code_verifier: VERIFIER,
    })
  ).body;
const refresh = async (value: unknown) =>
  (
    await send(tokenEndpoints(world.context), "/oauth/token", {
      grant_type: "refresh_token",
      client_id: "app",
      refresh_token: String(value),
    })
  ).body;
const signIn = async (sessionId?: string) => {
  const { code, grantId } = await aGrant(world, { resources: { [MCP]: ["read"] }, ...(sessionId === undefined ? {} : { sessionId }) });
  return { grantId, ...(await redeem(code)) } as Record<string, unknown>;
};
/** Another instance: same store, its own memory, which here is made not to hear of changes. */
const deafInstance = () => {
  const { changes: _unheard, ...store } = { ...world.store, append: world.store.append.bind(world.store) };
  const grants = createStreamRuntime({
    store: store as typeof world.store,
    clock: world.clock,
    region: "eu1",
    service: "other",
  }).repository(grantDecider);
  return { ...world.context, grants };
};

describe("an access token", () => {
  it("that another instance issued a moment ago is found although memory is behind", async () => {
    const other = deafInstance();
    const { code, grantId } = await aGrant(world, { resources: { [MCP]: ["read"] } });
    expect((await other.grants.load(grantId)).state.status).toBe("authorized");
    const first = await redeem(code);
    expect(await findAccessToken(other, String(first["access_token"]))).toMatchObject({ grantId, n: 0, sub: "alice" });
    const next = await refresh(first["refresh_token"]);
    expect(await findAccessToken(other, String(next["access_token"]))).toMatchObject({ n: 2 });
    const last = await refresh(next["refresh_token"]);
    expect(await findRefreshToken(other, String(last["refresh_token"]))).toMatchObject({ generation: 3, current: true });
  });

  it("with the right place and another secret is none", async () => {
    const { grantId } = await signIn();
    const forged = seal("access", `${String(grantId)}.0`, world.context.random.token(32));
    expect(parseOpaqueAccessToken(forged)).toMatchObject({ grantId });
    expect(await findAccessToken(world.context, forged)).toBeUndefined();
    expect(await findAccessToken(world.context, seal("access", `${String(grantId)}.7`, world.context.random.token(32)))).toBeUndefined();
    expect(await findAccessToken(world.context, seal("access", "zzzzzzzz-2030010101.3", world.context.random.token(32)))).toBeUndefined();
  });

  it("ends with its login session unless it was granted offline", async () => {
    const first = await signIn("sess-1");
    expect(await findAccessToken(world.context, String(first["access_token"]))).toBeDefined();
    expect(await findRefreshToken(world.context, String(first["refresh_token"]))).toBeDefined();
    await world.context.subjects.execute(
      "alice",
      { kind: "end-session", now: world.clock.time, sessionId: "sess-1", reason: "logout" },
      META,
    );
    expect(await findAccessToken(world.context, String(first["access_token"]))).toBeUndefined();
    expect(await findRefreshToken(world.context, String(first["refresh_token"]))).toBeUndefined();
  });

  it("without a grant and for a person dies with the person", async () => {
    await aSubject(world, "erin");
    const resourceId = resourceStreamId(MCP);
    const generations = { client: 0, resource: 0, subject: 0 };
    const issue = () =>
      world.context.issuance.issue((locator) => {
        const { value, record } = mintAccessToken(world.context, {
          holder: { clientId: "app", sub: "erin", entity: "agent", generations },
          shape: { format: "opaque", lifetime: 60 },
          locator,
          n: 0,
          aud: MCP,
          resourceId,
          scope: ["read"],
          now: world.clock.time,
          secret: () => world.context.random.token(32),
        });
        const { n: _, ...access } = record;
        return {
          event: {
            type: "AccessTokenIssued",
            data: { clientId: "app", sub: "erin", entity: "agent", grantType: "exchange", access, generations },
          },
          result: value,
        };
      }, META);
    const token = await issue();
    expect(await findAccessToken(world.context, token)).toMatchObject({ sub: "erin", clientId: "app", entity: "agent" });
    await world.context.subjects.execute("erin", { kind: "revoke-all", now: world.clock.time, reason: "lost" }, META);
    expect(await findAccessToken(world.context, token)).toBeUndefined();
    expect(await findAccessToken(world.context, await issue())).toBeUndefined();
  });

  it("for the issuer alone, without a resource, is issued and found too", async () => {
    const generations = { client: 0 };
    const token = await world.context.issuance.issue((locator) => {
      const { value, record } = mintAccessToken(world.context, {
        holder: { clientId: "app", sub: "app", entity: "service", generations },
        shape: { format: "jwt", lifetime: 60 },
        locator,
        n: 0,
        aud: world.context.settings.issuer,
        scope: [],
        now: world.clock.time,
        secret: () => "",
      });
      const { n: _, ...access } = record;
      return {
        event: { type: "AccessTokenIssued", data: { clientId: "app", sub: "app", entity: "service", grantType: "x", access, generations } },
        result: value,
      };
    }, META);
    expect(await findAccessToken(world.context, token)).toMatchObject({ aud: "http://as.test/oauth", scope: [] });
    expect(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())).not.toHaveProperty("scope");
    await world.context.clients.execute("app", { kind: "revoke-all", now: world.clock.time, reason: "x" }, META);
    expect(await findAccessToken(world.context, token)).toBeUndefined();
  });
});

describe("a refresh token", () => {
  it("that was rotated is known as such, and a forged one is not known", async () => {
    const first = await signIn();
    const next = await refresh(first["refresh_token"]);
    expect(await findRefreshToken(world.context, String(first["refresh_token"]))).toMatchObject({ generation: 1, current: false });
    expect(await findRefreshToken(world.context, String(next["refresh_token"]))).toMatchObject({ generation: 2, current: true });
    for (const generation of [1, 2, 3])
      expect(
        await findRefreshToken(world.context, seal("refresh", `${String(first["grantId"])}.${generation}`, world.context.random.token(32))),
      ).toBeUndefined();
    const { grantId } = await aGrant(world, { resources: { [MCP]: ["read"] } });
    expect(await findRefreshToken(world.context, seal("refresh", `${grantId}.1`, world.context.random.token(32)))).toBeUndefined();
  });
});

describe("making tokens again", () => {
  it("is impossible for an opaque one once its key is gone, and falls back to the default key for a JWT of an algorithm no longer held (P4)", async () => {
    const { grantId } = await signIn();
    const { state } = await world.context.grants.load(String(grantId));
    if (state.status !== "active" || state.refresh === undefined) throw new Error("the grant is not active");
    const [access] = state.tokens;
    if (access === undefined) throw new Error("the grant has no token");
    const of = { grantId: String(grantId), basis: state.basis, access, refresh: state.refresh };
    const gone = { ...world.context, retryKeys: { ...world.context.retryKeys, derive: () => undefined } };
    expect(remintAccessToken(gone, of)).toBeUndefined();
    const jwt = remintAccessToken(gone, { ...of, access: { ...access, format: "jwt", alg: "RS256" } });
    expect(world.context.signer.verify(String(jwt))?.header).toMatchObject({ alg: "ES256", typ: "at+jwt" });
  });
});

describe("an ID token", () => {
  it("is signed with the algorithm its client registered", async () => {
    const { code } = await aGrant(world, { scope: "openid" });
    const { id_token: token } = await redeem(code);
    expect(world.context.signer.verify(String(token))?.header).toMatchObject({ alg: "EdDSA" });
  });
});
