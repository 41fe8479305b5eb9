// Real: an HTTP server on loopback, sockets, undici. Given: how names resolve.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSafeExchange, namedPlaces, type Resolve } from "./index.ts";

let server: Server;
let port: number;
let seen: { readonly request: IncomingMessage; readonly body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push({ request, body });
      if (request.url === "/away") response.writeHead(307, { location: "/token" }).end();
      else if (request.url === "/big") response.end("x".repeat(70_000));
      else if (request.url === "/stream") response.writeHead(401, { "www-authenticate": "Bearer" }).write("never ends");
      else if (request.url === "/never") return;
      else response.writeHead(400, { "content-type": "application/x-www-form-urlencoded" }).end("error=x");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const loopback: Resolve = async () => [{ address: "127.0.0.1", family: 4 }];
const exchange = createSafeExchange({ allowInsecureLoopback: true, resolve: loopback, timeoutMs: 2_000 });
const post = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=1" } as const;
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "answered",
    (error: { failure?: string }) => error.failure,
  );

describe("a safe exchange", () => {
  it("sends a body and brings back whatever was answered, errors included", async () => {
    seen = [];
    const answer = await exchange(`http://localhost:${port}/token`, post);
    expect(answer).toMatchObject({ status: 400, text: "error=x", headers: { "content-type": "application/x-www-form-urlencoded" } });
    expect(seen[0]?.body).toBe("a=1");
    expect(seen[0]?.request.headers["accept-encoding"]).toBe("identity");
  });

  it("takes a body to no other place, and reads no more than it must", async () => {
    expect(await failure(exchange(`http://localhost:${port}/away`, post))).toBe("redirected");
    expect(await failure(exchange(`http://localhost:${port}/big`, post))).toBe("too-large");
    const challenged = await exchange(`http://localhost:${port}/stream`, { method: "GET", headers: {}, headersOnly: true });
    expect(challenged).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" }, text: "" });
  });

  it("gives up in time", async () => {
    const impatient = createSafeExchange({ allowInsecureLoopback: true, resolve: loopback, timeoutMs: 50 });
    expect(await failure(impatient(`http://localhost:${port}/never`, post))).toBe("timed-out");
  });

  it("goes where an operator named our own network, by host or by block, over plain http too, and nowhere else there", async () => {
    seen = [];
    const inward: Resolve = async () => [{ address: "127.0.0.1", family: 4 }];
    const to = (entries: readonly string[], host: string) =>
      createSafeExchange({ allowInsecureLoopback: false, resolve: inward, named: namedPlaces(entries) })(
        `http://${host}:${port}/token`,
        post,
      );
    expect(await failure(to(["mcp.corp"], "mcp.corp"))).toBe("answered");
    expect(await failure(to(["127.0.0.0/8"], "127.0.0.2"))).not.toBe("url-refused");
    expect(seen).toHaveLength(1);
    for (const [entries, host] of [
      [["mcp.corp"], "other.corp"],
      [["mcp.corp"], "10.0.0.7"],
      [["10.1.0.0/16"], "10.2.0.7"],
    ] as const)
      expect(await failure(to(entries, host))).toBe("url-refused");
    const secure = createSafeExchange({ allowInsecureLoopback: false, resolve: inward, named: namedPlaces(["10.1.0.0/16"]) });
    expect(await failure(secure("https://mcp.corp/token", post))).toBe("address-refused");
    expect(seen).toHaveLength(1);
  });

  it("sends nothing into our own network", async () => {
    seen = [];
    const inward: Resolve = async () => [{ address: "10.0.0.7", family: 4 }];
    expect(await failure(createSafeExchange({ allowInsecureLoopback: true, resolve: inward })("https://as.example/token", post))).toBe(
      "address-refused",
    );
    expect(await failure(createSafeExchange({ allowInsecureLoopback: false })(`http://127.0.0.1:${port}/token`, post))).toBe("url-refused");
    for (const url of ["http://as.example/token", "https://169.254.169.254/", "https://user:pw@as.example/token"])
      expect(await failure(exchange(url, post))).toBe("url-refused");
    expect(seen).toEqual([]);
  });
});
