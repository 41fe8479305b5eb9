// Real: Fastify, Node's HTTP server and client. Fake: what the sinks count.
import { request as send } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { OAuthError } from "@grantline/oauth/errors";
import { json, type Endpoint, type HttpResponse } from "@grantline/oauth/http";
import { createHttpServer } from "./http-server.ts";
import { mountEndpoints } from "./mount.ts";

const unexpected: unknown[] = [];
const servers: { connections(): Promise<number> }[] = [];
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  unexpected.length = 0;
  for (const close of closers.splice(0)) await close();
});

const plainPage = ({ status }: OAuthError): HttpResponse => ({ status, body: "page" });

async function serve(
  handle: Endpoint["handle"],
  more: Partial<Endpoint> = {},
  observe: () => void = () => undefined,
  page = plainPage,
): Promise<number> {
  const fastify = createHttpServer({ trustedProxies: [] });
  const none = (): Promise<void> => Promise.resolve();
  mountEndpoints(fastify, [{ id: "one", method: "GET", path: "/one", audience: "program", handle, ...more }], {
    https: false,
    views: { page, problem: () => undefined },
    sinks: {
      security: { count: () => undefined },
      limits: { check: none, consume: none, take: none, client: () => ({}) },
      refused: () => undefined,
      unexpected: (_endpoint, error) => void unexpected.push(error),
    },
    observe,
  });
  closers.push(() => fastify.close());
  servers.push({ connections: () => new Promise((resolve) => fastify.server.getConnections((_error, count) => resolve(count))) });
  await fastify.listen({ port: 0, host: "127.0.0.1" });
  return (fastify.server.address() as AddressInfo).port;
}

const ask = (port: number, method = "GET", path = "/one"): Promise<{ status: number; body: string } | "cut off"> =>
  new Promise((resolve) => {
    const outgoing = send({ host: "127.0.0.1", port, method, path }, (incoming) => {
      let body = "";
      incoming.on("data", (chunk: Buffer) => (body += String(chunk)));
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, body }));
    });
    outgoing.on("error", () => resolve("cut off"));
    outgoing.end();
  });

describe("an answer that can't be sent", () => {
  it("becomes a 500 when a header of it is not one", async () => {
    for (const handle of [
      () => ({ status: 200, headers: { location: "/\r\nset-cookie: a=b" } }),
      async () => ({ status: 200, headers: { location: "/\u4e2d" } }),
    ]) {
      const answer = await ask(await serve(handle));
      expect(answer).toMatchObject({ status: 500, body: expect.stringContaining("server_error") as string });
    }
  });

  it("cuts the connection, and takes nothing else down, when the refusal can't be sent either", async () => {
    const port = await serve(() => {
      throw new OAuthError("invalid_request", "not-found", "no", { headers: { "www-authenticate": "Bearer \u4e2d" } });
    });
    expect(await ask(port)).toBe("cut off");
    expect(unexpected).toHaveLength(1);
    expect(await ask(port, "GET", "/elsewhere")).toMatchObject({ status: 404 });
  });

  it("cuts the connection likewise when what is refused never reached a handler", async () => {
    const pages: (() => HttpResponse)[] = [
      () => ({ status: 413, headers: { location: "/\u4e2d" } }),
      () => {
        throw new Error("no page");
      },
    ];
    for (const page of pages) {
      const form = { method: "POST", accepts: "form", audience: "person", bodyLimit: 4 } as const;
      const port = await serve(() => json(200, {}), form, undefined, page);
      const head = "POST /one HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n";
      expect(await raw(port, `${head}content-length: 9\r\n\r\na=bbbbbbb`)).toBe("");
      expect(unexpected.splice(0)).toHaveLength(1);
    }
  });

  it("leaves the address of a caller who has hung up known", async () => {
    const seen: string[] = [];
    let gone: () => void;
    const hungUp = new Promise<void>((resolve) => (gone = resolve));
    const port = await serve(async (request) => {
      await hungUp;
      seen.push(request.ip);
      return json(200, {});
    });
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write("GET /one HTTP/1.1\r\nhost: x\r\n\r\n"));
    await expect.poll(() => servers.at(-1)?.connections()).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => servers.at(-1)?.connections()).toBe(0);
    gone!();
    await expect.poll(() => seen).toEqual(["127.0.0.1"]);
  });

  it("is sent once when what watches answers fails", async () => {
    const port = await serve(
      () => json(200, {}),
      {},
      () => {
        throw new Error("metrics are broken");
      },
    );
    expect(await ask(port)).toBe("cut off");
    expect(unexpected.length).toBeGreaterThan(0);
  });
});

