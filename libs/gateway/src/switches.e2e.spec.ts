// Real: the whole Grantline server with its gateway over HTTP, an MCP server with the official packages behind it, flags as an operator sets them. Fake: the users' tokens there, the registry.
import type { FlagName } from "@grantline/domain/flag";
import { postForm, register } from "@grantline/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sessionServer, type ForeignServer } from "./testing/mcp-servers.ts";
import { initialize, messageOf, post, rpc, startGatewayWorld, type Behind, type GatewayWorld, type Signed } from "./testing/world.ts";

let world: GatewayWorld;
let foreign: ForeignServer;
let behind: Behind;
let alice: Signed;

beforeAll(async () => {
  world = await startGatewayWorld();
  foreign = await sessionServer();
  foreign.accepts = (token) => token.startsWith("up-foreign-");
  behind = await world.add("foreign", { url: foreign.url });
  alice = await world.person(behind);
});
beforeEach(() => world.upstreams.connected.set(`${alice.subject} foreign`, { generation: 1, scopes: [] }));
afterEach(async () => {
  for (const flag of switched.splice(0)) await set(flag, {});
});
afterAll(async () => {
  await world?.close();
  await foreign?.close();
});

const switched: FlagName[] = [];
const set = (flag: FlagName, setting: object) => world.platform.admin.call("PUT", `/flags/${flag}`, { ...setting, reason: "a test" });
const turn = async (flag: FlagName, setting: object): Promise<void> => {
  switched.push(flag);
  await set(flag, setting);
};
const list = () => post(behind.url, rpc("tools/list"), { token: alice.access });
const within = { timeout: 20_000, interval: 20 };

describe("a capability an operator has switched off", () => {
  it("turns calls away with 503 and says which switch it was", async () => {
    await turn("gateway.calls", { enabled: false });
    const answer = await vi.waitFor(async () => {
      const refused = await list();
      expect(refused.status).toBe(503);
      return refused;
    }, within);
    expect(answer.headers.get("retry-after")).toBe("60");
    expect(await answer.json()).toMatchObject({
      error: "temporarily_unavailable",
      error_description: expect.stringContaining("gateway.calls") as string,
      correlation_id: expect.any(String) as string,
    });
    await set("gateway.calls", {});
    await vi.waitFor(async () => expect((await list()).status).not.toBe(503), within);
  });

  it("for one client is 403 to that client alone", async () => {
    const other = await world.person(behind);
    world.upstreams.connected.set(`${other.subject} foreign`, { generation: 1, scopes: [] });
    await turn("gateway.calls", { clients: { off: [alice.clientId] } });
    const answer = await vi.waitFor(async () => {
      const refused = await list();
      expect(refused.status).toBe(403);
      return refused;
    }, within);
    expect(await answer.json()).toMatchObject({
      error: "access_denied",
      error_description: expect.stringContaining("off for you") as string,
    });
    expect((await initialize(behind.url, other.access)).id).toEqual(expect.any(String));
  });

  it("at one provider shuts its tokens off, and no call is made", async () => {
    const { id } = await initialize(behind.url, alice.access);
    await turn("gateway.upstream", { providers: { custom: 0 } });
    const before = foreign.requests.length;
    const answer = await vi.waitFor(async () => {
      const refused = await post(behind.url, rpc("tools/list"), { token: alice.access, headers: { "mcp-session-id": id } });
      expect(refused.status).toBe(503);
      return refused;
    }, within);
    expect(await messageOf(answer)).toMatchObject({ error: { data: { reason: "capability-off" } } });
    expect(foreign.requests.length - before).toBeLessThanOrEqual(1);
  });

  it("is the device grant too: no new codes and no tokens for old ones", async () => {
    const { issuer } = world.platform;
    const grant = "urn:ietf:params:oauth:grant-type:device_code";
    const client = await register(issuer, { grant_types: [grant], redirect_uris: [], response_types: [] });
    const begin = () => postForm(`${issuer}/device_authorization`, { client_id: client.client_id });
    const { device_code } = (await (await begin()).json()) as { device_code: string };
    await turn("oauth.device-grant", { enabled: false });
    await vi.waitFor(async () => expect(await (await begin()).json()).toMatchObject({ error: "unauthorized_client" }), within);
    const poll = await postForm(`${issuer}/token`, { grant_type: grant, device_code, client_id: client.client_id });
    expect([poll.status, ((await poll.json()) as { error: string }).error]).toEqual([400, "unauthorized_client"]);
  });
});
