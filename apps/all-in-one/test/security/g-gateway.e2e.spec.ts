/*
 * Real: the whole server with its gateway over HTTP, its store and its clock, MCP servers built with the official packages behind it. Fake: the users' tokens at
 * those servers, and the registry of servers.
 */
import { connect } from "node:net";
import { postForm } from "@grantline/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sessionServer, statelessServer, type ForeignServer } from "../../../../libs/gateway/src/testing/mcp-servers.ts";
import {
  initialize,
  messageOf,
  post,
  rpc,
  startGatewayWorld,
  type Behind,
  type GatewayWorld,
  type Signed,
} from "../../../../libs/gateway/src/testing/world.ts";

let world: GatewayWorld;
let foreign: ForeignServer;
let stateless: ForeignServer;
let notes: Behind;
let files: Behind;
let modern: Behind;
let alice: Signed;
let bob: Signed;

beforeAll(async () => {
  world = await startGatewayWorld({ env: { GRANTLINE_DEV_USERS: "demo:demo,second:second" } });
  foreign = await sessionServer();
  stateless = await statelessServer();
  const policy = { tools: { deny: ["delete_all"], scopes: { write: ["write"] } } };
  notes = await world.add("notes", { url: foreign.url, policy });
  files = await world.add("files", { url: foreign.url });
  modern = await world.add("modern", { url: stateless.url, authorization: "none", policy });
  alice = await world.person(notes);
  bob = await world.person(notes, "use", { username: "second", password: "second" });
});
beforeEach(() => {
  foreign.accepts = (token) => token.startsWith("up-");
  for (const { subject } of [alice, bob])
    for (const { name } of [notes, files]) world.upstreams.connected.set(`${subject} ${name}`, { generation: 1, scopes: [] });
});
afterEach(() => void (foreign.instead = undefined));
afterAll(async () => {
  await world?.close();
  await foreign?.close();
  await stateless?.close();
});

/** Why, as the log has it. */
function reasonOf(answer: Response): unknown {
  const id = answer.headers.get("x-correlation-id") as string;
  const line = world.platform
    .logs()
    .split("\n")
    .find((each) => each.includes(id) && each.includes('"refused"'));
  return line === undefined ? undefined : (JSON.parse(line) as { readonly reason?: unknown }).reason;
}
const seen = (): number => foreign.requests.length + stateless.requests.length;
/** Nothing of it reaches a server behind the gateway. */
async function unforwarded<T>(work: () => Promise<T>): Promise<T> {
  const before = seen();
  const result = await work();
  expect(seen()).toBe(before);
  return result;
}
const metadata = (path: string): Promise<Response> =>
  fetch(`${world.platform.origin}/.well-known/oauth-protected-resource${path}`, { redirect: "manual" });
const toolCall = (name: string): string => rpc("tools/call", { name, arguments: {} });

