/*
 * Real: the command line's program, HTTP, our authorization server with its tokens. A stand-in: the MCP server, a few routes that each case breaks in one place,
 * so that each finding is seen to be found.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { obtainTokens, postForm, basic, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { run } from "../testing/run.ts";
import type { Finding, Section } from "./findings.ts";

interface Route {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
type Routes = Record<string, Route>;

const CORS = { "access-control-allow-origin": "*" };
let as: TestPlatform;
let rs: { readonly client_id: string; readonly client_secret: string };
let home: string;
let server: Server;
let origin: string;
let url: string;
let routes: Routes;
let checksTokens: boolean;
let shut: boolean;

beforeAll(async () => {
  as = await startTestPlatform();
  home = mkdtempSync(join(tmpdir(), "grantline-doctor-"));
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  url = `${origin}/mcp`;
  rs = await as.admin.resource(url, ["notes:read"]);
});
beforeEach(() => {
  routes = good();
  checksTokens = true;
  shut = false;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await as.close();
  for (const folder of [home, as.dataDir]) rmSync(folder, { recursive: true, force: true });
});

const PRM = "/.well-known/oauth-protected-resource/mcp";
const ROOT = "/.well-known/oauth-protected-resource";

/** A server with nothing to find. */
function good(): Routes {
  const document = { resource: url, authorization_servers: [as.issuer], scopes_supported: ["notes:read"] };
  return {
    [`GET ${PRM}`]: { headers: CORS, body: document },
    [`GET ${ROOT}`]: { headers: CORS, body: document },
    "POST /mcp": {
      status: 401,
      headers: {
        ...CORS,
        "access-control-expose-headers": "WWW-Authenticate, Mcp-Session-Id",
        "www-authenticate": `Bearer error="invalid_token", resource_metadata="${origin}${PRM}", scope="notes:read"`,
      },
      body: { error: "invalid_token" },
    },
    "OPTIONS /mcp": {
      status: 204,
      headers: { ...CORS, "access-control-allow-headers": "Authorization, Content-Type, Mcp-Protocol-Version, Mcp-Session-Id" },
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const key = `${request.method ?? ""} ${request.url ?? ""}`;
  if (shut && request.headers.origin !== undefined && key === "POST /mcp") return void response.writeHead(403).end();
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const route =
    token !== undefined && (!checksTokens || (await active(token))) ? { body: { jsonrpc: "2.0", id: 1, result: {} } } : routes[key];
  const { status = route === undefined ? 404 : 200, headers = {}, body = "" } = route ?? {};
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(status === 204 ? undefined : text);
}

async function active(token: string): Promise<boolean> {
  const said = await postForm(`${as.issuer}/introspect`, { token }, { authorization: basic(rs.client_id, rs.client_secret) });
  return ((await said.json()) as { active: boolean }).active;
}

function change(key: string, changes: Route): void {
  const before = routes[key] ?? {};
  const body =
    typeof changes.body === "object" && typeof before.body === "object"
      ? { ...(before.body as object), ...(changes.body as object) }
      : (changes.body ?? before.body);
  routes[key] = { ...before, ...changes, headers: { ...before.headers, ...changes.headers }, body };
}

interface Report {
  readonly code: number;
  readonly errors: number;
  readonly found: readonly (Finding & { readonly area: string })[];
}
async function doctor(at = url, args: readonly string[] = []): Promise<Report> {
  const ran = await run(["doctor", at, "--json", ...args], { cwd: home });
  const { sections, errors } = JSON.parse(ran.out) as { sections: readonly Section[]; errors: number };
  return { code: ran.code, errors, found: sections.flatMap(({ area, findings }) => findings.map((finding) => ({ area, ...finding }))) };
}
const bad = ({ found }: Report): readonly string[] =>
  found.filter(({ severity }) => severity === "error" || severity === "warning").map(({ severity, check }) => `${severity} ${check}`);

describe("grantline doctor", () => {
  it("finds nothing at a server that does everything right behind our authorization server", async () => {
    const report = await doctor();
    expect([report.code, bad(report)]).toEqual([0, []]);
    expect(report.found.filter(({ severity }) => severity === "ok").length).toBeGreaterThan(20);
    const shown = await run(["doctor", url], { cwd: home });
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining("0 errors, 0 warnings")]);
    expect((await run(["doctor", url, "--all"], { cwd: home })).out).toContain("ok    issuer is the very string that led here");
  });

  const cases: readonly (readonly [what: string, breaks: () => void, finds: readonly string[]])[] = [
    [
      "an issuer with one slash more in the resource metadata",
      () => {
        for (const place of [PRM, ROOT]) change(`GET ${place}`, { body: { authorization_servers: [`${as.issuer}/`] } });
      },
      ["error issuer", "error issuer", "error issuer"],
    ],
    ["a resource that is another", () => change(`GET ${PRM}`, { body: { resource: `${origin}/other` } }), ["error resource"]],
    ["a resource with a slash at its end", () => change(`GET ${PRM}`, { body: { resource: `${url}/` } }), ["error resource"]],
    ["a resource that is the parent", () => change(`GET ${PRM}`, { body: { resource: origin } }), ["warning resource"]],
    ["null members", () => change(`GET ${PRM}`, { body: { resource_name: null } }), ["error null-members"]],
    ["resource metadata that wants a token", () => change(`GET ${PRM}`, { status: 401 }), ["error public"]],
    [
      "resource metadata that is a redirect",
      () => change(`GET ${PRM}`, { status: 302, headers: { location: `${origin}${ROOT}` } }),
      ["error redirect"],
    ],
    [
      "resource metadata that is HTML",
      () => change(`GET ${PRM}`, { headers: { "content-type": "text/html" }, body: "<p>" }),
      ["error json"],
    ],
    [
      "no authorization server",
      () => change(`GET ${PRM}`, { body: { authorization_servers: [] } }),
      ["error authorization-servers", "error agree"],
    ],
    [
      "places that disagree",
      () => change(`GET ${ROOT}`, { body: { authorization_servers: ["https://other.example/oauth"] } }),
      ["error agree"],
    ],
    [
      "offline_access in the wrong place",
      () => change(`GET ${PRM}`, { body: { scopes_supported: ["offline_access"] } }),
      ["warning scopes-supported"],
    ],
    ["nothing at the inserted path", () => void delete routes[`GET ${PRM}`], ["error status"]],
    ["no challenge", () => change("POST /mcp", { headers: { "www-authenticate": "Basic realm=x" } }), ["error www-authenticate"]],
    [
      "a challenge without resource_metadata",
      () => change("POST /mcp", { headers: { "www-authenticate": "Bearer" } }),
      ["warning resource-metadata"],
    ],
    ["403 in place of 401", () => change("POST /mcp", { status: 403 }), ["error unauthorized", "warning token-checked"]],
    ["a server that checks no token", () => (checksTokens = false), ["error token-checked"]],
    ["a server open to all", () => change("POST /mcp", { status: 200 }), ["warning unauthorized", "error token-checked"]],
    ["a hidden challenge", () => change("POST /mcp", { headers: { "access-control-expose-headers": "" } }), ["warning exposed"]],
    [
      "a preflight that leaves Authorization to the star",
      () => change("OPTIONS /mcp", { headers: { "access-control-allow-headers": "*" } }),
      ["warning preflight"],
    ],
    ["no preflight", () => void delete routes["OPTIONS /mcp"], ["warning preflight"]],
    [
      "documents hidden from browsers",
      () => change(`GET ${PRM}`, { headers: { "access-control-allow-origin": "https://only.example" } }),
      ["warning readable"],
    ],
  ];
  it.each(cases)("finds %s, and nothing else", async (_what, breaks, finds) => {
    breaks();
    const report = await doctor();
    expect(bad(report)).toEqual(finds);
    expect(report.code).toBe(finds.some((each) => each.startsWith("error")) ? 1 : 0);
  });

  it("does not take a server that is not for browsers for a broken one", async () => {
    shut = true;
    delete routes["OPTIONS /mcp"];
    const report = await doctor();
    expect([report.code, bad(report)]).toEqual([0, []]);
    expect(report.found.filter(({ check }) => check === "origin")).toHaveLength(1);
  });

  it("says what differs, byte for byte", async () => {
    for (const place of [PRM, ROOT]) change(`GET ${place}`, { body: { authorization_servers: [`${as.issuer}/`] } });
    const { found } = await doctor();
    expect(found.find(({ check }) => check === "issuer")).toMatchObject({
      message: expect.stringContaining("lacks the slash"),
      expected: `${as.issuer}/`,
      found: as.issuer,
    });
  });

  it("says what a foreign authorization server lacks", async () => {
    const issuer = `${origin}/tenant`;
    for (const place of [PRM, ROOT]) change(`GET ${place}`, { body: { authorization_servers: [issuer] } });
    const metadata = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: "http://auth:3000/token",
      scopes_supported: ["a"],
    };
    routes["GET /.well-known/oauth-authorization-server/tenant"] = { headers: CORS, body: metadata };
    routes["GET /tenant/.well-known/openid-configuration"] = { headers: CORS, body: { ...metadata, jwks_uri: `${issuer}/jwks` } };
    expect(bad(await doctor())).toEqual([
      "warning agree",
      "error token_endpoint",
      "error code-challenge-methods",
      "error response-types",
      "warning public-clients",
      "warning iss-parameter",
      "warning refresh",
      "warning registration",
      "warning preflight",
    ]);
  });

  it("tries a token, and shows it nowhere", async () => {
    const client = await register(as.issuer);
    const { access_token: token } = await obtainTokens(as.person(), { issuer: as.issuer, client, scope: "notes:read", resource: url });
    const file = join(home, "token");
    writeFileSync(file, `${token}\n`);
    const report = await doctor(url, ["--token-file", file]);
    expect([report.code, bad(report)]).toEqual([0, []]);
    expect(report.found.filter(({ area }) => area === "token").map(({ check }) => check)).toEqual([
      "audience",
      "token-issuer",
      "expiry",
      "accepted",
      "tampered",
    ]);
    const ran = await run(["doctor", url, "--all", "--token-stdin"], { cwd: home, input: () => Promise.resolve(token) });
    expect(ran.out + ran.error).not.toContain(token);
    const { access_token: other } = await obtainTokens(as.person(), { issuer: as.issuer, client, scope: "openid" });
    writeFileSync(file, other);
    expect(bad(await doctor(url, ["--token-file", file]))).toEqual(["error audience", "error accepted"]);
  });

  it("says when nobody answers, and what it does not take", async () => {
    expect(await run(["doctor", "http://127.0.0.1:1/mcp"], { cwd: home })).toMatchObject({
      code: 2,
      error: expect.stringContaining("can't be reached"),
    });
    for (const address of ["ftp://x.example/", "nonsense", `${url}#x`])
      expect(await run(["doctor", address], { cwd: home })).toMatchObject({ code: 1, error: expect.stringContaining("http or https URL") });
  });

  it("lets no server steer the terminal", async () => {
    change("POST /mcp", { headers: { "www-authenticate": 'Bearer resource_metadata="x"' } });
    for (const place of [PRM, ROOT]) change(`GET ${place}`, { body: { resource: `${url}\u001b[2J` } });
    expect((await run(["doctor", url], { cwd: home })).out).not.toContain("\u001b");
  });
});
