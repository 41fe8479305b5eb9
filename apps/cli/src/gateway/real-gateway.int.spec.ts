/*
 * Real: the command line's program, the whole server with its gateway API, a person with a browser; and as the third party that gives tokens, another whole server
 * of ours. Made: the terminal, the clock, and the MCP server, which only looks whether it was sent a token.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADMIN_SECRET, freePort, Person, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, type Ran } from "../testing/run.ts";
import type { Terminal } from "../terminal.ts";

let provider: TestPlatform;
let server: TestPlatform;
let mcp: Server;
let home: string;

beforeAll(async () => {
  provider = await startTestPlatform();
  const port = await freePort();
  const client = await provider.admin.call<{ client_id: string }>("POST", "/clients", {
    client_name: "Our gateway",
    redirect_uris: [`http://localhost:${port}/connect/callback`],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none",
  });
  const third = { name: "third", kind: "custom", issuer: provider.issuer, clientId: client.client_id, authMethod: "none" };
  server = await startTestPlatform({
    port,
    frozenAt: Math.floor(Date.now() / 1000),
    env: { GRANTLINE_GATEWAY_PROVIDERS: JSON.stringify([third]), GRANTLINE_OPERATORS: "demo" },
  });
  mcp = createServer((request, response) => {
    const status =
      (request.headers.authorization ?? "").startsWith("Bearer gl_at_") || request.headers.authorization?.split(".").length === 3
        ? 200
        : 401;
    response.writeHead(status, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
  });
  await new Promise<void>((resolve) => mcp.listen(0, "127.0.0.1", resolve));
  home = mkdtempSync(join(tmpdir(), "grantline-real-"));
});
afterAll(async () => {
  mcp.closeAllConnections();
  await new Promise((resolve) => mcp.close(resolve));
  await Promise.all([provider.close(), server.close()]);
  for (const folder of [home, provider.dataDir, server.dataDir]) rmSync(folder, { recursive: true, force: true });
});

const grantline = (args: readonly string[], terminal: Partial<Terminal> = {}): Promise<Ran> =>
  run([...args, "--issuer", server.issuer], { cwd: home, ...terminal, env: { XDG_CONFIG_HOME: home, ...terminal.env } });
const operator = { env: { GRANTLINE_ADMIN_SECRET: ADMIN_SECRET } };
const mcpUrl = (): string => `http://127.0.0.1:${(mcp.address() as AddressInfo).port}/mcp`;

describe("a server behind the gateway, from adding it to leaving it", () => {
  it("is added by an operator, who sees it with its policy", async () => {
    const args = ["--url", mcpUrl(), "--provider", "third", "--scope", "openid", "--scope", "offline_access", "--deny-tool", "rm"];
    expect(await grantline(["server", "add", "files", ...args], operator)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^mcp_endpoint +http\S+\/mcp\/files$/m),
    });
    expect((await grantline(["server", "ls"], operator)).out).toMatch(new RegExp(`^files +third +oauth +${mcpUrl()}$`, "m"));
    expect((await grantline(["server", "inspect", "files"], operator)).out).toContain('"deny":["rm"]');
    expect(await grantline(["server", "add", "files", ...args], operator)).toMatchObject({
      code: 1,
      error: expect.stringContaining("409"),
    });
    expect(await grantline(["server", "add", "other"], operator)).toMatchObject({
      code: 1,
      error: expect.stringContaining("--url or --command"),
    });
  });

  it("is imported from a catalog of Docker's", async () => {
    const container = "gh: {type: server, image: gh, oauth: {providers: [{provider: github}]}}";
    writeFileSync(
      join(home, "catalog.yaml"),
      `registry: {${container}, Notes_Remote: {type: remote, remote: {url: '${mcpUrl()}'}}, curl: {type: poci}}`,
    );
    const ran = await grantline(["server", "import", "catalog.yaml", "--json"], operator);
    expect([ran.code, (JSON.parse(ran.out) as { servers: { name: string }[] }).servers.map(({ name }) => name)]).toEqual([
      0,
      ["notes-remote"],
    ]);
    expect(ran.error).toContain("gh: a program that wants tokens of its users");
    const again = await grantline(["server", "import", "catalog.yaml"], operator);
    expect(again).toMatchObject({ code: 1, out: "", error: expect.stringMatching(/notes-remote: .*409/) });
    expect(await grantline(["server", "rm", "notes-remote", "--yes"], operator)).toMatchObject({ code: 0 });
    expect((await grantline(["server", "ls"], operator)).out).not.toContain("notes-remote");
  });

  it("a person logs in, connects, refreshes, tries and leaves", async () => {
    // one browser for both servers: logged in here, and sent on to the third party
    const here = server.person();
    const there = provider.person();
    const login = await grantline(["login"], {
      open: async (address) => {
        void fetch(await here.authorize(address));
        return true;
      },
    });
    expect(login.code).toBe(0);
    expect((await grantline(["server", "ls"])).out).toMatch(/^files +third +- /m);
    const ran = await grantline(["oauth", "authorize", "files"], {
      open: async (address) => {
        await connect(here, there, address);
        return true;
      },
    });
    expect([ran.code, ran.out]).toEqual([0, "connected to files\n"]);
    const { items } = JSON.parse((await grantline(["oauth", "ls", "--json"])).out) as { items: { server: string; status: string }[] };
    expect(items).toEqual([expect.objectContaining({ server: "files", status: "connected", scopes: expect.arrayContaining(["openid"]) })]);
    expect(await grantline(["oauth", "test", "files"])).toMatchObject({ code: 0, out: expect.stringMatching(/^status +ok$/m) });
    // tokens just had are not replaced again at once
    server.advance(120);
    expect(await grantline(["oauth", "refresh", "files"])).toMatchObject({ code: 0, out: expect.stringMatching(/^expires_at +\d{4}-/m) });
    expect((await grantline(["server", "ls"])).out).toMatch(/^files +third +connected /m);
    expect(await grantline(["oauth", "revoke", "files"])).toMatchObject({ code: 0 });
    expect(await grantline(["oauth", "test", "files"])).toMatchObject({ code: 1, error: expect.stringContaining("not connected") });
    expect((await grantline(["oauth", "clients", "ls"], operator)).code).toBe(0);
    expect(await grantline(["oauth", "clients", "rm", "files"], operator)).toMatchObject({
      code: 1,
      error: expect.stringContaining("by hand"),
    });
  });
});

/** Says yes on our page, at the third party, and comes back. */
async function connect(here: Person, there: Person, address: string): Promise<void> {
  const page = await here.open(address);
  const sent = await here.submit(page, "connect-form", { decision: "connect" });
  await here.open(await there.authorize(sent.url));
}
