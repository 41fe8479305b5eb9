/*
 * Real: the command line's program, our authorization server, logins and tokens, HTTP. A stand-in: the gateway, which remembers what it was asked and answers as
 * libs/upstream describes: for answers the real one never gives. The way through the real one is in real-gateway.int.spec.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { basic, postForm, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { run, type Ran } from "../testing/run.ts";
import type { Terminal } from "../terminal.ts";

let as: TestPlatform;
let rs: { readonly client_id: string; readonly client_secret: string };
let gateway: Server;
let origin: string;
let home: string;
let asked: string[];
let answers: Record<string, readonly [status: number, body?: object]>;

beforeAll(async () => {
  as = await startTestPlatform();
  gateway = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  rs = await as.admin.resource(`${origin}/gateway/v1`, ["connections"]);
  home = mkdtempSync(join(tmpdir(), "grantline-gateway-"));
  const login = await grantline(["login"], {
    open: async (address) => {
      void fetch(await as.person().authorize(address));
      return true;
    },
  });
  if (login.code !== 0) throw new Error(login.error);
});
beforeEach(() => {
  asked = [];
  answers = {};
});
afterAll(async () => {
  gateway.closeAllConnections();
  await new Promise((resolve) => gateway.close(resolve));
  await as.close();
  for (const folder of [home, as.dataDir]) rmSync(folder, { recursive: true, force: true });
});

const grantline = (args: readonly string[], terminal: Partial<Terminal> = {}): Promise<Ran> =>
  run([...args, "--issuer", as.issuer, "--gateway", origin], { cwd: home, ...terminal, env: { XDG_CONFIG_HOME: home } });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const key = `${request.method ?? ""} ${request.url ?? ""}`;
  asked.push(`${key} ${body}`.trim());
  const token = (request.headers.authorization ?? "").slice("Bearer ".length);
  const said = await postForm(`${as.issuer}/introspect`, { token }, { authorization: basic(rs.client_id, rs.client_secret) });
  const { active, scope } = (await said.json()) as { active: boolean; scope?: string };
  const known = answers[key] ?? [404, { error: "invalid_request", error_description: "No server has this name." }];
  const [status, value] = active && scope?.split(" ").includes("connections") === true ? known : [401, { error: "invalid_token" }];
  response.writeHead(status, { "content-type": "application/json" }).end(value === undefined ? undefined : JSON.stringify(value));
}

const github = {
  server: "github",
  status: "connected",
  provider: "github",
  scopes: ["repo", "read:org"],
  authorized_at: 1_800_000_000,
  last_refreshed_at: 1_800_000_060,
  expires_at: 1_800_003_600,
  last_error: "provider-unreachable",
};

describe("grantline oauth", () => {
  it("lists connections with scopes, expiry, last refresh and its error", async () => {
    answers["GET /gateway/v1/connections"] = [200, { items: [github] }];
    const { out } = await grantline(["oauth", "ls"]);
    expect(out).toMatch(/^SERVER +STATUS +PROVIDER +EXPIRES +REFRESHED +LAST ERROR +SCOPES\n/);
    expect(out).toContain("github  connected  github    2027-01-15T09:00:00Z  2027-01-15T08:01:00Z  provider-unreachable  repo read:org");
    expect(JSON.parse((await grantline(["oauth", "ls", "--json"])).out)).toEqual({ items: [github] });
  });

  it("authorizes: opens the page, asks for scopes, waits until it is done", async () => {
    answers["POST /gateway/v1/connections/github"] = [
      201,
      { url: `${as.origin}/connect/abc`, id: "abc", expires_at: Date.now() / 1000 + 60 },
    ];
    answers["GET /gateway/v1/authorizations/abc"] = [200, { status: "pending" }];
    const opened: string[] = [];
    const going = grantline(["oauth", "authorize", "github", "--scopes", "repo,read:org"], {
      open: (address) => {
        opened.push(address);
        answers["GET /gateway/v1/authorizations/abc"] = [200, { status: "done" }];
        return Promise.resolve(true);
      },
    });
    expect(await going).toMatchObject({ code: 0, out: "connected to github\n" });
    expect(opened).toEqual([`${as.origin}/connect/abc`]);
    expect(asked[0]).toBe('POST /gateway/v1/connections/github {"scopes":["repo","read:org"]}');
  });

  it.each(["--device", "--no-browser"])("shows the address with %s, and opens nothing", async (option) => {
    answers["POST /gateway/v1/connections/github"] = [
      201,
      { url: `${as.origin}/connect/abc`, id: "abc", expires_at: Date.now() / 1000 + 60 },
    ];
    answers["GET /gateway/v1/authorizations/abc"] = [200, { status: "failed" }];
    const ran = await grantline(["oauth", "authorize", "github", option], { open: () => Promise.reject(new Error("opened")) });
    expect(ran).toMatchObject({ code: 1, error: expect.stringContaining(`${as.origin}/connect/abc`) });
    expect(ran.error).toContain("did not end well");
  });

  it("opens no address that is not of the web (CVE-2025-6514)", async () => {
    for (const url of ["file:///etc/passwd", "javascript:alert(1)", "ms-settings:x"]) {
      answers["POST /gateway/v1/connections/github"] = [201, { url, id: "abc", expires_at: Date.now() / 1000 + 60 }];
      const ran = await grantline(["oauth", "authorize", "github"], { open: () => Promise.reject(new Error("opened")) });
      expect(ran).toMatchObject({ code: 1, error: expect.stringContaining("not opened") });
    }
  });

  it("refreshes, tests and revokes", async () => {
    answers["POST /gateway/v1/connections/github/refresh"] = [200, github];
    answers["POST /gateway/v1/connections/github/test"] = [200, { status: "refused", http_status: 401 }];
    answers["DELETE /gateway/v1/connections/github"] = [204];
    expect((await grantline(["oauth", "refresh", "github"])).out).toMatch(/^expires_at +2027-01-15T09:00:00Z$/m);
    expect(await grantline(["oauth", "test", "github"])).toMatchObject({ code: 1, out: expect.stringMatching(/^http_status +401$/m) });
    answers["POST /gateway/v1/connections/github/test"] = [200, { status: "ok", http_status: 200 }];
    expect((await grantline(["oauth", "test", "github"])).code).toBe(0);
    expect(await grantline(["oauth", "revoke", "github"])).toMatchObject({ code: 0, out: "revoke of github: done\n" });
  });

  it("says what the gateway says, and lets nothing but a name into a path", async () => {
    expect(await grantline(["oauth", "refresh", "nothing"])).toMatchObject({
      code: 1,
      error: expect.stringContaining("No server has this name"),
    });
    expect(asked).toEqual(["POST /gateway/v1/connections/nothing/refresh"]);
  });
});

describe("grantline server ls", () => {
  it("shows a person what they may connect to", async () => {
    answers["GET /gateway/v1/servers"] = [
      200,
      { items: [{ name: "github", provider: "github", url: `${origin}/mcp/github`, scopes: [], connected: true }] },
    ];
    expect((await grantline(["server", "ls"])).out).toMatch(/^github +github +connected +http/m);
  });
});

describe("grantline server import", () => {
  it("shows what a catalog of Docker's would add, without adding it", async () => {
    writeFileSync(
      join(home, "catalog.yaml"),
      "registry: {notion: {type: remote, remote: {url: 'https://mcp.notion.com/mcp', transport_type: streamable-http}}, curl: {type: poci}}",
    );
    const ran = await run(["server", "import", "catalog.yaml", "--dry-run"], { cwd: home });
    expect(ran).toMatchObject({ code: 0, out: "notion  https://mcp.notion.com/mcp\n", error: expect.stringContaining("curl: ") });
  });
});
