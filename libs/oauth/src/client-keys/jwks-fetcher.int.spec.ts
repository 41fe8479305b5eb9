// Real: an HTTP server on loopback, the safe fetcher. Given: the clock.
import { generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSafeFetch } from "../outbound/index.ts";
import { createJwksFetcher } from "./index.ts";

const clock = { time: 1_900_000_000, now: () => clock.time };
const good = { ...generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }), kid: "a" };
let server: Server;
let uri: string;
let fetches = 0;
let status = 200;
let body = "";
let fetchJwks: ReturnType<typeof createJwksFetcher>;

beforeAll(async () => {
  server = createServer((_request, response) => {
    fetches += 1;
    response.writeHead(status, { "content-type": "application/jwk-set+json" }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});
afterAll(() => void server.close());
beforeEach(() => {
  clock.time += 10_000;
  fetches = 0;
  status = 200;
  body = JSON.stringify({ keys: [good, { kty: "oct", k: "AA" }] });
  fetchJwks = createJwksFetcher({ fetcher: createSafeFetch({ allowInsecureLoopback: true, clock }), clock });
});

describe("the keys at a client's jwks_uri", () => {
  it("come without the unusable ones, and are kept", async () => {
    expect((await fetchJwks(uri)).keys).toEqual([good]);
    await fetchJwks(uri);
    expect(fetches).toBe(1);
    clock.time += 601;
    await fetchJwks(uri);
    expect(fetches).toBe(2);
  });

  it("are fetched again for an unknown kid, at most every half minute (T-17)", async () => {
    await fetchJwks(uri);
    for (let n = 0; n < 50; n += 1) await fetchJwks(uri, { refresh: true });
    expect(fetches).toBe(1);
    clock.time += 31;
    await fetchJwks(uri, { refresh: true });
    expect(fetches).toBe(2);
  });

  it("go on being used for an hour while their server is away", async () => {
    await fetchJwks(uri);
    status = 503;
    clock.time += 700;
    expect((await fetchJwks(uri)).keys).toEqual([good]);
    clock.time += 3_000;
    await expect(fetchJwks(uri)).rejects.toMatchObject({ code: "invalid_client", reason: "client-keys-unavailable" });
  });

  it("are unavailable when they can't be fetched or are no key set", async () => {
    for (const text of ["", "[]", '{"keys":{}}', "null"]) {
      body = text;
      await expect(fetchJwks(uri)).rejects.toMatchObject({ reason: "client-keys-unavailable" });
    }
    await expect(fetchJwks("https://10.0.0.1/jwks")).rejects.toMatchObject({
      reason: "client-keys-unavailable",
      detail: "url-refused: an address that is not public",
    });
  });

  it("that are gone are gone at once", async () => {
    await fetchJwks(uri);
    status = 404;
    clock.time += 700;
    await expect(fetchJwks(uri)).rejects.toMatchObject({ reason: "client-keys-unavailable" });
  });
});
