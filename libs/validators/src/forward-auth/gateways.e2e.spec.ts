// Real: nginx, HAProxy, the whole Grantline server over HTTP, an HTTP server behind them that says what it got. Fake: nothing.
import { readFileSync } from "node:fs";
import { createServer, request as send, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "@grantline/testing";
import { type Gateway, haproxyBinary, nginxBinary, startHaproxy, startNginx } from "@grantline/testing/ground";
import { startValidatorWorld, type ValidatorWorld } from "../testing/world.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "..", "..", "examples", "gateways");
const example = (name: string): string => readFileSync(join(EXAMPLES, name), "utf8");

let world: ValidatorWorld;
let upstream: Server;
let reached = 0;
beforeAll(async () => {
  // few failures allowed: what a gateway asks about must not count against the gateway
  world = await startValidatorWorld({ GRANTLINE_LIMIT_FAILURES: "10" });
  upstream = createServer((request, response) => {
    reached += 1;
    response.end(JSON.stringify(request.headers));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  upstream.close();
  upstream.closeAllConnections();
  await world.close();
});

const credential = (): string => `Basic ${Buffer.from(`${world.notes.client_id}:${world.notes.client_secret}`).toString("base64")}`;
const upstreamAddress = (): string => `127.0.0.1:${(upstream.address() as AddressInfo).port}`;

async function throughNginx(gateway = credential()): Promise<Gateway> {
  const port = await freePort();
  const config = example("nginx.conf")
    .replace("127.0.0.1:9400", new URL(world.platform.origin).host)
    .replace("127.0.0.1:8080", upstreamAddress())
    .replace("127.0.0.1:8081", `127.0.0.1:${port}`)
    .replace("http {", "http { access_log off;");
  return startNginx({
    port,
    files: { "nginx.conf": config, "grantline-gateway.conf": `proxy_set_header X-Grantline-Gateway "${gateway}";\n` },
  });
}

async function throughHaproxy(gateway = credential()): Promise<Gateway> {
  const port = await freePort();
  const { port: server } = new URL(world.platform.origin);
  const config = example("haproxy.cfg").replace("127.0.0.1:8082", `127.0.0.1:${port}`).replace("127.0.0.1:8080", upstreamAddress());
  return startHaproxy({
    port,
    files: { "haproxy.cfg": config, "grantline.lua": example("grantline.lua") },
    env: { GRANTLINE_FORWARD_AUTH: `http://127.0.0.1:${server}/oauth/v1/forward-auth`, GRANTLINE_GATEWAY: gateway },
  });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What the server behind got. */
  readonly got: IncomingHttpHeaders;
}

/** Node's own client, which sends headers as they are, twice if need be. */
function ask(gateway: Gateway, headers: readonly string[] = [], method = "GET", body = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.origin);
    const all = ["host", "notes.example", "content-length", String(body.length), ...headers];
    const outgoing = send({ hostname, port, path: "/mcp?x=1&resource=other", method, headers: all as never, agent: false }, (incoming) => {
      let text = "";
      incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
      incoming.on("end", () => {
        const got = incoming.statusCode === 200 ? (JSON.parse(text) as IncomingHttpHeaders) : {};
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, got });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const bearer = (token: string): readonly string[] => ["authorization", `Bearer ${token}`];

describe.each([
  { name: "nginx", there: nginxBinary() !== undefined, start: throughNginx },
  { name: "HAProxy", there: haproxyBinary() !== undefined, start: throughHaproxy },
])("a gateway", ({ name, there, start }) => {
  describe.skipIf(!there)(`needs ${name}: behind it an MCP server`, () => {
    let gateway: Gateway;
    beforeAll(async () => {
      gateway = await start();
    });
    afterAll(() => gateway.stop());

    it("is reached with a good token, and told who calls; the token and the gateway's secret stay outside", async () => {
      const { status, got } = await ask(gateway, bearer(await world.token(world.notes)), "POST", '{"jsonrpc":"2.0"}');
      expect(status).toBe(200);
      expect(got).toMatchObject({
        "x-auth-subject": world.machine.client_id,
        "x-auth-client": world.machine.client_id,
        "x-auth-scope": "read",
        "x-auth-entity": "service",
      });
      expect(Object.keys(got)).not.toEqual(expect.arrayContaining(["authorization"]));
      expect(JSON.stringify(got)).not.toContain(credential());
    });

    it("is not reached without a token; the client learns where to get one", async () => {
      const before = reached;
      const { status, headers } = await ask(gateway);
      expect([status, headers["www-authenticate"]]).toEqual([
        401,
        expect.stringContaining('resource_metadata="https://notes.example/.well-known/oauth-protected-resource/mcp"'),
      ]);
      expect(headers["www-authenticate"]).not.toContain("error=");
      expect(reached).toBe(before);
    });

    it("is not reached with a token for another server, however the client names it", async () => {
      const token = await world.token(world.mail);
      const before = reached;
      for (const more of [
        [],
        ["x-forwarded-host", "mail.example", "x-original-url", world.mail.uri],
        ["x-grantline-resource", world.mail.uri],
      ]) {
        const { status, headers } = await ask(gateway, [...bearer(token), ...more]);
        expect([status, headers["www-authenticate"]]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
      }
      expect(reached).toBe(before);
    });

    it("is not reached with too small a scope; the client learns what to ask for, with what it has already", async () => {
      const { status, headers } = await ask(gateway, bearer(await world.token(world.notes, "write")));
      expect(status).toBe(403);
      expect(headers["www-authenticate"]).toMatch(/error="insufficient_scope".*scope="read write"/);
    });

    it("is not reached with a revoked token, from the very next request on", async () => {
      const token = await world.token(world.notes);
      expect((await ask(gateway, bearer(token))).status).toBe(200);
      await world.revoke(token, world.machine.client_id, world.machine.client_secret);
      expect((await ask(gateway, bearer(token))).status).toBe(401);
    });

    it("never gets what a client sends under the gateway's names", async () => {
      const forged = [
        "x-auth-subject",
        "root",
        "X-Auth-Grant",
        "root",
        "X_Auth_Subject",
        "root",
        "x-auth-scope",
        "admin",
        "x-grantline-gateway",
        "root",
      ];
      const { status, got } = await ask(gateway, [...bearer(await world.token(world.notes)), ...forged]);
      expect([status, got["x-auth-subject"], got["x-auth-scope"]]).toEqual([200, world.machine.client_id, "read"]);
      expect(JSON.stringify(got)).not.toMatch(/root|admin/);
      expect((await ask(gateway, forged)).status).toBe(401);
    });

    it("is not reached with two tokens, or with the gateway's own credential in the client's hands", async () => {
      const token = await world.token(world.notes);
      expect((await ask(gateway, [...bearer(token), ...bearer(token)])).status).toBeGreaterThanOrEqual(400);
      expect((await ask(gateway, ["authorization", credential()])).status).toBe(401);
    });

    it("is not blocked for everybody by one who tries many bad tokens", async () => {
      for (let tries = 0; tries < 30; tries += 1) expect((await ask(gateway, bearer(`gl_at_nonsense${tries}`))).status).toBe(401);
      expect((await ask(gateway, bearer(await world.token(world.notes)))).status).toBe(200);
    });

    it("is closed, and says so as the gateway's fault, when its credential is wrong", async () => {
      const wrong = await start("Basic d3Jvbmc6d3Jvbmc=");
      const { status } = await ask(wrong, bearer(await world.token(world.notes)));
      await wrong.stop();
      expect(status).toBeGreaterThanOrEqual(500);
    });
  });
});
