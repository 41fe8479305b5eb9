// Real: SQLite event store, deciders, key folder. Fake: clock, security log, and a retry key that is gone where said so.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resourceStreamId } from "../../context/index.ts";
import {
  aClient,
  aGrant,
  type Answer,
  aResource,
  aSubject,
  eventsOf,
  META,
  openWorld,
  send,
  VERIFIER,
  type GrantOptions,
  type World,
} from "../../testing/world.ts";
import { tokenEndpoints } from "../../token/index.ts";
import { seal } from "../../tokens/artefact.ts";

const MCP = "https://mcp.test/mcp";
const OTHER = "https://other.test/mcp";
let world: World;

beforeAll(async () => {
  world = await openWorld();
  await aResource(world, MCP);
  await aResource(world, OTHER, { scopes: ["admin"] });
  await aClient(world, "app");
  await aSubject(world, "alice");
});
afterAll(() => world.close());

const token = (form: Record<string, string>, context: World["context"] = world.context): Promise<Answer> =>
  send(tokenEndpoints(context), "/oauth/token", { client_id: "app", ...form });
const refresh = (value: unknown, extra: Record<string, string> = {}, context?: World["context"]): Promise<Answer> =>
  token({ grant_type: "refresh_token", refresh_token: String(value), ...extra }, context);
const signIn = async (options: GrantOptions, extra: Record<string, string> = {}) => {
  const { code, grantId } = await aGrant(world, options);
  return { grantId, ...(await token({ grant_type: "authorization_code", code, code_verifier: VERIFIER, ...extra })).body } as Record<
    string,
    unknown
  >;
};
const refused = (answer: Answer) => [answer.status, answer.body["error"], answer.reason];
const both: GrantOptions = { resources: { [MCP]: ["read"], [OTHER]: ["admin"] } };

describe("the resource of a refresh", () => {
  it("is asked for when nothing says which it was", async () => {
    const first = await signIn(both, { resource: OTHER });
    await world.context.grants.execute(
      String(first["grantId"]),
      { kind: "revoke-access-token", now: world.clock.time, n: 0, jti: `${String(first["grantId"])}.0`, exp: 0 },
      META,
    );
    expect(refused(await refresh(first["refresh_token"]))).toEqual([400, "invalid_target", "resource-ambiguous"]);
    expect((await refresh(first["refresh_token"], { resource: MCP })).body).toMatchObject({ scope: "read" });
  });

  it("has its own scopes only", async () => {
    const first = await signIn(both, { resource: OTHER });
    expect(refused(await refresh(first["refresh_token"], { scope: "read" }))).toEqual([400, "invalid_scope", "scope-not-allowed"]);
    expect((await refresh(first["refresh_token"], { scope: "read", resource: MCP })).body).toMatchObject({ scope: "read" });
  });

  it("must still be there", async () => {
    const uri = "https://removed.test/mcp";
    await aResource(world, uri);
    const first = await signIn({ resources: { [uri]: ["read"] } });
    await world.context.resources.execute(resourceStreamId(uri), { kind: "remove", now: world.clock.time }, META);
    expect(refused(await refresh(first["refresh_token"]))).toEqual([400, "invalid_grant", "standing-lost"]);
  });

  it("without scopes still has an access policy (P14)", async () => {
    const uri = "https://scopeless.test/mcp";
    await aResource(world, uri, { scopes: [] });
    const first = await signIn({ resources: { [uri]: [] }, scope: "offline_access" });
    const next = await refresh(first["refresh_token"]);
    expect(next.body).toMatchObject({ scope: "offline_access" });
    await world.context.resources.execute(
      resourceStreamId(uri),
      { kind: "set-access-policy", now: world.clock.time, policy: { rules: [] } },
      META,
    );
    expect(refused(await refresh(next.body["refresh_token"]))).toEqual([400, "invalid_grant", "policy-denied"]);
  });

  it("need not be any: a token for userinfo is refreshed as one", async () => {
    const first = await signIn({ scope: "openid offline_access" });
    const next = await refresh(first["refresh_token"]);
    expect(next.body).toMatchObject({ scope: "openid offline_access" });
    expect(next.body["id_token"]).toMatch(/^eyJ/);
  });
});

describe("a retry", () => {
  it("whose key was destroyed starts over, and revokes nothing", async () => {
    const first = await signIn({ resources: { [MCP]: ["read"] } });
    const nonces = new Set<string>();
    const { retryKeys } = world.context;
    const remembering = {
      ...world.context,
      retryKeys: {
        ...retryKeys,
        derive: (keyId: string, label: string, nonce: string) => (nonces.add(nonce), retryKeys.derive(keyId, label, nonce)),
      },
    };
    const next = await refresh(first["refresh_token"], {}, remembering);
    const forgetting = {
      ...world.context,
      retryKeys: {
        ...retryKeys,
        derive: (keyId: string, label: string, nonce: string) => (nonces.has(nonce) ? undefined : retryKeys.derive(keyId, label, nonce)),
      },
    };
    expect(refused(await refresh(first["refresh_token"], {}, forgetting))).toEqual([400, "invalid_grant", "retry-key-gone"]);
    expect((await refresh(next.body["refresh_token"])).status).toBe(200);
  });

  it("of what the access policy forbids by now is judged as a retry, not as a new wish", async () => {
    const uri = "https://tightened.test/mcp";
    await aResource(world, uri);
    const first = await signIn({ resources: { [uri]: ["read"] } });
    const next = await refresh(first["refresh_token"]);
    await world.context.resources.execute(
      resourceStreamId(uri),
      { kind: "set-access-policy", now: world.clock.time, policy: { rules: [] } },
      META,
    );
    expect((await refresh(first["refresh_token"])).body).toEqual(next.body);
  });
});

describe("theft", () => {
  it("is noticed however old the generation, through pages of the stream (P3)", async () => {
    const first = await signIn({ resources: { [MCP]: ["read"] } });
    let last = first["refresh_token"];
    const values: unknown[] = [];
    for (let turn = 0; turn < 560; turn++) {
      values.push(last);
      const next = (await refresh(last)).body["refresh_token"];
      if (turn < 300) await refresh(last);
      last = next;
    }
    world.clock.time += 301;
    expect(refused(await refresh(seal("refresh", `${String(first["grantId"])}.280`, world.context.random.token(32))))).toEqual([
      400,
      "invalid_grant",
      "refresh-unknown",
    ]);
    expect(refused(await refresh(values[279]))).toEqual([400, "invalid_grant", "refresh-reused"]);
    expect((await eventsOf(world, `grant-${String(first["grantId"])}`)).slice(-2)).not.toContain("RefreshTokenRotated");
  });

  it("is not seen in a token made up for a grant whose code was never redeemed", async () => {
    const { grantId } = await aGrant(world, { resources: { [MCP]: ["read"] } });
    expect(refused(await refresh(seal("refresh", `${grantId}.1`, world.context.random.token(32))))).toEqual([
      400,
      "invalid_grant",
      "refresh-unknown",
    ]);
  });

  it("of a denied request gives nothing", async () => {
    const grantId = `eu1${"e".repeat(32)}`;
    await world.context.grants.execute(
      grantId,
      { kind: "deny", now: world.clock.time, clientId: "app", subject: "alice", reason: "person" },
      META,
    );
    expect(refused(await refresh(seal("refresh", `${grantId}.1`, world.context.random.token(32))))).toEqual([
      400,
      "invalid_grant",
      "refresh-unknown",
    ]);
  });
});
