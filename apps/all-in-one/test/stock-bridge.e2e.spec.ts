/*
 * Real: the OAuth client of @modelcontextprotocol/client 2.4 and of @modelcontextprotocol/sdk 1.32, Grantline as a process of its own, @azure/identity over HTTPS. Stand-in: Microsoft Graph and
 * Entra's login. Made: the MCP server, which only says who its authorization server is.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ServerProcess } from "@grantline/testing";
import { auth, type OAuthDiscoveryState } from "@modelcontextprotocol/client";
import { auth as auth1, type OAuthDiscoveryState as DiscoveryState1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { fetch as trusting } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnnouncingServer, startAnnouncingServer } from "./support/announcing-server.ts";
import { type EntraTenant, startEntraTenant } from "./support/entra-tenant.ts";
import { RememberingProvider, type StoredClient, type StoredTokens } from "./support/remembering-provider.ts";

let entra: EntraTenant;
let server: ServerProcess;
let mcp: AnnouncingServer;

beforeAll(async () => {
  entra = await startEntraTenant();
  mkdirSync(join(entra.folder, "data"));
  server = await ServerProcess.create({
    dataDir: join(entra.folder, "data"),
    // stock clients have no initial access token to show
    env: { ...entra.env, GRANTLINE_BRIDGE_OPEN: "true" },
  });
  await server.start();
  mcp = await startAnnouncingServer(`${server.origin}/bridge`);
});
afterAll(async () => {
  await server?.kill();
  mcp?.close();
  await entra?.close();
});

/** The person's browser: to the facade, to Entra, and back to the program. */
async function loggedIn(url: URL | undefined): Promise<URLSearchParams> {
  const sent = await fetch(url ?? "", { redirect: "manual" });
  const login = new URL(sent.headers.get("location") ?? "");
  expect([login.origin, login.searchParams.has("resource")]).toEqual([entra.standIn.url, false]);
  const back = await trusting(login, { redirect: "manual", dispatcher: entra.dispatcher });
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
    const provider = new RememberingProvider<StoredClient, StoredTokens, OAuthDiscoveryState>({ metadata: metadata(method) });
    const go = (more: object = {}) => auth(provider as never, { serverUrl: mcp.url, ...more });
    expect(await go()).toBe("REDIRECT");
    // the stock client asked for the resource; Entra would have refused it
    expect(provider.authorizationUrl?.searchParams.get("resource")).toBe(mcp.url);
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
    const provider = new RememberingProvider<StoredClient, StoredTokens, DiscoveryState1>({ metadata: metadata(method) });
    const go = (more: object = {}) => auth1(provider as never, { serverUrl: mcp.url, ...more });
    expect(await go()).toBe("REDIRECT");
    const callback = await loggedIn(provider.authorizationUrl);
    expect(await go({ authorizationCode: callback.get("code") ?? "" })).toBe("AUTHORIZED");
    expect(await go()).toBe("AUTHORIZED");
    expect([provider.storedTokens?.scope, provider.redirects, provider.invalidated]).toEqual(["mcp.read", 1, []]);
  });
});
