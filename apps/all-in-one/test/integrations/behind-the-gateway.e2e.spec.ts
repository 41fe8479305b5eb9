/*
 * Real: FastMCP 4, the Python SDK's server and Spring AI's as the examples set them up, each a process of its own, behind the gateway; Grantline,
 * which gives out the tokens on both sides; the TypeScript SDK's client; HTTP between them. Made: the person, who is a browser without script, and the clock.
 */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { obtainTokens, register, startTestPlatform, type Person, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PYTHON, pythonExample } from "./support/python.ts";
import { SPRING, springExample } from "./support/spring.ts";
import { startStockServer, type StockProgram, type StockServer } from "./support/stock-server.ts";

interface Behind {
  readonly name: string;
  readonly there: boolean;
  readonly program: () => StockProgram;
  /** Hears of a revocation at its next call. */
  readonly introspects: boolean;
}

const SERVERS: readonly Behind[] = [
  { name: "FastMCP", there: PYTHON !== undefined, program: () => pythonExample("fastmcp_introspection.py"), introspects: true },
  { name: "the Python MCP SDK", there: PYTHON !== undefined, program: () => pythonExample("mcp_sdk_server.py"), introspects: true },
  { name: "Spring AI", there: SPRING !== undefined, program: springExample, introspects: false },
];

for (const { name, there, program, introspects } of SERVERS)
  describe.skipIf(!there)(`needs ${name}: behind the gateway`, () => {
    let platform: TestPlatform;
    let server: StockServer;
    let person: Person;
    let endpoint: string;
    let client: Client;

    beforeAll(async () => {
      platform = await startTestPlatform({ frozenAt: Math.floor(Date.now() / 1000) });
      server = await startStockServer(platform, program());
      person = platform.person();
      ({ mcp_endpoint: endpoint } = await platform.admin.call<{ mcp_endpoint: string }>("POST", "/servers", {
        name: "notes",
        url: server.url.href,
      }));
      const { issuer } = platform;
      const { access_token } = await obtainTokens(person, { issuer, client: await register(issuer), resource: endpoint });
      client = new Client({ name: "Stock client", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
      const requestInit = { headers: { authorization: `Bearer ${access_token}` } };
      await client.connect(new StreamableHTTPClientTransport(new URL(endpoint), { requestInit }));
    });
    afterAll(async () => {
      await client?.close();
      await server?.stop();
      await platform?.close();
    });

    async function call(name: string): Promise<string> {
      const [first] = (await client.callTool({ name, arguments: {} })).content;
      return first?.type === "text" ? first.text : "";
    }

    /** Our page before anybody is sent anywhere, then the consent page of who gives tokens for the server: here ourselves. */
    async function connectAccount(told: string): Promise<void> {
      const link = /https?:\/\/\S+\/connect\/\S+/.exec(told)?.[0];
      const page = await person.open(link ?? "");
      const consent = await person.submit(page, "connect-form", { decision: "connect" });
      // Found out from the server alone: who gives tokens for it, by what name we go there, and what to ask for
      expect(consent).toMatchObject({ kind: "page", html: expect.stringContaining(`<code>${server.url.href}</code>`) });
      expect(consent).toMatchObject({ html: expect.stringContaining('id="scope-notes:read"') });
      const end = await person.submit(consent, "consent-form", { scope: ["notes:read", "offline_access"], decision: "allow" });
      expect(end).toMatchObject({ kind: "page", status: 200, html: expect.stringContaining('data-outcome="connected"') });
    }

    /** The grants of the gateway itself, as a client of whoever gives tokens for the server. */
    async function grantsForServer(): Promise<readonly string[]> {
      const { items } = await platform.admin.call<{
        items: { grant_id: string; live: boolean; client_id: string }[];
      }>("GET", "/grants");
      return items.filter(({ live, client_id }) => live && client_id.startsWith("http")).map(({ grant_id }) => grant_id);
    }

    it("is reached with a token of its own, once its user has connected an account there", async () => {
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["connect_account"]);
      await connectAccount(await call("connect_account"));
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["read_note"]);
      // It takes tokens for itself alone, so ours for the gateway was not passed on
      expect(await call("read_note")).toContain("a note");
      expect(await grantsForServer()).toHaveLength(1);
    });

    it(`${introspects ? "refuses the gateway as soon as" : "takes the gateway's token although"} that grant is revoked`, async () => {
      const [grant] = await grantsForServer();
      // Tokens that have only just come are given a moment before new ones are asked for
      platform.advance(20);
      await platform.admin.call("DELETE", `/grants/${grant}`);
      const told = await call("read_note");
      if (!introspects) return void expect(told).toContain("a note");
      // Its user is sent there again
      expect(told).toMatch(/\/connect\//);
      await connectAccount(told);
      expect(await call("read_note")).toContain("a note");
    });
  });
