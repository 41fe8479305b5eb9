// Real: the whole Grantline server with its gateway over HTTP, MCP servers with the official packages behind it, one of them a program, flags as an operator sets them. Fake: the users' tokens there, the registry.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { FlagName } from "@grantline/domain/flag";
import { postForm, register } from "@grantline/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sessionServer, type ForeignServer } from "./testing/mcp-servers.ts";
import { initialize, messageOf, post, rpc, startGatewayWorld, type Behind, type GatewayWorld, type Signed } from "./testing/world.ts";

let world: GatewayWorld;
let foreign: ForeignServer;
let behind: Behind;
let program: Behind;
let alice: Signed;

const everything = join(
  dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json")),
  "dist",
  "index.js",
);

beforeAll(async () => {
  world = await startGatewayWorld({ env: { GRANTLINE_GATEWAY_COMMANDS: process.execPath } });
  foreign = await sessionServer();
  foreign.accepts = (token) => token.startsWith("up-foreign-");
  behind = await world.add("foreign", { url: foreign.url });
  program = await world.add("program", {
    stdio: { command: process.execPath, args: [everything, "stdio"], env: [] },
    authorization: "none",
  });
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

  it("is asking by elicitation: a client that can open URLs reads a link in words instead, and is asked its own way again afterwards", async () => {
    world.upstreams.connected.delete(`${alice.subject} foreign`);
    const { id } = await initialize(behind.url, alice.access, { elicitation: { url: {} } });
    const echo = async () =>
      messageOf(
        await post(behind.url, rpc("tools/call", { name: "echo", arguments: {} }), {
          token: alice.access,
          headers: { "mcp-session-id": id },
        }),
      );
    const asked = {
      error: { code: -32_042, data: { elicitations: [{ mode: "url", url: expect.stringContaining("/connect/") as string }] } },
    };
    expect(await echo()).toMatchObject(asked);
    await turn("gateway.elicitation", { enabled: false });
    const { error, result } = await vi.waitFor(async () => {
      const told = await echo();
      expect(told.error).toBeUndefined();
      return told;
    }, within);
    expect(error).toBeUndefined();
    expect(result).toEqual({
      content: [{ type: "text", text: expect.stringMatching(/not connected yet\. Open this link .*http\S+\/connect\/\S+$/) as string }],
      isError: true,
    });
    await set("gateway.elicitation", {});
    await vi.waitFor(async () => expect(await echo()).toMatchObject(asked), within);
  });

  it("is the bridge to programs: their sessions stand still, other servers are served, and they go on afterwards", async () => {
    const person = await world.person(program);
    const { id } = await initialize(program.url, person.access);
    const tools = () => post(program.url, rpc("tools/list"), { token: person.access, headers: { "mcp-session-id": id } });
    expect((await messageOf(await tools())).result?.["tools"]).not.toHaveLength(0);
    await turn("gateway.stdio-bridge", { enabled: false });
    const answer = await vi.waitFor(async () => {
      const refused = await tools();
      expect(refused.status).toBe(503);
      return refused;
    }, within);
    expect(answer.headers.get("retry-after")).toBe("60");
    expect(await messageOf(answer)).toMatchObject({
      error: { message: expect.stringContaining("gateway.stdio-bridge") as string, data: { reason: "capability-off" } },
    });
    // nor does anybody begin one
    expect((await initialize(program.url, person.access)).response.status).toBe(503);
    expect((await initialize(behind.url, alice.access)).response.status).toBe(200);
    await set("gateway.stdio-bridge", {});
    await vi.waitFor(async () => expect((await messageOf(await tools())).result?.["tools"]).not.toHaveLength(0), within);
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
