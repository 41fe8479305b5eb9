/*
 * Real: the OAuth client of @modelcontextprotocol/client 2.4 and of @modelcontextprotocol/sdk 1.32, Grantline as a process of its own, @azure/identity over HTTPS. Stand-in: Microsoft Graph and
 * Entra's login. Made: the MCP server, which only says who its authorization server is.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EntraStandIn, startEntraStandIn } from "@grantline/bridge/graph-stand-in";
import { selfSignedLocalhost, ServerProcess } from "@grantline/testing";
import { auth, type OAuthDiscoveryState } from "@modelcontextprotocol/client";
import { auth as auth1, type OAuthDiscoveryState as DiscoveryState1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { Agent, fetch as trusting } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RememberingProvider } from "./support/remembering-provider.ts";

interface ClientInformation {
  client_id: string;
  client_secret?: string;
  redirect_uris: string[];
}
interface Tokens {
  access_token: string;
  token_type: string;
  refresh_token?: string;
  scope?: string;
}

let standIn: EntraStandIn;
let server: ServerProcess;
let folder: string;
let dispatcher: Agent;
let mcp: Server;
let mcpUrl = "";

beforeAll(async () => {
  const { key, cert } = selfSignedLocalhost();
  standIn = await startEntraStandIn({ tls: { key, cert } });
  dispatcher = new Agent({ connect: { ca: cert } });
  folder = mkdtempSync(join(tmpdir(), "grantline-stock-bridge-"));
  writeFileSync(join(folder, "ca.pem"), cert);
  mkdirSync(join(folder, "data"));
  const { tenantId, bridge, resource } = standIn.tenant;
  server = await ServerProcess.create({
    dataDir: join(folder, "data"),
    env: {
      NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
      GRANTLINE_BRIDGE_TARGET: "entra",
      // stock clients have no initial access token to show
      GRANTLINE_BRIDGE_OPEN: "true",
      GRANTLINE_BRIDGE_ENTRA_TENANT: tenantId,
      GRANTLINE_BRIDGE_ENTRA_CLIENT_ID: bridge.clientId,
      GRANTLINE_BRIDGE_ENTRA_SECRET_NAME: "oauth/entra/bridge/client-secret",
      GRANTLINE_BRIDGE_ENTRA_RESOURCE: resource.uri,
      GRANTLINE_BRIDGE_ENTRA_RESOURCE_APP_ID: resource.appId,
      GRANTLINE_BRIDGE_ENTRA_SCOPES: Object.entries(resource.scopes)
        .map(([name, id]) => `${name}=${id}`)
        .join(","),
      GRANTLINE_BRIDGE_ENTRA_AUTHORITY: standIn.url,
      GRANTLINE_BRIDGE_ENTRA_GRAPH: standIn.url,
      OAUTH__ENTRA__BRIDGE__CLIENT_SECRET: bridge.clientSecret,
    },
  });
  await server.start();
  mcp = createServer((request, response) => {
    const document = { resource: mcpUrl, authorization_servers: [`${server.origin}/bridge`], scopes_supported: ["mcp.read"] };
    const found = request.url === "/.well-known/oauth-protected-resource/mcp";
    response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(found ? document : {}));
  });
  await new Promise<void>((resolve) => mcp.listen(0, "127.0.0.1", resolve));
  mcpUrl = `http://127.0.0.1:${(mcp.address() as AddressInfo).port}/mcp`;
});
afterAll(async () => {
  await server?.kill();
  mcp?.close();
  await dispatcher?.destroy();
  await standIn?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The person's browser: to the facade, to Entra, and back to the program. */
async function loggedIn(url: URL | undefined): Promise<URLSearchParams> {
  const sent = await fetch(url ?? "", { redirect: "manual" });
  const entra = new URL(sent.headers.get("location") ?? "");
  expect([entra.origin, entra.searchParams.has("resource")]).toEqual([standIn.url, false]);
  const back = await trusting(entra, { redirect: "manual", dispatcher });
  return new URL(back.headers.get("location") ?? "").searchParams;
}

const metadata = (method: string) => ({
  client_name: "Stock client",
  redirect_uris: ["http://localhost:3118/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: method,
});

describe.each(["none", "client_secret_basic", "client_secret_post"])("a stock MCP client that registers with %s", (method) => {
  it("of the 2.x line gets Entra's tokens through the bridge from nothing but the URL of the MCP server, and refreshes them", async () => {
    const provider = new RememberingProvider<ClientInformation, Tokens, OAuthDiscoveryState>({ metadata: metadata(method) });
    const go = (more: object = {}) => auth(provider as never, { serverUrl: mcpUrl, ...more });
    expect(await go()).toBe("REDIRECT");
    // the stock client asked for the resource; Entra would have refused it
    expect(provider.authorizationUrl?.searchParams.get("resource")).toBe(mcpUrl);
    const callback = await loggedIn(provider.authorizationUrl);
    expect(callback.get("state")).toBe("opaque-state");
    expect(await go({ authorizationCode: callback.get("code") ?? "" })).toBe("AUTHORIZED");
    const first = provider.storedTokens;
    expect(first?.scope).toBe("mcp.read");
    expect(await go()).toBe("AUTHORIZED");
    expect(provider.storedTokens?.refresh_token).not.toBe(first?.refresh_token);
    expect([provider.redirects, provider.invalidated]).toEqual([1, []]);
  });

  it("of the 1.x line does too", async () => {
    const provider = new RememberingProvider<ClientInformation, Tokens, DiscoveryState1>({ metadata: metadata(method) });
    const go = (more: object = {}) => auth1(provider as never, { serverUrl: mcpUrl, ...more });
    expect(await go()).toBe("REDIRECT");
    const callback = await loggedIn(provider.authorizationUrl);
    expect(await go({ authorizationCode: callback.get("code") ?? "" })).toBe("AUTHORIZED");
    expect(await go()).toBe("AUTHORIZED");
    expect([provider.storedTokens?.scope, provider.redirects, provider.invalidated]).toEqual(["mcp.read", 1, []]);
  });
});
