// Real: Fastify, Node's HTTP server, fetch, sockets. Made: a stream that never ends by itself, work that takes as long as the test likes.
import { once } from "node:events";
import { connect, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Endpoint } from "@grantline/oauth/http";
import { createHttpServer } from "./http-server.ts";
import { mountEndpoints } from "./mount.ts";

/** More than sockets hold: it is on its way for as long as its client reads slowly. */
const LARGE = "x".repeat(32 * 1024 * 1024);
const none = (): Promise<void> => Promise.resolve();
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function serve(drainMs: number) {
  const fastify = createHttpServer({ trustedProxies: [], drainMs });
  const work = Promise.withResolvers<void>();
  const endpoint = (path: string, handle: Endpoint["handle"], more: Partial<Endpoint> = {}): Endpoint => ({
    id: path.slice(1),
    method: "GET",
    path,
    audience: "program",
    handle,
    ...more,
  });
  const stream = async function* (gone: AbortSignal | undefined): AsyncGenerator<string> {
    yield ": here\n\n";
    if (gone !== undefined) await once(gone, "abort");
  };
  const endpoints = [
    endpoint("/now", () => ({ status: 200, body: "now" })),
    endpoint("/large", () => ({ status: 200, body: LARGE })),
    endpoint("/work", () => work.promise.then(() => ({ status: 200, body: "done" }))),
    endpoint("/stream", ({ gone }) => ({ status: 200, headers: { "content-type": "text/event-stream" }, stream: stream(gone) })),
    endpoint("/body", () => ({ status: 200, body: "read" }), { method: "POST", accepts: "json" }),
  ];
  mountEndpoints(fastify, endpoints, {
    https: false,
    views: { page: ({ status }) => ({ status, body: "page" }), problem: () => undefined },
    sinks: {
      security: { count: () => undefined },
      limits: { check: none, consume: none, take: none, client: () => ({}) },
      refused: () => undefined,
      unexpected: (_endpoint, error) => {
        throw error;
      },
    },
    observe: () => undefined,
  });
  await fastify.listen({ port: 0, host: "127.0.0.1" });
  const { port } = fastify.server.address() as AddressInfo;
  return { close: () => fastify.close(), finish: work.resolve, port, url: `http://127.0.0.1:${port}` };
}

/** A connection that says this and no more, and never closes by itself. */
async function say(port: number, text: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  sockets.push(socket);
  await once(socket, "connect");
  if (text !== "") socket.write(text);
  return socket;
}

/** Far below the 72 s a kept connection lasts, far above what a busy machine needs. */
const SOON_MS = 15_000;

describe("closing", () => {
  it("does not wait for connections whose clients left their streams", { timeout: SOON_MS }, async () => {
    const { close, url } = await serve(60_000);
    const leaving = new AbortController();
    const streams = await Promise.all(Array.from({ length: 64 }, () => fetch(`${url}/stream`, { signal: leaving.signal })));
    expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
    leaving.abort();
    await (await fetch(`${url}/now`)).text();
    await close();
  });

  it("lets a request that is being worked on finish, and does not keep its connection after that", { timeout: SOON_MS }, async () => {
    const { close, finish, url } = await serve(60_000);
    const asked = fetch(`${url}/work`);
    await (await fetch(`${url}/now`)).text();
    const closed = close();
    finish();
    expect(await (await asked).text()).toBe("done");
    await closed;
  });

  it("does not wait for connections on which nothing was ever said", { timeout: SOON_MS }, async () => {
    const { close, port, url } = await serve(60_000);
    await say(port, "");
    // accepted after it, so the first is known to the server
    await (await fetch(`${url}/now`)).text();
    await close();
  });

  it("does not cut an answer short that its client is still reading", { timeout: SOON_MS }, async () => {
    const { close, port } = await serve(60_000);
    const socket = await say(port, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "readable");
    const closed = close();
    await sleep(300);
    let read = 0;
    for await (const chunk of socket) read += (chunk as Buffer).length;
    await closed;
    expect(read).toBeGreaterThan(LARGE.length);
  });

  it.each([
    ["stopped in the middle of a header", "GET /now HTTP/1.1\r\nHost: a"],
    ["stopped in the middle of a body", "POST /body HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"],
    ["wait for work that does not end", "GET /work HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["do not read their stream", "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"],
  ])("cuts off connections that %s when its time is over", { timeout: SOON_MS }, async (_what, text) => {
    const { close, port, url } = await serve(300);
    await say(port, text);
    // accepted after it, so the first is known to the server
    await (await fetch(`${url}/now`)).text();
    await close();
  });
});
