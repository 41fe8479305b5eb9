// Real: the whole Grantline server with its gateway over HTTP, HTTP servers that misbehave behind it. Fake: the users' tokens there, the registry, how one name resolves.
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { STREAMS_OF_A_PERSON } from "./open-streams.ts";
import { sessionServer, type ForeignServer } from "../testing/mcp-servers.ts";
import { initialize, messageOf, post, rpc, startGatewayWorld, type Behind, type GatewayWorld, type Signed } from "../testing/world.ts";

let world: GatewayWorld;
let foreign: ForeignServer;
let behind: Behind;
let alice: Signed;
let name = 0;
const sockets: Server[] = [];

beforeAll(async () => {
  world = await startGatewayWorld({
    env: { GRANTLINE_DEV_USERS: "demo:demo,second:second" },
    resolve: (host) =>
      Promise.resolve(host === "inside.example" ? [{ address: "10.1.2.3", family: 4 }] : [{ address: "127.0.0.1", family: 4 }]),
  });
  foreign = await sessionServer();
});
// a server of its own for each case, so that a circuit that opens is nobody else's
beforeEach(async () => {
  name += 1;
  behind = await world.add(`bad-${name}`, { url: foreign.url, authorization: "none" });
  alice = await world.person(behind);
});
afterEach(async () => {
  foreign.instead = undefined;
  for (const socket of sockets.splice(0)) await new Promise((resolve) => socket.close(resolve));
});
afterAll(async () => {
  await world?.close();
  await foreign?.close();
});

/** Answers every connection with these bytes. */
async function raw(bytes: string, end = true): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => (end ? socket.end(bytes) : socket.write(bytes)));
  });
  sockets.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}
function at(url: string): void {
  const server = world.servers.all.get(behind.name);
  world.servers.all.set(behind.name, { ...server, url } as typeof server & { readonly url: string });
}
const call = (method = "tools/call", params: object = { name: "echo", arguments: { text: "x" } }): Promise<Response> =>
  post(behind.url, rpc(method, params), { token: alice.access });
async function refusal(answer: Response): Promise<readonly unknown[]> {
  const { id, error } = await messageOf(answer);
  return [answer.status, id, error?.code, error?.data?.["reason"]];
}
const failed = async () =>
  (await world.events("UpstreamCallFailed")).filter(({ data }) => data["server"] === behind.name).map(({ data }) => data["reason"]);