describe("who comes in", () => {
  it("G-01 without a token is told where to get one and what for", async () => {
    for (const method of ["POST", "GET", "DELETE"]) {
      const answer = await unforwarded(() => fetch(notes.url, { method, headers: { "content-type": "application/json" } }));
      expect(answer.status).toBe(401);
      const challenge = answer.headers.get("www-authenticate");
      expect(challenge).toBe(
        `Bearer realm="grantline", scope="use", resource_metadata="${world.platform.origin}/.well-known/oauth-protected-resource/mcp/notes"`,
      );
      expect(reasonOf(answer)).toBe("bearer-missing");
    }
  });

  it("G-01 however often it begins so, is not slowed down: it is no guess at a token", async () => {
    const strict = await startGatewayWorld({ env: { GRANTLINE_LIMIT_FAILURES: "3" } });
    try {
      const server = await strict.add("notes", { url: foreign.url });
      for (let n = 0; n < 6; n += 1) expect((await post(server.url, rpc("ping"))).status).toBe(401);
      const guesses = [];
      for (let n = 0; n < 6; n += 1) guesses.push((await post(server.url, rpc("ping"), { token: `guess-${n}` })).status);
      expect(guesses.slice(0, 3)).toEqual([401, 401, 401]);
      expect(guesses.at(-1)).toBe(429);
    } finally {
      await strict.close();
    }
  });

  it("G-02 finds the metadata of a server at its own path, byte for byte about that resource, and nowhere else", async () => {
    const found = await metadata("/mcp/notes");
    expect(found.headers.get("access-control-allow-origin")).toBe("*");
    expect(await found.json()).toEqual({
      resource: notes.url,
      authorization_servers: [world.platform.issuer],
      scopes_supported: ["use"],
      bearer_methods_supported: ["header"],
      resource_name: "Server notes",
    });
    for (const path of [
      "/mcp/notes/",
      "/mcp/Notes",
      "/mcp/unknown",
      "/mcp/",
      "/mcp",
      "/notes",
      "/mcp/notes/x",
      "/mcp/notes%2f",
      "/mcp/notes;x=1",
      "",
    ])
      expect([path, (await metadata(path)).status]).toEqual([path, 404]);
    // whatever host it is asked by, it speaks of the one it is
    const elsewhere = await fetch(`http://127.0.0.1:${new URL(world.platform.origin).port}/.well-known/oauth-protected-resource/mcp/notes`);
    expect(((await elsewhere.json()) as { readonly resource: string }).resource).toBe(notes.url);
  });

  it("G-02 at the root only where there is but one server", async () => {
    const one = await startGatewayWorld();
    try {
      const only = await one.add("only", { url: foreign.url });
      const found = await fetch(`${one.platform.origin}/.well-known/oauth-protected-resource`);
      expect(await found.json()).toMatchObject({ resource: only.url });
    } finally {
      await one.close();
    }
  });

  it("G-03 names of servers are names: no path, no trick of encoding, no length finds another", async () => {
    const names = [
      "..",
      "%2e%2e",
      "..%2fnotes",
      "notes%00",
      "notes%ef%bc%8f",
      "n%C3%B6tes",
      "NOTES",
      "notes.",
      "notes%20",
      "-notes",
      "a".repeat(1_024),
      "__proto__",
      "constructor",
    ];
    for (const name of names) {
      const answer = await unforwarded(() =>
        fetch(`${world.platform.origin}/mcp/${name}`, {
          method: "POST",
          headers: { authorization: `Bearer ${alice.access}`, "content-type": "application/json" },
          body: rpc("ping"),
        }),
      );
      expect([name, [400, 404].includes(answer.status)]).toEqual([name, true]);
    }
  });

  it("G-04 nothing of the path or query asked for becomes part of the server's", async () => {
    const paths = [
      "/mcp/notes/",
      "/mcp/notes;/admin",
      "/mcp//notes",
      "/mcp/notes/../files",
      "/mcp/notes%2f..%2fadmin",
      "/mcp/notes%5c..",
      "/mcp/notes/%c0%ae%c0%ae",
      "/mcp/notes%20",
      "/mcp/notes./",
    ];
    for (const path of paths) {
      const answer = await unforwarded(() => rawPost(path, alice.access));
      expect([path, /^HTTP\/1\.1 (?:400|401|404) /.test(answer)]).toEqual([path, true]);
    }
    await post(`${notes.url}?x=../../admin&y=1#z`, rpc("ping"), { token: alice.access });
    expect(foreign.requests.at(-1)?.path).toBe("/theirs");
  });

  it("G-05 G-06 under another host name, or from a page of another origin, gets nothing", async () => {
    const { host } = new URL(world.platform.origin);
    for (const other of ["evil.example", `evil.example:${new URL(world.platform.origin).port}`, "localhost", "localhost@evil.example"]) {
      const answer = await unforwarded(() => rawPost("/mcp/notes", alice.access, `Host: ${other}`));
      expect([other, answer.startsWith("HTTP/1.1 421 ")]).toEqual([other, true]);
    }
    expect(await unforwarded(() => rawPost("/mcp/notes", alice.access, `Host: ${host}\r\nHost: evil.example`))).toMatch(
      /^HTTP\/1\.1 (?:400|421) /,
    );
    for (const origin of ["http://evil.example", "null", `http://${host}.evil.example`, "https://evil.example:8443"]) {
      const answer = await unforwarded(() => post(notes.url, rpc("ping"), { token: alice.access, headers: { origin } }));
      expect([answer.status, reasonOf(answer)]).toEqual([403, "origin-foreign"]);
    }
    expect((await post(notes.url, rpc("ping"), { token: alice.access, headers: { origin: "http://localhost:6274" } })).status).toBeLessThan(
      403,
    );
  });

  it("A-19 with a message over the limit is told how much it may be, however it is sent, and nothing of it goes on", async () => {
    const limit = 4 * 1024 * 1024;
    const ofLength = (length: number): string => {
      const [head, tail] = ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"x":"', '"}}}'];
      return `${head}${"x".repeat(length - head.length - tail.length)}${tail}`;
    };
    const inPieces = { body: new Blob([ofLength(limit + 1)]).stream(), duplex: "half" } as const;
    const headers = { authorization: `Bearer ${alice.access}`, "content-type": "application/json", accept: "application/json" };
    for (const send of [
      () => post(notes.url, ofLength(limit + 1), { token: alice.access }),
      () => post(notes.url, ofLength(limit + 1)),
      () => fetch(notes.url, { method: "POST", headers, ...inPieces } as RequestInit),
    ]) {
      const answer = await unforwarded(send);
      expect([answer.status, reasonOf(answer), await answer.json()]).toEqual([
        413,
        "body-too-large",
        {
          error: "invalid_request",
          error_description: `The body is too large: at most ${limit} bytes.`,
          correlation_id: answer.headers.get("x-correlation-id"),
        },
      ]);
    }
    // to the last byte: that one is read, and goes on
    const before = seen();
    await (await post(notes.url, ofLength(limit), { token: alice.access })).text();
    expect(seen()).toBe(before + 1);
    for (const deep of [101, 100_000]) {
      const nested = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":${"[".repeat(deep)}${"]".repeat(deep)}}}`;
      const answer = await unforwarded(() => post(notes.url, nested, { token: alice.access }));
      expect([answer.status, reasonOf(answer)]).toEqual([400, "message-malformed"]);
    }
  });

  it("H-03 by another method is told which there are", async () => {
    for (const method of ["PUT", "PATCH"]) {
      const answer = await unforwarded(() => fetch(notes.url, { method, headers: { authorization: `Bearer ${alice.access}` } }));
      expect([answer.status, reasonOf(answer)]).toEqual([405, "method-not-allowed"]);
      expect(answer.headers.get("allow")?.split(", ").toSorted()).toEqual(["DELETE", "GET", "HEAD", "POST"]);
    }
  });

  it("T-08 with a token that was revoked is refused from then on, by every method and in its old session", async () => {
    const leaver = await world.person(notes);
    world.upstreams.connected.set(`${leaver.subject} ${notes.name}`, { generation: 1, scopes: [] });
    const { id } = await initialize(notes.url, leaver.access);
    const headers = { authorization: `Bearer ${leaver.access}`, "mcp-session-id": id, "content-type": "application/json" };
    const revoked = await postForm(`${world.platform.issuer}/revoke`, { token: leaver.access, client_id: leaver.clientId });
    expect(revoked.status).toBe(200);
    for (const method of ["POST", "GET", "DELETE"]) {
      const answer = await unforwarded(() => fetch(notes.url, { method, headers, ...(method === "POST" ? { body: rpc("ping") } : {}) }));
      expect([method, answer.status, reasonOf(answer)]).toEqual([method, 401, "bearer-invalid"]);
      expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    }
  });

  it("T-06 with a token for another server behind the same gateway is refused (CVE 28)", async () => {
    const other = await world.person(files);
    const answer = await unforwarded(() => post(notes.url, rpc("ping"), { token: other.access }));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(reasonOf(answer)).toBe("bearer-invalid");
    expect((await post(files.url, rpc("ping"), { token: other.access })).status).not.toBe(401);
  });

  it("T-09 with the token in the query, the body, a cookie or twice is refused, and the token is in no log", async () => {
    for (const query of [`access_token=${alice.access}`, `x=1&Access_Token=${alice.access}`, `access%5Ftoken=${alice.access}`]) {
      const answer = await unforwarded(() => post(`${notes.url}?${query}`, rpc("ping"), { token: alice.access }));
      expect([answer.status, reasonOf(answer)]).toEqual([400, "token-in-query"]);
    }
    const inBody = await unforwarded(() =>
      post(notes.url, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", access_token: alice.access })),
    );
    const inCookie = await unforwarded(() => post(notes.url, rpc("ping"), { headers: { cookie: `access_token=${alice.access}` } }));
    expect([inBody.status, inCookie.status]).toEqual([401, 401]);
    expect(
      await unforwarded(() => rawPost("/mcp/notes", alice.access, `Host: ${new URL(notes.url).host}\r\nAuthorization: Bearer other`)),
    ).toMatch(/^HTTP\/1\.1 401 /);
    expect(world.platform.logs()).not.toContain(alice.access);
  });

  it("T-10 shows its token to nobody behind: neither in a header nor anywhere else", async () => {
    const { id } = await initialize(notes.url, alice.access);
    const headers = {
      "mcp-session-id": id,
      cookie: "session=1",
      "x-api-key": "k",
      "proxy-authorization": "Basic x",
      forwarded: "for=1.2.3.4",
      connection: "x-hop",
      "x-hop": "1",
    };
    await post(notes.url, toolCall("echo"), { token: alice.access, headers });
    const { headers: got } = foreign.requests.at(-1) as ForeignServer["requests"][number];
    expect(got.authorization).toBe("Bearer up-notes-1");
    for (const name of ["cookie", "x-api-key", "proxy-authorization", "forwarded", "x-forwarded-for", "x-hop", "x-correlation-id"])
      expect(got[name]).toBeUndefined();
    expect(JSON.stringify([foreign.requests, stateless.requests])).not.toContain(alice.access);
  });
});

