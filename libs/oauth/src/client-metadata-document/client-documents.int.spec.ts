// Real: an HTTP server on loopback, the safe fetcher, the cache. Given: the clock.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSafeFetch } from "../outbound/index.ts";
import { createClientDocuments, type ClientDocuments } from "./index.ts";

const clock = { time: Math.floor(Date.now() / 1_000), now: () => clock.time };
const settings = {
  cimd: { enabled: true, allowInsecureLoopback: true },
  dcr: { enabled: true, initialAccessTokens: [], unusedLifetime: 1, redirectSchemes: ["cursor"] },
};
let server: Server;
let origin: string;
let fetches = 0;
let serve: (url: string, response: ServerResponse) => void;
let documents: ClientDocuments;

beforeAll(async () => {
  server = createServer((request, response) => {
    fetches += 1;
    serve(`${origin}${request.url}`, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.closeAllConnections());
beforeEach(() => {
  fetches = 0;
  serve = good();
  documents = createClientDocuments({ fetcher: createSafeFetch({ allowInsecureLoopback: true, clock, timeoutMs: 500 }), clock, settings });
});

const good =
  (headers: Record<string, string> = {}) =>
  (url: string, response: ServerResponse): void => {
    response
      .writeHead(200, { "content-type": "application/json", ...headers })
      .end(JSON.stringify({ client_id: url, client_name: "Agent", redirect_uris: ["cursor://cb"] }));
  };
const reasonOf = async (path: string): Promise<unknown> =>
  documents.get(`${origin}${path}`).then(
    () => "ok",
    (error: { reason?: string }) => error.reason,
  );

describe("client documents", () => {
  it.each([
    ["without headers", {}, 60],
    ["max-age=600", { "cache-control": "max-age=600" }, 600],
    ["no-store", { "cache-control": "no-store" }, 60],
    ["max-age=5", { "cache-control": "max-age=5" }, 60],
    ["a year (F-11)", { "cache-control": "max-age=31536000" }, 3_600],
  ])("are kept for as long as they say, within bounds: %s", async (_what, headers, seconds) => {
    serve = good(headers);
    const first = await documents.get(`${origin}/doc.json`);
    clock.time += seconds - 3; // it ages from the second its server made it

    expect(await documents.get(`${origin}/doc.json`)).toBe(first);
    expect(fetches).toBe(1);
    clock.time += 4;
    await documents.get(`${origin}/doc.json`);
    expect(fetches).toBe(2);
  });

  it("are fetched once for many who ask at the same time", async () => {
    await Promise.all(Array.from({ length: 30 }, () => documents.get(`${origin}/doc.json`)));
    expect(fetches).toBe(1);
  });

  it("are not fetched from where they may not be", async () => {
    expect(await documents.get("http://10.0.0.1/doc.json").catch((error: { reason: string }) => error.reason)).toBe(
      "document-fetch-refused",
    );
    expect(await documents.get("https://10.0.0.1/doc.json").catch((error: { reason: string }) => error.reason)).toBe(
      "document-fetch-refused",
    );
    expect(fetches).toBe(0);
  });

  it("that are no good are looked at again a quarter of a minute later", async () => {
    serve = (_url, response) => response.writeHead(200, { "content-type": "application/json" }).end("{}");
    expect(await reasonOf("/doc.json")).toBe("document-invalid");
    serve = good();
    expect(await reasonOf("/doc.json")).toBe("document-invalid");
    expect(fetches).toBe(1);
    clock.time += 16;
    expect(await reasonOf("/doc.json")).toBe("ok");
  });

  it("that can't be fetched say so", async () => {
    serve = (_url, response) => response.writeHead(404).end();
    expect(await reasonOf("/gone.json")).toBe("document-fetch-failed");
    serve = (_url, response) => response.writeHead(200, { "content-type": "application/json" }).end("x".repeat(5_121));
    expect(await reasonOf("/large.json")).toBe("document-fetch-failed");
  });
});