describe("a server that", () => {
  it("is not there is said to be unreachable, after some tries", async () => {
    at("http://127.0.0.1:1/mcp");
    expect(await refusal(await call())).toEqual([502, 1, -32_603, "upstream-unreachable"]);
    expect(await failed()).toEqual(["upstream-unreachable"]);
    expect((await world.events("UpstreamCallRetried")).filter(({ data }) => data["server"] === behind.name)).toHaveLength(2);
  });

  it("does not begin to answer gets no second chance, and the caller a 504", async () => {
    const server = world.servers.all.get(behind.name);
    world.servers.all.set(behind.name, { ...server, policy: { timeoutMs: 1_000 } } as NonNullable<typeof server>);
    foreign.instead = () => undefined;
    const before = foreign.requests.length;
    expect(await refusal(await call())).toEqual([504, 1, -32_603, "upstream-slow"]);
    expect(foreign.requests).toHaveLength(before + 1);
  });

  it("answers with a page is no MCP server, and nothing of the page is told", async () => {
    foreign.instead = (_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<h1>secret page</h1>");
    const answer = await call();
    const text = await answer.clone().text();
    expect(await refusal(answer)).toEqual([502, 1, -32_603, "upstream-not-mcp"]);
    expect(text).not.toContain("secret page");
  });

  it("redirects is not followed, and where to is not told", async () => {
    const inside = foreign.requests.length;
    for (const status of [301, 302, 307, 308]) {
      foreign.instead = (_request, response) => void response.writeHead(status, { location: `${foreign.url}?token=1` }).end();
      const answer = await call();
      expect(answer.headers.get("location")).toBeNull();
      expect(await refusal(answer)).toEqual([502, 1, -32_603, "upstream-redirected"]);
    }
    expect(foreign.requests).toHaveLength(inside + 4);
  });

  it("has huge headers, answers no HTTP, or compresses, is refused", async () => {
    at(await raw(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(40_000)}\r\n\r\n`));
    expect(await refusal(await call())).toEqual([502, 1, -32_603, "upstream-headers"]);
    at(await raw("220 smtp.example ESMTP\r\n"));
    expect(await refusal(await call())).toEqual([502, 1, -32_603, "upstream-not-mcp"]);
    at(foreign.url);
    foreign.instead = (_request, response) =>
      void response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end("x");
    expect(await refusal(await call())).toEqual([502, 1, -32_603, "upstream-compressed"]);
  });

  it("breaks off a JSON answer, or before any, leaves no half answer; a tool is not called twice", async () => {
    at(await raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"jsonrpc"'));
    expect(await refusal(await call())).toEqual([502, 1, -32_603, "upstream-cut"]);
    at(foreign.url);
    foreign.instead = (request) => request.socket.destroy();
    const before = foreign.requests.length;
    expect(await refusal(await call())).toEqual([502, 1, -32_603, "upstream-cut"]);
    expect(foreign.requests).toHaveLength(before + 1);
    // what has no effects is asked again
    expect(await refusal(await call("tools/list", {}))).toEqual([502, 1, -32_603, "upstream-cut"]);
    expect(foreign.requests).toHaveLength(before + 4);
  });

  it("breaks off a stream: the client gets an error for its request, and the stream ends in order", async () => {
    at(await raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n10\r\nevent: message\nd\r\n"));
    const answer = await call();
    expect(answer.status).toBe(200);
    expect((await messageOf(answer)).error).toMatchObject({ code: -32_603, message: "The MCP server broke off before it had answered." });
    expect(await failed()).toEqual(["upstream-cut"]);
  });

  it("fails is asked again only for what has no effects; its own words are not passed on", async () => {
    foreign.instead = (_request, response) =>
      void response.writeHead(500, { "content-type": "application/json" }).end('{"stack":"secret"}');
    const answer = await call();
    expect(await answer.clone().text()).not.toContain("secret");
    expect(await refusal(answer)).toEqual([502, 1, -32_603, "upstream-failed"]);
  });

  it("is busy is asked again when it says, and its Retry-After passed on when that is too long", async () => {
    let asked = 0;
    foreign.instead = (_request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(429, { "retry-after": "0" }).end();
      else response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    };
    expect((await messageOf(await call())).result).toEqual({});
    expect(asked).toBe(2);
    foreign.instead = (_request, response) => void response.writeHead(429, { "retry-after": "77" }).end();
    const answer = await call();
    expect(answer.headers.get("retry-after")).toBe("77");
    expect(await refusal(answer)).toEqual([429, 1, -32_000, "upstream-busy"]);
  });

  it("fails again and again is left alone for a while", async () => {
    foreign.instead = (request) => request.socket.destroy();
    for (let n = 0; n < 5; n += 1) expect((await refusal(await call()))[3]).toBe("upstream-cut");
    const before = foreign.requests.length;
    const answer = await call();
    expect(answer.headers.get("retry-after")).toBe("10");
    expect(await refusal(answer)).toEqual([503, 1, -32_603, "upstream-circuit-open"]);
    expect(foreign.requests).toHaveLength(before);
  });

  it("is at a private address is never connected to", async () => {
    for (const url of ["https://inside.example/mcp", "http://10.1.2.3/mcp", "https://[fd00::1]/mcp", "http://169.254.169.254/latest"]) {
      at(url);
      expect(await refusal(await call())).toEqual([502, 1, -32_603, "upstream-address-refused"]);
    }
  });

  it("says 4xx without JSON-RPC keeps its status, which tells clients what it speaks", async () => {
    foreign.instead = (_request, response) => void response.writeHead(404, { "content-type": "text/html" }).end("<h1>nginx</h1>");
    const answer = await call();
    expect(await answer.clone().text()).not.toContain("nginx");
    expect(await refusal(answer)).toEqual([404, 1, -32_000, "upstream-refused"]);
  });
});

describe("a server with one credential for everybody", () => {
  const shared = (): void => {
    const server = world.servers.all.get(behind.name);
    world.servers.all.set(behind.name, { ...server, authorization: "static" } as NonNullable<typeof server>);
  };
  afterEach(() => (world.upstreams.trouble = undefined));

  it("that the operator has not put there sends nobody to connect an account", async () => {
    shared();
    world.upstreams.trouble = { kind: "none", reason: "not-connected" };
    expect(await refusal(await call())).toEqual([502, 1, -32_603, "upstream-access-unavailable"]);
    expect(await refusal(await call("initialize", { protocolVersion: "2025-11-25", capabilities: {} }))).toEqual([
      502,
      1,
      -32_603,
      "upstream-access-unavailable",
    ]);
    expect((await world.events("UpstreamAuthorizationAsked")).filter(({ data }) => data["server"] === behind.name)).toEqual([]);
  });

  it("that has too few scopes sends nobody to ask for more", async () => {
    shared();
    foreign.instead = (_request, response) =>
      void response.writeHead(403, { "www-authenticate": 'Bearer error="insufficient_scope", scope="all"' }).end();
    expect(await refusal(await call())).toEqual([403, 1, -32_000, "upstream-refused"]);
    expect((await world.events("UpstreamAuthorizationAsked")).filter(({ data }) => data["server"] === behind.name)).toEqual([]);
  });
});

describe("a session begun in the server's place", () => {
  it("whose server then answers with something broken is told so, as an error of the server's", async () => {
    const server = world.servers.all.get(behind.name);
    world.servers.all.set(behind.name, { ...server, authorization: "oauth" } as NonNullable<typeof server>);
    const { id } = await initialize(behind.url, alice.access);
    world.upstreams.connected.set(`${alice.subject} ${behind.name}`, { generation: 1, scopes: [] });
    foreign.instead = (_request, response) =>
      void response.writeHead(200, { "content-type": "application/json" }).end('{"result":{"protocolVersion":"2025-');
    const answer = await post(behind.url, rpc("tools/list"), { token: alice.access, headers: { "mcp-session-id": id } });
    expect(await refusal(answer)).toEqual([502, 1, -32_603, "upstream-not-mcp"]);
  });
});

describe("a server's session that has ended", () => {
  it("is told as 404, so that the client begins anew", async () => {
    const { id } = await initialize(behind.url, alice.access);
    foreign.instead = (_request, response) => void response.writeHead(404).end();
    const answer = await post(behind.url, rpc("tools/list"), { token: alice.access, headers: { "mcp-session-id": id } });
    expect(await refusal(answer)).toEqual([404, 1, -32_001, "session-unknown"]);
  });
});

describe("streams of one person at one server", () => {
  it("are so many and no more; who closes one may open one, and others are not concerned", async () => {
    const open = async (who: Signed, at = behind) => {
      const closing = new AbortController();
      const headers = { authorization: `Bearer ${who.access}`, accept: "text/event-stream" };
      return { closing, answer: await fetch(at.url, { headers, signal: closing.signal }) };
    };
    let silent = false;
    foreign.instead = (_request, response) =>
      silent ? void response.writeHead(405).end() : void response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    const streams = await Promise.all(Array.from({ length: STREAMS_OF_A_PERSON }, () => open(alice)));
    expect(new Set(streams.map(({ answer }) => answer.status))).toEqual(new Set([200]));
    const before = foreign.requests.length;
    const { answer } = await open(alice);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refusal(answer)).toEqual([429, undefined, -32_000, "streams-too-many"]);
    // 2026-07-28 listens so
    expect(await refusal(await call("subscriptions/listen", {}))).toEqual([429, 1, -32_000, "streams-too-many"]);
    expect(foreign.requests).toHaveLength(before);

    const bob = await world.person(behind, "use", { username: "second", password: "second" });
    const elsewhere = await world.add(`${behind.name}-too`, { url: foreign.url, authorization: "none" });
    const others = [await open(bob), await open(await world.person(elsewhere), elsewhere)];
    expect(others.map((each) => each.answer.status)).toEqual([200, 200]);

    streams[0]?.closing.abort();
    const again = await vi.waitFor(async () => {
      const next = await open(alice);
      expect(next.answer.status).toBe(200);
      return next;
    }, 20_000);
    // a server without a stream takes no place
    again.closing.abort();
    silent = true;
    await vi.waitFor(async () => expect((await open(alice)).answer.status).toBe(405), 20_000);
    for (let n = 0; n < 3; n += 1) expect((await open(alice)).answer.status).toBe(405);
    for (const { closing } of [...streams, ...others]) closing.abort();
  });
});

describe("the metrics", () => {
  it("tell by server what became of calls, how long it took to answer, which streams are open and which server is left alone", async () => {
    const text = async () => (await fetch(`${world.platform.origin}/metrics`)).text();
    const of = `server="${behind.name}"`;
    const openBefore = Number(/^grantline_gateway_open_streams (\d+)$/m.exec(await text())?.[1]);
    foreign.instead = (_request, response) =>
      void response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect((await call("ping", {})).status).toBe(200);
    expect((await post(behind.url, "[", { token: alice.access })).status).toBe(400);
    expect((await post(`${behind.url}-nobody`, rpc("ping"), { token: alice.access })).status).toBe(404);
    foreign.instead = (_request, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    const closing = new AbortController();
    const headers = { authorization: `Bearer ${alice.access}`, accept: "text/event-stream" };
    expect((await fetch(behind.url, { headers, signal: closing.signal })).status).toBe(200);
    expect(await text()).toContain(`grantline_gateway_open_streams ${openBefore + 1}\n`);
    closing.abort();
    await vi.waitFor(async () => expect(await text()).toContain(`grantline_gateway_open_streams ${openBefore}\n`), 20_000);
    at("http://127.0.0.1:1/mcp");
    for (let n = 0; n < 2; n += 1) await call();
    const told = await text();
    for (const line of [
      `grantline_gateway_calls_total{${of},outcome="answered"} 2`,
      `grantline_gateway_calls_total{${of},outcome="message-malformed"} 1`,
      `grantline_gateway_calls_total{${of},outcome="upstream-unreachable"} 1`,
      `grantline_gateway_calls_total{${of},outcome="upstream-circuit-open"} 1`,
      // two answers, and five tries without one
      `grantline_gateway_upstream_duration_seconds_count{${of}} 7`,
      `grantline_gateway_circuits_open{${of}} 1`,
    ])
      expect(told).toContain(`${line}\n`);
    expect(told).not.toContain(`${behind.name}-nobody`);
  });
});

describe("a limit of the server's policy", () => {
  it("turns away who calls too often, with when to come back", async () => {
    const server = world.servers.all.get(behind.name);
    world.servers.all.set(behind.name, { ...server, policy: { ratePerMinute: 2 } } as NonNullable<typeof server>);
    expect((await initialize(behind.url, alice.access)).response.status).toBe(200);
    expect((await initialize(behind.url, alice.access)).response.status).toBe(200);
    const { response } = await initialize(behind.url, alice.access);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("counts what is in a batch one by one (2025-03-26), and a batch that would go beyond it not at all", async () => {
    const server = world.servers.all.get(behind.name);
    world.servers.all.set(behind.name, { ...server, policy: { ratePerMinute: 5 } } as NonNullable<typeof server>);
    const batch = (calls: number): string => `[${Array.from({ length: calls }, (_, index) => rpc("ping", {}, index)).join(",")}]`;
    const before = foreign.requests.length;
    expect((await post(behind.url, batch(6), { token: alice.access })).status).toBe(429);
    expect(foreign.requests.length).toBe(before);
    // answers to the server's own questions are no calls
    const answers = `[${Array.from({ length: 9 }, (_, id) => JSON.stringify({ jsonrpc: "2.0", id, result: {} })).join(",")}]`;
    expect((await post(behind.url, answers, { token: alice.access })).status).not.toBe(429);
    expect((await post(behind.url, batch(4), { token: alice.access })).status).not.toBe(429);
    expect((await post(behind.url, rpc("ping"), { token: alice.access })).status).toBe(429);
  });
});
