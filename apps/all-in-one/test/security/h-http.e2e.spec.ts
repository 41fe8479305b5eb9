/*
 * Real: the whole server over HTTP and raw sockets with the embedded adapters. Made: the clock.
 */
import { connect } from "node:net";
import { introspect, onSharedEngines, postForm, type Tokens } from "@grantline/testing";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { tokensFor } from "./support/grants.ts";
import { expectCommon, expectError } from "./support/refusal.ts";
import { authorize, basicOf, raw, token } from "./support/request.ts";
import { RESOURCE, startWorld, unchanged, type World } from "./support/world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
beforeEach(() => world.server.advance(61));

const POSTS = ["token", "par", "introspect", "revoke"];
const REQUEST = (reason: string, status = 400) => ({ status, error: "invalid_request", reason });

/** Sends bytes as they are and gathers the answer until the server closes or a second has passed. */
function bytes(text: string): Promise<{ readonly answer: string; readonly closed: boolean }> {
  const { port, hostname } = new URL(world.server.origin);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect({ port: Number(port), host: hostname, autoSelectFamily: true });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve({ answer, closed: false });
    }, 1_500);
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve({ answer, closed: true });
    });
    socket.write(text);
  });
}

describe("H-01 content types", () => {
  it.each([
    "application/json",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded;charset=iso-8859-1",
    "application/x-www-form-urlencodedx",
    "*/*",
    "form",
  ])("H-01 refuses %s at every form endpoint with 415", async (type) => {
    for (const path of POSTS) {
      const response = await unchanged(world, () =>
        fetch(`${world.issuer}/${path}`, {
          method: "POST",
          headers: { "content-type": type, ...basicOf(world.machine) },
          body: "grant_type=client_credentials&token=x",
        }),
      );
      await expectError(world, response, REQUEST("content-type-unsupported", 415));
    }
  });

  it("H-01 refuses a body without a type, takes UTF-8 in any spelling, and an empty body for one without parameters", async () => {
    const { port, host } = { port: new URL(world.issuer).port, host: new URL(world.issuer).host };
    expect(port).not.toBe("");
    const untyped = await raw(world, {
      method: "POST",
      path: "/oauth/token",
      headers: [
        ["host", host],
        ["content-length", "29"],
      ],
      body: "grant_type=client_credentials",
    });
    expect([untyped.status, (JSON.parse(untyped.body) as { error: string }).error]).toEqual([415, "invalid_request"]);
    for (const type of ["application/x-www-form-urlencoded; charset=UTF-8", 'APPLICATION/X-WWW-FORM-URLENCODED;charset="utf-8"']) {
      expect(
        (
          await fetch(`${world.issuer}/token`, {
            method: "POST",
            headers: { "content-type": type, ...basicOf(world.machine) },
            body: new URLSearchParams({ grant_type: "client_credentials", resource: RESOURCE }).toString(),
          })
        ).status,
      ).toBe(200);
    }
    await expectError(world, await fetch(`${world.issuer}/token`, { method: "POST" }), REQUEST("parameter-missing"));
  });

  it("H-01 reads bytes that are not UTF-8, NUL, broken escapes and a byte-order mark without failing", async () => {
    for (const body of [
      "grant_type=%ff%fe",
      "grant_type=%",
      "grant_type=%zz",
      "\ufeffgrant_type=client_credentials",
      "grant_type=%00",
      "&&&===",
      "=",
      "a".repeat(60_000),
      "grant_type[]=x",
      "grant_type.x=y",
    ]) {
      const response = await unchanged(world, () =>
        fetch(`${world.issuer}/token`, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body }),
      );
      expect([400, 401]).toContain(response.status);
      expectCommon(response, await response.text());
    }
  });
});

