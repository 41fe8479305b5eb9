// Real: HTTP servers on loopback, sockets, undici. Given: how names resolve, and the clock.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSafeFetch, type Resolve, type SafeFetchOptions } from "./index.ts";

let server: Server;
let port: number;
let connections = 0;
let requests: IncomingMessage[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
const clock = { time: 1_900_000_000, now: () => clock.time };
const json =
  (body: string, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "application/json", ...headers }).end(body);
  };

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.closeAllConnections());
beforeEach(() => {
  connections = 0;
  requests = [];
  answer = json('{"ok":true}');
  clock.time += 3_600;
});

const loopback: Resolve = async () => [{ address: "127.0.0.1", family: 4 }];
const fetcher = (options: Partial<SafeFetchOptions> = {}) =>
  createSafeFetch({ allowInsecureLoopback: true, clock, resolve: loopback, timeoutMs: 400, ...options });
const url = (path = "/doc.json", host = "localhost") => `http://${host}:${port}${path}`;
const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "fetched",
    (error: { failure?: string }) => error.failure,
  );

describe("the safe fetcher", () => {
  it("brings back a JSON document with its headers", async () => {
    answer = json('{"a":1}', {
      "cache-control": "max-age=60",
      "content-type": "application/client+json; charset=utf-8",
      "set-cookie": "a=1",
    });
    const document = await fetcher().fetch(url("/doc.json?x=1"), { maxBytes: 100 });
    expect(document.text).toBe('{"a":1}');
    expect(document.headers["cache-control"]).toBe("max-age=60");
    expect(requests[0]?.url).toBe("/doc.json?x=1");
    expect(requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it("works with an address in place of a name", async () => {
    expect(
      await failure(fetcher({ resolve: () => Promise.reject(new Error("never asked")) }).fetch(url("/", "127.0.0.1"), { maxBytes: 100 })),
    ).toBe("fetched");
  });

  it("connects to the address it checked and nowhere else", async () => {
    const other = createTcpServer((socket) =>
      socket.end("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]"),
    );
    await new Promise<void>((done) => other.listen(port, "127.0.0.7", done));
    const pinned: Resolve = async () => [{ address: "127.0.0.7", family: 4 }];
    expect((await fetcher({ resolve: pinned }).fetch(url(), { maxBytes: 100 })).text).toBe("[]");
    expect(connections).toBe(0);
    other.close();
  });

  // F-01: zero packets to the target
  it.each([
    ["https://evil.example/x", "127.0.0.1"],
    ["https://10.0.0.1.nip.io/x", "10.0.0.1"],
    ["https://evil.example/x", "169.254.169.254"],
    ["https://evil.example/x", "::1"],
    ["https://evil.example/x", "::ffff:127.0.0.1"],
    ["https://evil.example/x", "fd00::1"],
    ["https://evil.example/x", "fe80::1%eth0"],
  ])("sends nothing to %s when it resolves to %s", async (target, address) => {
    const resolve: Resolve = async () => [
      { address: "93.184.216.34", family: 4 },
      { address, family: address.includes(":") ? 6 : 4 },
    ];
    for (const allowInsecureLoopback of [true, false]) {
      expect(await failure(fetcher({ resolve, allowInsecureLoopback }).fetch(target, { maxBytes: 100 }))).toBe("address-refused");
      expect(await failure(fetcher({ resolve, allowInsecureLoopback }).check(target))).toBe("address-refused");
    }
    expect(connections).toBe(0);
  });

  it("sends nothing when the loopback name resolves elsewhere", async () => {
    expect(await failure(fetcher({ resolve: async () => [{ address: "93.184.216.34", family: 4 }] }).fetch(url(), { maxBytes: 100 }))).toBe(
      "address-refused",
    );
  });

  it("refuses a loopback URL outside development before anything is resolved", async () => {
    let asked = 0;
    const resolve: Resolve = async () => [{ address: "127.0.0.1", family: 4 + 0 * (asked += 1) }];
    expect(await failure(fetcher({ allowInsecureLoopback: false, resolve }).fetch(url(), { maxBytes: 100 }))).toBe("url-refused");
    expect([asked, connections]).toEqual([0, 0]);
  });

  it.each([
    ["nothing", async () => []],
    ["an error", () => Promise.reject(new Error("ENOTFOUND"))],
  ] as const)("says so when a name resolves to %s", async (_what, resolve) => {
    expect(await failure(fetcher({ resolve }).fetch(url(), { maxBytes: 100 }))).toBe("name-unknown");
  });

  it("follows no redirect (F-02)", async () => {
    answer = (_request, response) => response.writeHead(302, { location: url("/other") }).end();
    expect(await failure(fetcher().fetch(url(), { maxBytes: 100 }))).toBe("redirected");
    expect(requests).toHaveLength(1);
  });

  it.each([
    [404, false],
    [410, false],
    [401, false],
    [429, true],
    [500, true],
    [503, true],
  ] as const)("refuses a %i answer; temporary: %s", async (status, temporary) => {
    answer = (_request, response) => response.writeHead(status, { "content-type": "application/json" }).end("{}");
    await expect(fetcher().fetch(url(), { maxBytes: 100 })).rejects.toMatchObject({ failure: "status", temporary });
  });

  it.each(["text/html", "text/plain", "application/jsonp", "application/x-json", ""])(
    "refuses the content type %j (F-04)",
    async (type) => {
      answer = (_request, response) => response.writeHead(200, type === "" ? {} : { "content-type": type }).end("{}");
      expect(await failure(fetcher().fetch(url(), { maxBytes: 100 }))).toBe("content-type");
    },
  );

  it("refuses compressed answers (F-04: gzip bomb)", async () => {
    answer = (_request, response) =>
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(gzipSync("{}"));
    expect(await failure(fetcher().fetch(url(), { maxBytes: 100 }))).toBe("content-encoding");
  });

  it("stops at the size limit, announced or not, endless or not (F-04)", async () => {
    answer = json("x".repeat(101));
    expect(await failure(fetcher().fetch(url("/a"), { maxBytes: 100 }))).toBe("too-large");
    answer = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write("x".repeat(60)), 5);
      response.on("close", () => clearInterval(timer));
    };
    expect(await failure(fetcher().fetch(url("/b"), { maxBytes: 100 }))).toBe("too-large");
    answer = json("x".repeat(100));
    expect(await failure(fetcher().fetch(url("/c"), { maxBytes: 100 }))).toBe("fetched");
  });

  it("gives up after its time, whoever dawdles: resolver, headers or body (F-04: slow loris)", async () => {
    expect(await failure(fetcher({ resolve: () => new Promise(() => undefined) }).fetch(url("/a"), { maxBytes: 100 }))).toBe("timed-out");
    answer = () => undefined;
    expect(await failure(fetcher().fetch(url("/b"), { maxBytes: 100 }))).toBe("timed-out");
    answer = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(timer));
    };
    expect(await failure(fetcher().fetch(url("/c"), { maxBytes: 100 }))).toBe("timed-out");
  });

  it("calls a host it can't reach unreachable, and a broken answer too", async () => {
    const free = createTcpServer();
    await new Promise<void>((done) => free.listen(0, "127.0.0.1", done));
    const closed = (free.address() as AddressInfo).port;
    await new Promise<void>((done) => free.close(() => done()));
    expect(await failure(fetcher().fetch(`http://localhost:${closed}/x`, { maxBytes: 100 }))).toBe("unreachable");
    answer = (request) => request.socket.destroy();
    expect(await failure(fetcher().fetch(url("/cut"), { maxBytes: 100 }))).toBe("unreachable");
  });

  it("joins calls for one URL into one fetch, and fetches again afterwards", async () => {
    const safe = fetcher();
    const all = await Promise.all(Array.from({ length: 20 }, () => safe.fetch(url(), { maxBytes: 100 })));
    expect(new Set(all.map(({ text }) => text)).size).toBe(1);
    expect(requests).toHaveLength(1);
    await safe.fetch(url(), { maxBytes: 100 });
    expect(requests).toHaveLength(2);
  });

  it("remembers a failure for a quarter of a minute, not longer", async () => {
    const safe = fetcher();
    answer = (_request, response) => response.writeHead(500).end();
    expect(await failure(safe.fetch(url(), { maxBytes: 100 }))).toBe("status");
    answer = json("{}");
    expect(await failure(safe.fetch(url(), { maxBytes: 100 }))).toBe("status");
    expect(requests).toHaveLength(1);
    clock.time += 16;
    expect(await failure(safe.fetch(url(), { maxBytes: 100 }))).toBe("fetched");
  });

  it("does not open more than 64 connections at once", async () => {
    answer = () => undefined;
    const safe = fetcher();
    const failures = await Promise.all(Array.from({ length: 70 }, (_, n) => failure(safe.fetch(url(`/${n}`), { maxBytes: 100 }))));
    expect(failures.filter((each) => each === "busy")).toHaveLength(6);
    expect(connections).toBe(64);
  });

  it("checks a URL without fetching it", async () => {
    await fetcher().check(url());
    expect(connections).toBe(0);
  });

  it("resolves as the system does unless told otherwise", async () => {
    expect(await failure(createSafeFetch({ allowInsecureLoopback: true, clock }).fetch(url("/", "127.0.0.1"), { maxBytes: 100 }))).toBe(
      "fetched",
    );
    expect(await failure(createSafeFetch({ allowInsecureLoopback: true, clock }).check(url()))).toBe("fetched");
  });
});