/** A POST as bytes, for what no client library would send. */
async function rawPost(path: string, token: string, head = `Host: ${new URL(world.platform.origin).host}`): Promise<string> {
  const body = rpc("ping");
  const socket = connect(Number(new URL(world.platform.origin).port), "127.0.0.1");
  socket.write(
    `POST ${path} HTTP/1.1\r\n${head}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  let text = "";
  for await (const piece of socket) text += String(piece);
  return text;
}

describe("a stream", () => {
  async function openStream(signed: Signed, at = notes): Promise<{ readonly ended: Promise<string> }> {
    const { id } = await initialize(at.url, signed.access);
    const answer = await fetch(at.url, {
      headers: { authorization: `Bearer ${signed.access}`, accept: "text/event-stream", "mcp-session-id": id },
    });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    return { ended: answer.text() };
  }

  it("G-07 is closed when its token is revoked, by whatever kind of revocation", async () => {
    const [carol, dave, erin] = [await world.person(notes), await world.person(notes), await world.person(notes)];
    for (const { subject } of [carol, dave, erin]) world.upstreams.connected.set(`${subject} notes`, { generation: 1, scopes: [] });
    const streams = await Promise.all([carol, dave, erin].map((signed) => openStream(signed)));
    const { issuer, admin } = world.platform;
    await postForm(`${issuer}/revoke`, { token: carol.access, client_id: carol.clientId });
    await postForm(`${issuer}/revoke`, { token: dave.refresh, client_id: dave.clientId });
    await admin.call("DELETE", `/grants?client_id=${erin.clientId}`);
    // each resolves when the server has ended it; the test's own deadline is the only clock
    await Promise.all(streams.map(({ ended }) => ended));
    const closed = (await world.events("GatewayStreamClosed")).map(({ data }) => [data["reason"], data["clientId"]]);
    for (const { clientId } of [carol, dave, erin]) expect(closed).toContainEqual(["revoked", clientId]);
  });

  it("G-07 is closed when its token expires", async () => {
    const soon = await startGatewayWorld({
      env: { GRANTLINE_LIFETIME_HUMAN_ACCESS_TOKEN: "60" },
      frozenAt: Math.floor(Date.now() / 1_000),
    });
    try {
      const server = await soon.add("notes", { url: foreign.url });
      const frank = await soon.person(server);
      soon.upstreams.connected.set(`${frank.subject} notes`, { generation: 1, scopes: [] });
      const { ended } = await openStream(frank, server);
      soon.platform.advance(61);
      await ended;
      expect((await soon.events("GatewayStreamClosed")).map(({ data }) => data["reason"])).toEqual(["expired"]);
    } finally {
      await soon.close();
    }
  });

  it("G-07 whose client has gone is gone at the server too", async () => {
    const { id } = await initialize(notes.url, alice.access);
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${alice.access}`, accept: "text/event-stream", "mcp-session-id": id };
    const closed = Promise.withResolvers<void>();
    foreign.instead = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      response.once("close", closed.resolve);
    };
    await fetch(notes.url, { headers, signal: leaving.signal });
    leaving.abort();
    await closed.promise;
  });
});