describe("H-02 G-06 the Host header", () => {
  const HOSTS = ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1", "[::1]", "a".repeat(300)];

  it.each(HOSTS)("H-02 G-06 changes nothing with Host: %s: issuer, links and redirects are the configured ones", async (host) => {
    const forwarded = [
      ["x-forwarded-host", "evil.example"],
      ["x-forwarded-proto", "https"],
      ["forwarded", "host=evil.example;proto=https"],
    ] as const;
    for (const path of [
      "/.well-known/oauth-authorization-server/oauth",
      "/oauth/.well-known/openid-configuration",
      "/.well-known/oauth-protected-resource/admin/v1",
      "/admin/v1/openapi.json",
    ]) {
      const answer = await raw(world, { method: "GET", path, headers: [["host", host], ...forwarded] });
      expect([path, answer.status, answer.body.includes("evil.example"), answer.body.includes(host)]).toEqual([
        path,
        200,
        false,
        host === "127.0.0.1" || host === "[::1]" ? answer.body.includes(host) : false,
      ]);
    }
    const started = await raw(world, {
      method: "GET",
      path: `/oauth/authorize?client_id=${world.app.client_id}&response_type=token&state=s`,
      headers: [["host", host], ...forwarded],
    });
    expect(new URL(String(started.headers["location"])).searchParams.get("iss")).toBe(world.issuer);
  });
});

describe("H-03 methods", () => {
  it.each(["GET", "PUT", "PATCH", "DELETE", "HEAD"])("H-03 refuses %s at the endpoints that are POST, and says so", async (method) => {
    for (const path of POSTS) {
      const response = await unchanged(world, () => fetch(`${world.issuer}/${path}`, { method }));
      expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, "POST"]);
      if (method !== "HEAD") await expectError(world, response, REQUEST("method-not-allowed", 405));
    }
  });

  it("H-03 answers TRACE with neither success nor echo", async () => {
    for (const path of ["/oauth/token", "/oauth/authorize", "/"]) {
      const answer = await raw(world, {
        method: "TRACE",
        path,
        headers: [
          ["host", new URL(world.issuer).host],
          ["cookie", "secret-cookie=1"],
        ],
      });
      expect([404, 405, 501]).toContain(answer.status);
      expect(answer.body).not.toContain("secret-cookie");
    }
  });

  it("H-03 answers a preflight of browser endpoints, without credentials, and of no others", async () => {
    const headers = {
      origin: "https://app.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, mcp-protocol-version",
    };
    for (const [path, allowed] of [
      ["token", true],
      ["par", true],
      ["revoke", true],
      ["register", true],
      ["userinfo", true],
      ["jwks", true],
      ["introspect", false],
      ["authorize", false],
      ["login", false],
    ] as const) {
      const response = await fetch(`${world.issuer}/${path}`, { method: "OPTIONS", headers });
      expect([
        path,
        response.status,
        response.headers.get("access-control-allow-origin"),
        response.headers.get("access-control-allow-credentials"),
      ]).toEqual([path, 204, allowed ? "*" : null, null]);
    }
  });

  it.each([
    "/",
    "/oauth",
    "/oauth/",
    "/oauth/token/",
    "/OAUTH/token",
    "/oauth//token",
    "/oauth/%74oken%2f",
    "/oauth/token;x=1",
    "/oauth/../admin/v1/clients",
    "/oauth/..%2fadmin",
    "/.env",
    "/admin",
    "/oauth/token%00",
    "/%",
  ])("H-03 finds nothing at %s", async (path) => {
    const answer = await raw(world, { method: "GET", path, headers: [["host", new URL(world.issuer).host]] });
    expect([400, 401, 404, 405]).toContain(answer.status);
    expect(answer.body).not.toMatch(/node_modules|\bat \S+ \(/);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  });
});

