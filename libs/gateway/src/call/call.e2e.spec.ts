// Real: the whole Grantline server with its gateway over HTTP, MCP servers built with the official packages behind it. Fake: the users' tokens there, the registry.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sessionServer, type ForeignServer } from "../testing/mcp-servers.ts";
import { initialize, messageOf, post, rpc, startGatewayWorld, type Behind, type GatewayWorld, type Signed } from "../testing/world.ts";

let world: GatewayWorld;
let foreign: ForeignServer;
let behind: Behind;
let alice: Signed;

beforeAll(async () => {
  world = await startGatewayWorld();
  foreign = await sessionServer();
  behind = await world.add("foreign", { url: foreign.url });
  alice = await world.person(behind);
});
beforeEach(() => {
  foreign.accepts = (token) => token.startsWith("up-foreign-");
  world.upstreams.connected.set(`${alice.subject} foreign`, { generation: 1, scopes: [] });
});
afterEach(() => {
  foreign.instead = undefined;
  world.upstreams.trouble = undefined;
  world.upstreams.refreshRefused = false;
});
afterAll(async () => {
  await world?.close();
  await foreign?.close();
});

const call = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
  post(behind.url, body, { token: alice.access, headers });
async function session(): Promise<Record<string, string>> {
  const { id } = await initialize(behind.url, alice.access);
  await call(rpc("notifications/initialized", {}, undefined), { "mcp-session-id": id });
  return { "mcp-session-id": id, "mcp-protocol-version": "2025-11-25" };
}
const echo = (text: string): string => rpc("tools/call", { name: "echo", arguments: { text } });

describe("a call through the gateway", () => {
  it("reaches the server with the server's own token, and brings its answer back", async () => {
    const headers = await session();
    const answer = await call(echo("héllo"), headers);
    expect(answer.status).toBe(200);
    expect((await messageOf(answer)).result).toMatchObject({ content: [{ type: "text", text: "héllo" }] });
    const seen = foreign.requests.at(-1);
    expect(seen?.path).toBe("/theirs");
    expect(seen?.headers.authorization).toBe("Bearer up-foreign-1");
    expect(JSON.stringify(foreign.requests)).not.toContain(alice.access);
  });

  it("streams events as they come", async () => {
    const answer = await call(rpc("tools/call", { name: "count", arguments: {}, _meta: { progressToken: 7 } }), await session());
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const text = await answer.text();
    expect(text.match(/notifications\/progress/g)).toHaveLength(3);
    expect(text).toContain('"result"');
  });

  it("is recorded with the shape of its payload and never its content", async () => {
    const answer = await call(echo("a secret sentence"), { ...(await session()), "x-correlation-id": "my-correlation-1" });
    expect(answer.headers.get("x-correlation-id")).toBe("my-correlation-1");
    const events = (await world.events("ToolCallDecided")).filter(({ meta }) => meta.correlationId === "my-correlation-1");
    expect(events).toHaveLength(1);
    expect(events[0]?.data).toMatchObject({
      server: "foreign",
      subject: alice.subject,
      tool: "echo",
      decision: "allowed",
      shape: { members: 1 },
    });
    expect(JSON.stringify(events)).not.toContain("secret sentence");
  });

  it("ends its session at the server too", async () => {
    const headers = await session();
    const end = await fetch(behind.url, { method: "DELETE", headers: { authorization: `Bearer ${alice.access}`, ...headers } });
    expect(end.status).toBe(204);
    expect(foreign.requests.at(-1)?.method).toBe("DELETE");
  });
});

describe("a token the server refuses", () => {
  it("is renewed once, and the call is sent again", async () => {
    const headers = await session();
    foreign.accepts = (token) => token === "up-foreign-2";
    const before = world.upstreams.renewals;
    const answer = await call(echo("again"), headers);
    expect((await messageOf(answer)).result).toMatchObject({ content: [{ text: "again" }] });
    expect(world.upstreams.renewals).toBe(before + 1);
    expect((await world.events("UpstreamCallRetried")).at(-1)?.data).toMatchObject({ reason: "upstream-refused-token", attempt: 2 });
  });

  it("and refuses after the renewal means that the user connects anew", async () => {
    const headers = await session();
    foreign.accepts = () => false;
    const { result } = await messageOf(await call(echo("x"), headers));
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).toContain("http://localhost/connect/");
    expect((await world.events("UpstreamAuthorizationAsked")).at(-1)?.data).toMatchObject({ reason: "revoked", how: "link" });
  });

  it("for want of scope asks for what was held and what is wanted", async () => {
    world.upstreams.connected.set(`${alice.subject} foreign`, { generation: 1, scopes: ["read"] });
    const headers = await session();
    foreign.instead = (_request, response) =>
      void response.writeHead(403, { "www-authenticate": 'Bearer error="insufficient_scope", scope="write  admin b\u00e4d"' }).end();
    const { result } = await messageOf(await call(echo("x"), headers));
    expect(JSON.stringify(result)).toContain("read write admin");
    expect([...world.upstreams.begun.values()].at(-1)?.scopes).toEqual(["read", "write", "admin"]);
  });

  it("while the provider is away is told as such, with when to come back", async () => {
    const headers = await session();
    world.upstreams.trouble = { kind: "unavailable", retryAfterSeconds: 7, reason: "provider" };
    const answer = await call(echo("x"), headers);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "7"]);
    expect((await messageOf(answer)).error?.data?.["reason"]).toBe("upstream-access-unavailable");
  });
});

describe("a batch (2025-03-26) of who is not connected", () => {
  it("is refused where it has requests, which nobody would ever answer, and let go where it has none", async () => {
    world.upstreams.connected.clear();
    const before = foreign.requests.length;
    const refused = await call(`[${rpc("ping", {}, 1)},${echo("x")}]`);
    expect(refused.status).toBe(400);
    expect((await messageOf(refused)).error).toMatchObject({ code: -32_000, data: { reason: "upstream-not-connected" } });
    const notification = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    expect((await call(`[${notification},${notification}]`)).status).toBe(202);
    expect(foreign.requests.length).toBe(before);
  });
});

describe("servers without OAuth", () => {
  it("get no credential, or the one of the operator", async () => {
    const open = await world.add("open", { url: foreign.url, authorization: "none" });
    const fixed = await world.add("fixed", { url: foreign.url, authorization: "static" });
    foreign.accepts = undefined;
    const [someone, other] = [await world.person(open), await world.person(fixed)];
    expect((await initialize(open.url, someone.access)).response.status).toBe(200);
    expect(foreign.requests.at(-1)?.headers.authorization).toBeUndefined();
    expect((await initialize(fixed.url, other.access)).response.status).toBe(200);
    expect(foreign.requests.at(-1)?.headers.authorization).toBe("Bearer up-fixed-0");
    foreign.accepts = () => false;
    expect((await initialize(fixed.url, other.access)).response.status).toBe(502);
  });
});
