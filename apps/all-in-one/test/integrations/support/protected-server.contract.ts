import { randomBytes } from "node:crypto";
import { basic, postForm, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ClientSession } from "../../support/client-session.ts";
import type { MetadataDocumentServer } from "../../support/metadata-document-server.ts";
import { grantOf, HOWS, publishDocument } from "../../support/registrations.ts";
import { startStockServer, type StockProgram, type StockServer } from "./stock-server.ts";

const OTHER = "https://other.example/mcp";

export interface ProtectedServer {
  readonly program: () => StockProgram;
  /** Asks about every token; else it looks at signatures only, and a revoked token lives until it expires. */
  readonly introspects: boolean;
}

/** What every resource server has to do with our tokens, whoever wrote it: one tool `read_note` that needs `notes:read`. */
export function protectedServerContract({ program, introspects }: ProtectedServer): void {
  let platform: TestPlatform;
  let server: StockServer;
  let document: MetadataDocumentServer;
  let machine: { readonly client_id: string; readonly client_secret: string };
  const open: ClientSession[] = [];

  beforeAll(async () => {
    platform = await startTestPlatform();
    document = await publishDocument();
    server = await startStockServer(platform, program());
    await platform.admin.resource(OTHER, ["notes:read"]);
    machine = await platform.admin.machine();
  });
  afterEach(async () => {
    for (const session of open.splice(0)) await session.close();
  });
  afterAll(async () => {
    await server?.stop();
    await document?.close();
    await platform?.close();
  });

  async function session(how: (typeof HOWS)[number] = "dynamic registration"): Promise<ClientSession> {
    const started = await ClientSession.start({ platform, mcp: server }, how, document.url);
    open.push(started);
    return started;
  }

  async function machineToken(resource: string, scope: string): Promise<string> {
    const answer = await postForm(
      `${platform.issuer}/token`,
      { grant_type: "client_credentials", scope, resource },
      { authorization: basic(machine.client_id, machine.client_secret) },
    );
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** What the server says to the first request of a client that has this token. */
  function initialize(token?: string): Promise<Response> {
    return fetch(server.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "Test", version: "1" } },
      }),
    });
  }

  async function statusOf(answer: Promise<Response>): Promise<number> {
    const response = await answer;
    await response.body?.cancel();
    return response.status;
  }

  it("names itself as Grantline knows it, Grantline as its issuer spells itself, and what it wants clients to ask for", async () => {
    const metadata = await fetch(new URL(`/.well-known/oauth-protected-resource${server.url.pathname}`, server.url));
    expect(await metadata.json()).toMatchObject({
      resource: server.url.href,
      authorization_servers: [platform.issuer],
      scopes_supported: ["notes:read"],
    });
    const challenge = (await initialize()).headers.get("www-authenticate");
    // Spring leaves the quotes out
    expect(challenge?.replaceAll('"', "")).toContain(`resource_metadata=${server.url.origin}/.well-known/oauth-protected-resource/mcp`);
  });

  it.each(HOWS)("a client that knows only its URL finds its way by %s and calls a tool", async (how) => {
    const client = await session(how);
    expect(await client.connectsAtOnce()).toBe(false);
    await client.decide();
    expect(await client.connectsAtOnce()).toBe(true);
    expect((await client.client.listTools()).tools.map(({ name }) => name)).toEqual(["read_note"]);
    expect(await client.call("read_note")).toContain("a note");
  });

  it("takes a machine's token, which has no user", async () => {
    expect(await statusOf(initialize(await machineToken(server.url.href, "notes:read")))).toBe(200);
  });

  it("refuses with 401 who has no token, none of ours, or one for another server", async () => {
    expect(await statusOf(initialize())).toBe(401);
    expect(await statusOf(initialize(randomBytes(32).toString("base64url")))).toBe(401);
    expect(await statusOf(initialize(await machineToken(OTHER, "notes:read")))).toBe(401);
  });

  it("refuses with 403 a token whose scope does not reach", async () => {
    const response = await initialize(await machineToken(server.url.href, "notes:list"));
    await response.body?.cancel();
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([403, expect.stringContaining("insufficient_scope")]);
  });

  it("refuses with 401 a token whose signature was changed", async () => {
    const [header, payload, signature = ""] = (await machineToken(server.url.href, "notes:read")).split(".");
    const other = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    expect(await statusOf(initialize([header, payload, other].join(".")))).toBe(401);
  });

  // Who looks at signatures only does not hear of a revocation: that is the price of not asking
  it(`${introspects ? "refuses a revoked token at once" : "takes a revoked token until it expires"}, and a new login goes on`, async () => {
    const client = await session();
    await client.connect();
    const { accessToken } = client;
    await platform.admin.call("DELETE", `/grants/${await grantOf(platform, client.clientId)}`);
    expect(await statusOf(initialize(accessToken))).toBe(introspects ? 401 : 200);
    client.provider.invalidateCredentials("tokens");
    await client.connect();
    expect(await client.call("read_note")).toContain("a note");
    expect(client.provider.redirects).toBe(2);
  });
}