describe("G-05 smuggling", () => {
  const head = () => `POST /oauth/token HTTP/1.1\r\nHost: ${new URL(world.issuer).host}\r\n`;
  const ATTEMPTS: readonly (readonly [string, () => string])[] = [
    [
      "Content-Length and Transfer-Encoding",
      () => `${head()}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n`,
    ],
    ["two Content-Lengths", () => `${head()}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`],
    ["a bare line feed", () => `POST /oauth/token HTTP/1.1\nHost: x\n\n`],
    ["a folded header", () => `${head()}X-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
    ["a header name with a space", () => `${head()}Content Length: 0\r\n\r\n`],
    ["a space before the colon", () => `${head()}Content-Length : 0\r\n\r\n`],
    ["an unknown transfer coding", () => `${head()}Transfer-Encoding: xchunked\r\n\r\n`],
    ["a chunk size that is no number", () => `${head()}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`],
    ["no Host", () => `POST /oauth/token HTTP/1.1\r\nContent-Length: 0\r\n\r\n`],
    ["a NUL in a header", () => `${head()}X-Nul: a\u0000b\r\nContent-Length: 0\r\n\r\n`],
    ["HTTP/9", () => `GET / HTTP/9.9\r\nHost: x\r\n\r\n`],
    ["rubbish", () => `\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n`],
  ];

  it.each(ATTEMPTS)("G-05 refuses %s and closes the connection", async (_what, text) => {
    const { answer, closed } = await unchanged(world, () => bytes(text()));
    expect([answer.split("\r\n")[0]?.split(" ")[1], closed, answer.split("HTTP/1.1 ").length - 1]).toEqual([
      expect.stringMatching(/^(400|501|505)$/),
      true,
      1,
    ]);
    expect((await fetch(`${world.server.origin}/health/live`)).status).toBe(200);
  });

  it("G-05 reads one request of two Host headers as neither", async () => {
    const { answer } = await bytes(`GET /oauth/jwks HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n`);
    expect(["200", "400"]).toContain(answer.split(" ")[1]);
    expect(answer).not.toContain('"issuer":"http://b');
  });
});

describe("H-05 evasions of a limit", () => {
  it("H-05 counts an IPv6 /64 as one, IPv4 in IPv6 as IPv4, and ignores X-Forwarded-For from strangers", async () => {
    const behind = await startWorld({ env: { GRANTLINE_LIMIT_ANONYMOUS_WRITES: "5", GRANTLINE_TRUSTED_PROXIES: "127.0.0.0/8,::1" } });
    const direct = await startWorld({ env: { GRANTLINE_LIMIT_ANONYMOUS_WRITES: "5" } });
    try {
      const register = (at: World, address: string) =>
        fetch(`${at.issuer}/register`, {
          method: "POST",
          headers: { "content-type": "application/json", "x-forwarded-for": address },
          body: JSON.stringify({ redirect_uris: ["https://client.example/cb"], token_endpoint_auth_method: "none" }),
        });
      const run = async (at: World, addresses: readonly string[]): Promise<number[]> => {
        const seen: number[] = [];
        for (const address of addresses) seen.push((await register(at, address)).status);
        return seen;
      };
      const full = [201, 201, 201, 201, 201, 429, 429];
      expect(
        await run(
          behind,
          Array.from({ length: 7 }, (_, index) => `2001:db8:1:2::${index}`),
        ),
      ).toEqual(full);
      expect(
        await run(
          behind,
          Array.from({ length: 7 }, (_, index) => (index % 2 === 0 ? "203.0.113.9" : "::ffff:203.0.113.9")),
        ),
      ).toEqual(full);
      // the last address a trusted proxy saw counts, not what the caller wrote before it
      expect(
        await run(
          behind,
          Array.from({ length: 7 }, (_, index) => `10.9.8.${index}, 198.51.100.7`),
        ),
      ).toEqual(full);
      expect(await run(behind, ["2001:db8:1:3::1"])).toEqual([201]);
      direct.server.advance(61);
      expect(
        await run(
          direct,
          Array.from({ length: 7 }, (_, index) => `198.51.100.${index}`),
        ),
      ).toEqual(full);
    } finally {
      for (const each of [behind, direct]) {
        await each.server.close();
        each.watch.stop();
      }
    }
  });

  it("H-05 limits a client by whatever spelling of its id, in parallel too, and lets others be", async () => {
    const limited = await world.server.admin.machine({ settings: { requests_per_minute: 10 } });
    const send = () => token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(limited));
    const statuses = (await Promise.all(Array.from({ length: 30 }, send))).map(({ status }) => status);
    expect([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length]).toEqual([10, 20]);
    for (const clientId of [limited.client_id.toUpperCase(), ` ${limited.client_id}`, `${limited.client_id} `]) {
      expect((await token(world, { grant_type: "client_credentials" }, basicOf({ ...limited, client_id: clientId }))).status).toBe(401);
    }
    expect((await token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(world.machine))).status).toBe(200);
    world.server.advance(60);
    // on shared engines the minute is the clock's, so that all processes mean the same one
    const left = onSharedEngines ? 60 - (world.server.context.clock.now() % 60) : 60;
    expect((await send()).headers.get("ratelimit")).toBe(`"client";r=9;t=${left}`);
  });
});

describe("H-08 slow and idle clients", () => {
  it("H-08 serves others while 500 connections idle and 50 drip their headers", async () => {
    const { port, hostname } = new URL(world.server.origin);
    const sockets = Array.from({ length: 550 }, () =>
      connect({ port: Number(port), host: hostname, autoSelectFamily: true }).on("error", () => undefined),
    );
    try {
      for (const socket of sockets.slice(0, 50)) socket.write("POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Le");
      await new Promise((resolve) => setTimeout(resolve, 300));
      const began = performance.now();
      for (let index = 0; index < 20; index++)
        expect((await token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(world.machine))).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(30_000);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it("H-08 forgets a caller that hangs up in the middle", async () => {
    const { port, hostname } = new URL(world.server.origin);
    for (const part of [
      "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ngrant_type",
      "GET /oauth/jwks HTTP/1.1\r\nHost: x\r\n",
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect({ port: Number(port), host: hostname, autoSelectFamily: true }, () =>
          socket.write(part, () => socket.destroy()),
        );
        socket.on("close", () => resolve());
      });
    }
    expect((await fetch(`${world.server.origin}/health/ready`)).status).toBe(200);
    expect(world.server.logs()).not.toContain("unexpected failure");
  });
});

describe("H-09 H-11 H-12 texts and headers", () => {
  const REDOS = [
    "a".repeat(20_000),
    `${"a ".repeat(10_000)}"`,
    "%".repeat(20_000),
    `https://${"a.".repeat(2_000)}example/`,
    `http://localhost${":".repeat(10_000)}`,
    `${"(".repeat(5_000)}`,
    `${"a@".repeat(5_000)}`,
    ` ${" ".repeat(15_000)}x`,
    `Basic ${"A".repeat(7_900)}=`,
    "-".repeat(20_000),
  ];

  it.each(REDOS.map((text) => [text.slice(0, 20), text] as const))(
    "H-09 reads %s… anywhere in less than 50 ms of CPU",
    async (_shown, text) => {
      const where: readonly (() => Promise<Response>)[] = [
        () => token(world, { grant_type: "client_credentials", scope: text, resource: text.slice(0, 3_000) }, basicOf(world.machine)),
        () =>
          postForm(`${world.issuer}/token`, {
            grant_type: "authorization_code",
            code: text,
            code_verifier: "v".repeat(43),
            redirect_uri: text,
            client_id: world.app.client_id,
          }),
        () => postForm(`${world.issuer}/introspect`, { token: text }, basicOf(world.rs)),
        () =>
          authorize(world, world.app.client_id, {
            redirect_uri: text.slice(0, 2_000),
            scope: text.slice(0, 2_000),
            login_hint: text.slice(0, 2_000),
            resource: text.slice(0, 2_000),
          }),
        () =>
          fetch(`${world.issuer}/userinfo`, {
            headers: { authorization: `Bearer ${text.trim().slice(0, 10_000)}`, "user-agent": text.trim().slice(0, 5_000) },
          }),
        () =>
          fetch(`${world.issuer}/register`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ client_name: text, redirect_uris: [text], scope: text, logo_uri: text }),
          }),
      ];
      for (const send of where) {
        await (await send()).text();
        // The best of three: what else this process does at that moment counts too, a slow reading of the text is slow each time.
        const spent: number[] = [];
        while (spent.length < 3 && Math.min(...spent) >= 50) {
          const began = process.cpuUsage();
          const response = await send();
          expectCommon(response, await response.text());
          const { user, system } = process.cpuUsage(began);
          spent.push((user + system) / 1_000);
        }
        expect(Math.min(...spent)).toBeLessThan(50);
      }
    },
  );

  it("H-11 compresses no answer, so nothing secret shares a window with what a stranger chose", async () => {
    const { access_token: value } = await tokensFor(world, { scope: "openid", resource: world.issuer });
    const answers = await Promise.all([
      fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${value}`, "accept-encoding": "gzip, br" } }),
      fetch(`${world.issuer}/token`, {
        method: "POST",
        headers: { ...basicOf(world.machine), "accept-encoding": "gzip, br" },
        body: new URLSearchParams({ grant_type: "client_credentials", resource: RESOURCE }),
      }),
      authorize(world, "nobody", {}, { "accept-encoding": "gzip, br" }),
    ]);
    for (const answer of answers) expect(answer.headers.get("content-encoding")).toBeNull();
  });

  it("H-12 puts the security headers on every answer, good, bad and not found", async () => {
    const paths = [
      "/.well-known/oauth-authorization-server/oauth",
      "/oauth/jwks",
      "/oauth/token",
      "/oauth/authorize",
      "/oauth/login",
      "/oauth/userinfo",
      "/oauth/register/x",
      "/admin/v1/clients",
      "/admin/v1/openapi.json",
      "/health/live",
      "/health/ready",
      "/metrics",
      "/nowhere",
      "/oauth/token?client_secret=x",
    ];
    for (const path of paths) {
      const { headers } = await fetch(`${world.server.origin}${path}`, { redirect: "manual" });
      const seen = ["x-content-type-options", "referrer-policy", "x-frame-options", "cross-origin-opener-policy"].map((name) =>
        headers.get(name),
      );
      expect([
        path,
        ...seen,
        headers.get("content-security-policy")?.includes("frame-ancestors 'none'"),
        headers.get("server"),
        headers.get("x-powered-by"),
      ]).toEqual([path, "nosniff", "no-referrer", "DENY", "same-origin", true, null, null]);
      expect(headers.get("x-correlation-id")).toBeTruthy();
    }
  });

  it("H-12 caches nothing that is about anybody: token, introspection, userinfo, registration, admin", async () => {
    const { access_token: value } = await tokensFor(world, { scope: "openid notes:read" });
    const { access_token: own } = await tokensFor(world, { scope: "openid", resource: world.issuer });
    expect((await introspect(world.issuer, world.rs, value)).active).toBe(true);
    const answers = [
      await token(world, { grant_type: "client_credentials", resource: RESOURCE }, basicOf(world.machine)),
      await postForm(`${world.issuer}/introspect`, { token: value }, basicOf(world.rs)),
      await fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${own}` } }),
      await fetch(`${world.issuer}/register/${world.stranger.client_id}`, {
        headers: { authorization: `Bearer ${world.stranger.registration_access_token}` },
      }),
      await world.server.admin.raw("GET", "/clients"),
    ];
    expect(answers.map(({ status, headers }) => [status, headers.get("cache-control")])).toEqual(answers.map(() => [200, "no-store"]));
    const first = (await (answers[0] as Response).json()) as Tokens;
    expect(Object.values(first)).not.toContain(null);
  });
});

afterwards(() => world);