describe("a message", () => {
  const envelope = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo", arguments: { text: "x" } } };

  it("G-08 that means one thing to one parser and another to the next is refused (CVE 32)", async () => {
    const bodies = [
      '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"delete_all"}}',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","name":"delete_all"}}',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","n\\u0061me":"delete_all"}}',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":1,"a":2}}}',
      JSON.stringify({ ...envelope, Method: "ping" }),
      JSON.stringify({ ...envelope, METHOD: "ping" }),
      JSON.stringify({ ...envelope, Params: { name: "delete_all" } }),
      JSON.stringify({ ...envelope, params: { name: "echo", Name: "delete_all" } }),
      JSON.stringify({ ...envelope, params: { name: "echo", "\uff4eame": "delete_all" } }),
      JSON.stringify({ ...envelope, paramſ: {} } as object).replace("paramſ", "param\\u017f"),
      JSON.stringify({ ...envelope, method: "Tools/Call" }),
      "[]",
      '"x"',
      "null",
      "{",
      '{"jsonrpc":"1.0","id":1,"method":"ping"}',
      '{"jsonrpc":"2.0","id":{},"method":"ping"}',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}',
      `${'{"a":'.repeat(200)}1${"}".repeat(200)}`,
    ];
    for (const body of bodies) {
      const answer = await unforwarded(() => post(notes.url, body, { token: alice.access }));
      expect([body, answer.status, reasonOf(answer)]).toEqual([body, 400, "message-malformed"]);
    }
  });

  it("G-08 goes on exactly as it came", async () => {
    const { id } = await initialize(notes.url, alice.access);
    const body =
      '{"jsonrpc":"2.0", "id":12345678901234, "method":"tools/call","params":{"arguments":{"text":"1.0e2\\u0000"},"name":"echo"} }';
    await post(notes.url, body, { token: alice.access, headers: { "mcp-session-id": id } });
    expect(foreign.requests.at(-1)?.body).toBe(body);
  });

  it("G-08 whose headers say something else than its body is refused with -32020", async () => {
    const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
    const body = rpc("tools/call", { name: "echo", arguments: { text: "x" }, _meta: meta });
    const right = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo" };
    const { access } = await world.person(modern);
    const asked = (headers: Record<string, string>, text = body) => post(modern.url, text, { token: access, headers });
    expect((await asked(right)).status).toBe(200);
    expect((await asked({ ...right, "mcp-name": "=?base64?ZWNobw==?=" })).status).toBe(200);
    const { "mcp-name": _name, ...nameless } = right;
    const { "mcp-method": _method, ...methodless } = right;
    const { "mcp-protocol-version": _version, ...versionless } = right;
    const wrong = [
      nameless,
      methodless,
      versionless,
      { ...right, "mcp-name": "delete_all" },
      { ...right, "mcp-name": "Echo" },
      { ...right, "mcp-name": "=?base64?ZGVsZXRlX2FsbA==?=" },
      { ...right, "mcp-name": "=?base64?ZWNobw?=" },
      { ...right, "mcp-name": "=?base64?/w==?=" },
      { ...right, "mcp-method": "tools/list" },
      { ...right, "mcp-protocol-version": "2025-11-25" },
    ];
    for (const headers of wrong) {
      const answer = await unforwarded(() => asked(headers));
      expect([headers, answer.status, (await messageOf(answer)).error?.code]).toEqual([headers, 400, -32_020]);
    }
    expect((await unforwarded(() => asked(right, rpc("tools/call", { name: "echo" })))).status).toBe(400);
    expect((await unforwarded(() => asked(right, `[${body}]`))).status).toBe(400);
  });

  it("G-09 calls no tool by another spelling of its name, and with too little scope is told what is wanted", async () => {
    const { id } = await initialize(notes.url, alice.access);
    const as = (name: string) =>
      unforwarded(() => post(notes.url, toolCall(name), { token: alice.access, headers: { "mcp-session-id": id } }));
    for (const name of [
      "delete_all",
      "Delete_All",
      " delete_all",
      "delete_all\t",
      "delete\u200b_all",
      "\uff44elete_all",
      "delete_all\u0000",
      "DELETE_ALL\ufeff",
    ]) {
      const answer = await as(name);
      expect([name, answer.status, reasonOf(answer)]).toEqual([name, 403, "tool-denied"]);
    }
    for (const name of ["write", "WRITE", "wr\u00adite", "\u2007write"]) {
      const answer = await as(name);
      expect([name, answer.status, reasonOf(answer)]).toEqual([name, 403, "bearer-scope"]);
      expect(answer.headers.get("www-authenticate")).toMatch(/error="insufficient_scope".*scope="use write".*resource_metadata=/);
    }
    const refused = (await world.events("ToolCallDecided")).filter(({ data }) => data["decision"] === "refused");
    expect(refused.map(({ data }) => data["reason"])).toEqual([
      ...Array.from({ length: 8 }, () => "tool-denied"),
      ...Array.from({ length: 4 }, () => "tool-scope"),
    ]);
    const writer = await world.person(notes, "use write");
    world.upstreams.connected.set(`${writer.subject} notes`, { generation: 1, scopes: [] });
    const opened = await initialize(notes.url, writer.access);
    const answer = await post(notes.url, toolCall("write"), { token: writer.access, headers: { "mcp-session-id": opened.id } });
    expect((await messageOf(answer)).result).toMatchObject({ content: [{ text: "written" }] });
  });

  it("G-09 sees no tool that may not be called, and no batch smuggles one", async () => {
    const { id } = await initialize(notes.url, alice.access);
    const headers = { "mcp-session-id": id };
    const { result } = await messageOf(await post(notes.url, rpc("tools/list"), { token: alice.access, headers }));
    expect(result?.["tools"]).toMatchObject([{ name: "echo" }, { name: "write" }, { name: "count" }]);
    const batch = `[${rpc("ping")},${rpc("tools/call", { name: "delete_all" }, 2)}]`;
    expect((await unforwarded(() => post(notes.url, batch, { token: alice.access, headers }))).status).toBe(403);
    const quietly = rpc("tools/call", { name: "delete_all" }, undefined);
    expect((await unforwarded(() => post(notes.url, quietly, { token: alice.access, headers }))).status).toBe(403);
  });
});

