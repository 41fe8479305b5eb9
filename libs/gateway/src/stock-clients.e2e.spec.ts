/*
 * Real: @modelcontextprotocol/sdk 1.32 and @modelcontextprotocol/client 2.4, Grantline with its gateway, MCP servers built with the official packages, HTTP
 * between all of them. Fake: the users' tokens at those servers, and the person.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sessionServer, statelessServer, type ForeignServer } from "./testing/mcp-servers.ts";
import { modernClient, sdkClient, type StockClient, type StockOptions } from "./testing/stock-client.ts";
import { startGatewayWorld, type Behind, type GatewayWorld, type Signed } from "./testing/world.ts";

let world: GatewayWorld;
const foreign: Record<string, ForeignServer> = {};
const behind: Record<string, Behind> = {};
const signed: Record<string, Signed> = {};
const open: StockClient[] = [];

beforeAll(async () => {
  world = await startGatewayWorld();
  foreign["sessions"] = await sessionServer();
  foreign["stateless"] = await statelessServer();
  for (const [name, server] of Object.entries(foreign)) {
    server.accepts = (token) => token.startsWith(`up-${name}-`);
    behind[name] = await world.add(name, { url: server.url });
    signed[name] = await world.person(behind[name]);
  }
});
beforeEach(() => world.upstreams.connected.clear());
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});
afterAll(async () => {
  await world?.close();
  for (const server of Object.values(foreign)) await server.close();
});

const CLIENTS = {
  "sdk 1.32": sdkClient,
  "client 2.4": (options: StockOptions) => modernClient(options, "auto"),
  "client 2.4, handshake": (options: StockOptions) => modernClient(options, "legacy"),
};
const pairs = Object.entries(CLIENTS).flatMap(([name, start]) => ["sessions", "stateless"].map((server) => [name, server, start] as const));

async function start(
  server: string,
  make: (options: StockOptions) => Promise<StockClient>,
  more: Partial<StockOptions> = {},
): Promise<StockClient> {
  const client = await make({ url: behind[server]?.url as string, token: signed[server]?.access as string, ...more });
  open.push(client);
  return client;
}
const connect = (server: string): void =>
  void world.upstreams.connected.set(`${signed[server]?.subject} ${server}`, { generation: 1, scopes: [] });

describe.each(pairs)("%s at a server of the kind %s", (_name, server, make) => {
  it("lists tools and calls one", async () => {
    connect(server);
    const client = await start(server, make);
    expect(await client.tools()).toContain("echo");
    expect(await client.call("echo", { text: "through and back" })).toBe("through and back");
  });

  it("connects to a server its user has no account at, is sent to a URL, and calls the tool afterwards", async () => {
    const seen: string[] = [];
    const client = await start(server, make, {
      elicit: ({ url }) => {
        seen.push(url);
        world.upstreams.authorize(url);
      },
    });
    expect(await client.tools()).toEqual(["connect_account"]);
    expect(await client.call("echo", { text: "now" })).toBe("now");
    expect(seen).toHaveLength(1);
    expect(await client.tools()).toContain("echo");
  });

  it("that shows no URLs is given the link in words", async () => {
    const client = await start(server, make);
    const answer = await client.call("connect_account");
    const link = /http:\/\/localhost\/connect\/\S+/.exec(answer)?.[0] as string;
    expect(answer).toContain("not connected yet");
    world.upstreams.authorize(link);
    expect(await client.call("connect_account")).toContain("List the tools again");
    expect(await client.call("echo", { text: "after" })).toBe("after");
  });

  it("does not notice that the server refused a token in between", async () => {
    connect(server);
    const client = await start(server, make);
    const generation = world.upstreams.connected.get(`${signed[server]?.subject} ${server}`)?.generation as number;
    (foreign[server] as ForeignServer).accepts = (token) => token === `up-${server}-${generation + 1}`;
    expect(await client.call("echo", { text: "renewed" })).toBe("renewed");
    (foreign[server] as ForeignServer).accepts = (token) => token.startsWith(`up-${server}-`);
  });
});

describe("a session begun in the server's place", () => {
  it("goes on while what is remembered of it is away (P7)", async () => {
    const client = await start("sessions", CLIENTS["sdk 1.32"]);
    expect(await client.tools()).toEqual(["connect_account"]);
    connect("sessions");
    const { ephemeral } = world.platform.context;
    const away = vi.spyOn(ephemeral, "get").mockRejectedValue(new Error("away"));
    const alsoAway = vi.spyOn(ephemeral, "put").mockRejectedValue(new Error("away"));
    expect(await client.call("echo", { text: "alone" })).toBe("alone");
    away.mockRestore();
    alsoAway.mockRestore();
  });
});

describe("a client of 2026-07-28", () => {
  it("is asked for input when its user's account was disconnected meanwhile, and goes on where it was", async () => {
    connect("stateless");
    const seen: string[] = [];
    const elicit = ({ url }: { readonly url: string }): void => {
      seen.push(url);
      world.upstreams.authorize(url);
    };
    const client = await start("stateless", CLIENTS["client 2.4"], { elicit });
    expect(await client.call("echo", { text: "before" })).toBe("before");
    world.upstreams.connected.clear();
    expect(await client.call("echo", { text: "after" })).toBe("after");
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(foreign["stateless"]?.requests.at(-1)?.body)).not.toContain("grantline");
    expect((await world.events("UpstreamAuthorizationAsked")).at(-1)?.data).toMatchObject({
      how: "input-request",
      reason: "not-connected",
    });
  });

  it("speaks it with a server that does, and hears of progress as it comes", async () => {
    connect("stateless");
    const client = await start("stateless", CLIENTS["client 2.4"]);
    await client.call("echo", { text: "x" });
    expect(foreign["stateless"]?.requests.at(-1)?.headers).toMatchObject({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "echo",
    });
    connect("sessions");
    const heard: number[] = [];
    const counting = await start("sessions", sdkClient, { onProgress: (progress) => void heard.push(progress) });
    expect(await counting.call("count")).toBe("3");
    expect(heard).toEqual([1, 2, 3]);
  });
});