/** What comes back for bytes as they are, and whether the connection stays usable. */
const raw = (port: number, text: string, endAfter = false): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let seen = "";
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("data", (chunk) => (seen += String(chunk)));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(seen));
    socket.write(text);
    if (endAfter) socket.destroy();
    else setTimeout(() => socket.end(), 500);
  });

describe("the rim", () => {
  it("answers HEAD with the headers of GET and nothing more, and the next request on the connection right after", async () => {
    const port = await serve(() => json(200, { a: 1 }));
    const head = "HEAD /one HTTP/1.1\r\nhost: x\r\n\r\n";
    const seen = await raw(port, `${head}${head}`);
    expect(seen.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(seen.match(/content-length: 7\r\n/g)).toHaveLength(2);
    expect(seen).not.toContain('{"a"');
  });

  it("finds nothing where the target is no path, and the path where it is a whole URL", async () => {
    const port = await serve(() => json(200, {}));
    expect(await ask(port, "GET", "*one")).toMatchObject({ status: 404 });
    expect(await ask(port, "OPTIONS", "*")).toMatchObject({ status: 404 });
    expect(await ask(port, "GET", "http://anywhere.test/one")).toMatchObject({ status: 200 });
  });

  it("takes a post without a body for one, and a body without a type for a 415", async () => {
    const bodies: (string | undefined)[] = [];
    const port = await serve(({ body }) => (bodies.push(body), json(200, {})), { method: "POST", accepts: "form" });
    expect(await ask(port, "POST")).toMatchObject({ status: 200 });
    expect(await raw(port, "POST /one HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\na=b")).toContain("HTTP/1.1 415");
    expect(bodies).toEqual([undefined]);
  });

  it("goes on when a caller leaves before its answer", async () => {
    let release: () => void = () => undefined;
    const port = await serve(() => new Promise((resolve) => (release = () => resolve(json(200, {})))));
    await raw(port, "GET /one HTTP/1.1\r\nhost: x\r\n\r\n", true);
    release();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(unexpected).toEqual([]);
    expect(await ask(port, "GET", "/elsewhere")).toMatchObject({ status: 404 });
  });

  it("shows names of every object's own as what they are: nothing", async () => {
    const port = await serve(({ params }) => json(200, { to: params["constructor"] ?? "none" }), {
      path: "/:id",
    });
    expect(await ask(port, "GET", "/__proto__")).toMatchObject({ status: 200, body: expect.stringContaining('"to":"none"') as string });
    expect(await ask(port, "GET", "/%zz")).toMatchObject({ status: 400 });
  });

  it("refuses a body that is too long, or chunked wrongly, without a word from the framework", async () => {
    const port = await serve(() => json(200, {}), { method: "POST", accepts: "form", bodyLimit: 10 });
    const form = "content-type: application/x-www-form-urlencoded\r\n";
    const long = await raw(port, `POST /one HTTP/1.1\r\nhost: x\r\n${form}content-length: 20\r\n\r\n${"a".repeat(20)}`);
    expect(long).toContain("HTTP/1.1 413");
    expect(long).toContain('"error":"invalid_request"');
    expect(await raw(port, `POST /one HTTP/1.1\r\nhost: x\r\n${form}transfer-encoding: chunked\r\n\r\nzz\r\n`)).toContain("HTTP/1.1 400");
  });

  it("answers what is no HTTP as it answers all else, and ends the connection", async () => {
    const port = await serve(() => json(200, {}));
    for (const [text, status] of [
      ["rubbish\r\n\r\n", 400],
      ["GET /one HTTP/1.1\r\nhost: x\r\n\tfolded\r\nno colon\r\n\r\n", 400],
      [`GET /one HTTP/1.1\r\nhost: x\r\nlong: ${"x".repeat(40_000)}\r\n\r\n`, 431],
    ] as const) {
      const [head = "", body = ""] = (await raw(port, text)).split("\r\n\r\n");
      const { correlation_id: id, ...error } = JSON.parse(body) as Record<string, string>;
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(head).toContain(`x-correlation-id: ${id}`);
      expect(head).toContain("x-content-type-options: nosniff");
      expect(head).toContain("connection: close");
      expect(error).toEqual({ error: "invalid_request", error_description: expect.any(String) as string });
    }
  });
});

describe("an answer in pieces", () => {
  const headersOnly = (port: number, method = "GET") =>
    new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
      send({ host: "127.0.0.1", port, method, path: "/one" }, resolve).on("error", reject).end();
    });

  /** Pieces as somebody pushes them, and whether the reader has left. */
  function pushed() {
    let wake: (() => void) | undefined;
    const pieces: string[] = [];
    const state = { left: false };
    const next = async (): Promise<IteratorResult<string>> => {
      while (pieces.length === 0 && !state.left) await new Promise<void>((resolve) => (wake = resolve));
      return state.left ? { done: true, value: undefined } : { done: false, value: pieces.shift() as string };
    };
    const left = async (): Promise<IteratorResult<string>> => {
      state.left = true;
      wake?.();
      return { done: true, value: undefined };
    };
    const push = (piece: string): void => {
      pieces.push(piece);
      wake?.();
    };
    return { state, push, stream: { [Symbol.asyncIterator]: () => ({ next, return: left }) } };
  }

  it("comes as it is made, and ends when the pieces end", async () => {
    async function* pieces() {
      yield "one ";
      yield "two";
    }
    const port = await serve(() => ({ status: 200, headers: { "content-type": "text/plain" }, stream: pieces() }));
    expect(await ask(port)).toEqual({ status: 200, body: "one two" });
  });

  it("reaches the client before the next piece is there, and is left when the client goes", async () => {
    const source = pushed();
    const incoming = await headersOnly(await serve(() => ({ status: 200, stream: source.stream })));
    source.push("first");
    expect(String(await new Promise((resolve) => incoming.once("data", resolve)))).toBe("first");
    incoming.destroy();
    await expect.poll(() => source.state.left).toBe(true);
  });

  it("is asked for no faster than the client reads", async () => {
    let made = 0;
    async function* pieces() {
      for (; made < 4_000; made += 1) yield "x".repeat(64 * 1024);
    }
    const incoming = await headersOnly(await serve(() => ({ status: 200, stream: pieces() })));
    let before = -1;
    await expect.poll(() => before === (before = made), { interval: 200, timeout: 5_000 }).toBe(true);
    expect(made).toBeLessThan(1_000);
    incoming.destroy();
  });

  it("is cut off, not ended, when the pieces fail, so that nobody takes half for all", async () => {
    async function* pieces() {
      yield "half";
      throw new Error("the store has gone");
    }
    const incoming = await headersOnly(await serve(() => ({ status: 200, stream: pieces() })));
    incoming.resume();
    const [error] = (await new Promise<unknown[]>((resolve) => incoming.once("error", (...args) => resolve(args)))) as [Error];
    expect(error).toMatchObject({ code: "ECONNRESET" });
    expect(unexpected).toHaveLength(1);
  });

  it("is left at once for HEAD", async () => {
    const source = pushed();
    const incoming = await headersOnly(await serve(() => ({ status: 200, stream: source.stream })), "HEAD");
    expect(incoming.statusCode).toBe(200);
    incoming.resume();
    await new Promise((resolve) => incoming.once("end", resolve));
    expect(source.state.left).toBe(true);
  });

  it("ends when the server drains, so that the drain does", async () => {
    const source = pushed();
    const incoming = await headersOnly(await serve(() => ({ status: 200, stream: source.stream })));
    incoming.resume();
    const ended = new Promise((resolve) => incoming.once("end", resolve));
    for (const close of closers.splice(0)) await close();
    await ended;
    expect(source.state.left).toBe(true);
  });
});