describe("an answer", () => {
  it("G-10 brings no cookie, no place to go, no challenge and no rule of the server's to our origin", async () => {
    foreign.instead = (_request, response) =>
      void response
        .writeHead(200, {
          "content-type": "application/json",
          "set-cookie": "__Host-session=theirs; Secure; Path=/",
          location: "https://evil.example/",
          "www-authenticate": 'Bearer resource_metadata="https://evil.example/"',
          "access-control-allow-origin": "https://evil.example",
          "access-control-allow-credentials": "true",
          "content-security-policy": "default-src *",
          "strict-transport-security": "max-age=0",
          "clear-site-data": '"*"',
          refresh: "0;url=https://evil.example/",
          authorization: "Bearer theirs",
          connection: "close, x-theirs",
          "x-theirs": "1",
        })
        .end('{"jsonrpc":"2.0","id":1,"result":{}}');
    const answer = await post(notes.url, rpc("ping"), { token: alice.access });
    expect(answer.status).toBe(200);
    for (const name of [
      "set-cookie",
      "location",
      "www-authenticate",
      "access-control-allow-credentials",
      "strict-transport-security",
      "clear-site-data",
      "refresh",
      "authorization",
      "x-theirs",
    ])
      expect([name, answer.headers.get(name)]).toEqual([name, null]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it("G-10 that redirects takes no token anywhere", async () => {
    const before = stateless.requests.length;
    foreign.instead = (_request, response) => void response.writeHead(307, { location: stateless.url }).end();
    const answer = await post(notes.url, rpc("ping"), { token: alice.access });
    expect([answer.status, reasonOf(answer), answer.headers.get("location")]).toEqual([502, "upstream-redirected", null]);
    expect(stateless.requests).toHaveLength(before);
  });
});

describe("the gateway's own requests", () => {
  it("F-01 F-02 go to no address inside, whatever a name resolves to, and nowhere a server points", async () => {
    const addresses: Readonly<Record<string, readonly string[]>> = {
      "inside.example": ["10.1.2.3"],
      "metadata.example": ["169.254.169.254"],
      "mixed.example": ["93.184.216.34", "10.1.2.3"],
      "mapped.example": ["::ffff:10.1.2.3"],
      "local.example": ["fd00::1"],
      "10.1.2.3.nip.io": ["10.1.2.3"],
    };
    const strict = await startGatewayWorld({
      resolve: (host) =>
        Promise.resolve(
          (addresses[host] ?? []).map((address) => ({ address, family: address.includes(":") ? (6 as const) : (4 as const) })),
        ),
    });
    try {
      const urls = [
        ...Object.keys(addresses).map((host) => `https://${host}/mcp`),
        ...["10.0.0.1", "169.254.169.254", "[fd00::1]", "[::ffff:10.0.0.1]", "2852039166", "0.0.0.0"].map((host) => `https://${host}/mcp`),
        // public, but in the clear
        "http://93.184.216.34/mcp",
      ];
      for (const [n, url] of urls.entries()) {
        const server = await strict.add(`inside-${n}`, { url, authorization: "none" });
        const { access } = await strict.person(server);
        const answer = await post(server.url, rpc("tools/call", { name: "x" }), { token: access });
        const { error } = await messageOf(answer);
        expect([url, answer.status, error?.data?.["reason"]]).toEqual([url, 502, "upstream-address-refused"]);
        expect(JSON.stringify(error)).not.toMatch(/10\.1\.2\.3|169\.254|fd00/);
      }
    } finally {
      await strict.close();
    }
  });
});

describe("a session", () => {
  it("G-11 of one user is unknown to another, at another server, changed, and made up", async () => {
    const { id } = await initialize(notes.url, alice.access);
    const inNotes = (session: string, signed: Signed, method = "POST") =>
      fetch(notes.url, {
        method,
        headers: {
          authorization: `Bearer ${signed.access}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-session-id": session,
        },
        ...(method === "POST" ? { body: rpc("tools/list") } : {}),
      });
    expect(bob.subject).not.toBe(alice.subject);
    for (const method of ["POST", "GET", "DELETE"]) {
      const answer = await unforwarded(() => inNotes(id, bob, method));
      expect([method, answer.status, reasonOf(answer)]).toEqual([method, 404, "session-unknown"]);
    }
    const inFiles = await world.person(files);
    const elsewhere = await unforwarded(() =>
      post(files.url, rpc("tools/list"), { token: inFiles.access, headers: { "mcp-session-id": id } }),
    );
    expect(elsewhere.status).toBe(404);
    for (const made of [
      `${id.slice(0, -2)}${id.endsWith("AA") ? "QQ" : "AA"}`,
      "x",
      foreign.requests.at(-1)?.headers["mcp-session-id"] ?? "y",
      "a".repeat(9_000),
    ])
      expect((await unforwarded(() => inNotes(String(made), alice))).status).toBe(404);
    expect((await inNotes(id, alice)).status).toBe(200);
  });

  it("G-11 does not tell its client the server's own id", async () => {
    const { id } = await initialize(notes.url, alice.access);
    await post(notes.url, rpc("ping"), { token: alice.access, headers: { "mcp-session-id": id } });
    const theirs = foreign.requests.at(-1)?.headers["mcp-session-id"] as string;
    expect(theirs).toMatch(/^[0-9a-f-]{36}$/);
    expect(id).not.toContain(theirs);
  });
});
