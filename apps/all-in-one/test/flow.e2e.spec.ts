/*
 * Real: the whole server over HTTP with the embedded adapters. Made: the clock.
 */
import {
  basic,
  introspect,
  obtainCode,
  obtainTokens,
  postForm,
  redeem,
  refresh,
  register,
  startTestPlatform,
  type Registered,
  type TestPlatform,
} from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const RESOURCE = "https://notes.example/mcp";
let server: TestPlatform;
let rs: { readonly client_id: string; readonly client_secret: string };
let client: Registered;

beforeAll(async () => {
  server = await startTestPlatform({ frozenAt: 1_800_000_000 });
  rs = await server.admin.resource(RESOURCE, ["notes:read", "notes:write"]);
  client = await register(server.issuer);
});
afterAll(() => server.close());

describe("the main path", () => {
  it("leads from registration over login and consent to tokens that the resource sees as active", async () => {
    const tokens = await obtainTokens(server.person(), {
      issuer: server.issuer,
      client,
      scope: "notes:read notes:write",
      resource: RESOURCE,
    });
    expect(tokens.scope.split(" ").sort()).toEqual(["notes:read", "notes:write"]);
    const seen = await introspect(server.issuer, rs, tokens.access_token);
    expect(seen).toMatchObject({ active: true, aud: RESOURCE, client_id: client.client_id, entity: "human" });
  });

  // Some clients ask for all that our metadata lists where an MCP server names no scope of its own
  it("gives the resource's default scopes to who names a resource and only scopes about the person, and no other to who names one", async () => {
    const resource = "https://defaults.example/mcp";
    await server.admin.resource(resource, [], {
      scopes: [
        { name: "notes:read", description: "May read", default: true },
        { name: "notes:write", description: "May write" },
      ],
    });
    const granted = async (scope: string): Promise<readonly string[]> =>
      (await obtainTokens(server.person(), { issuer: server.issuer, client, scope, resource })).scope.split(" ").sort();
    expect(await granted("openid profile email offline_access")).toEqual(["email", "notes:read", "offline_access", "openid", "profile"]);
    expect(await granted("offline_access")).toEqual(["notes:read", "offline_access"]);
    expect(await granted("openid notes:write")).toEqual(["notes:write", "openid"]);
  });

  it("refreshes with rotation and gives the same answer to a retry inside the window", async () => {
    const first = await obtainTokens(server.person(), { issuer: server.issuer, client, scope: "notes:read", resource: RESOURCE });
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(server.issuer, client, first.refresh_token as string)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { refresh_token: string }[];
    expect(new Set(bodies.map(({ refresh_token }) => refresh_token)).size).toBe(1);
  });

  it("revokes the family when a refresh token comes back after the window", async () => {
    const first = await obtainTokens(server.person(), { issuer: server.issuer, client, scope: "notes:read", resource: RESOURCE });
    const second = (await (await refresh(server.issuer, client, first.refresh_token as string)).json()) as {
      refresh_token: string;
      access_token: string;
    };
    server.advance(31);
    const reuse = await refresh(server.issuer, client, first.refresh_token as string);
    expect([reuse.status, await reuse.json()]).toEqual([400, expect.objectContaining({ error: "invalid_grant" })]);
    expect((await introspect(server.issuer, rs, second.access_token)).active).toBe(false);
    expect((await refresh(server.issuer, client, second.refresh_token)).status).toBe(400);
  });

  it("lets one of 50 parallel redemptions of a code succeed, and its tokens are dead afterwards", async () => {
    const { code, verifier } = await obtainCode(server.person(), {
      issuer: server.issuer,
      client,
      scope: "notes:read",
      resource: RESOURCE,
    });
    const answers = await Promise.all(Array.from({ length: 50 }, () => redeem({ issuer: server.issuer, client }, code, verifier)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(49);
    const { access_token } = (await (won[0] as Response).json()) as { access_token: string };
    expect((await introspect(server.issuer, rs, access_token)).active).toBe(false);
  });

  it("issues tokens to a machine and forgets none of them after a revocation", async () => {
    const machine = await server.admin.machine();
    const authorization = basic(machine.client_id, machine.client_secret);
    const response = await postForm(
      `${server.issuer}/token`,
      { grant_type: "client_credentials", scope: "notes:read", resource: RESOURCE },
      { authorization },
    );
    const { access_token } = (await response.json()) as { access_token: string };
    expect(await introspect(server.issuer, rs, access_token)).toMatchObject({ active: true, entity: "service", aud: RESOURCE });
    expect((await postForm(`${server.issuer}/revoke`, { token: access_token }, { authorization })).status).toBe(200);
    expect(await introspect(server.issuer, rs, access_token)).toEqual({ active: false });
  });
});
