/*
 * Real: Keycloak with its login and consent pages, dcr-bridge, rotation-worker and audit-projector as processes on PostgreSQL and Redis, the OAuth clients of @modelcontextprotocol/client 2.4 and
 * @modelcontextprotocol/sdk 1.32. Made: the MCP server, which only says who its authorization server is.
 */
import { Person } from "@grantline/testing";
import { type Distributed, startDistributed } from "@grantline/testing/distributed";
import {
  ANN,
  keycloakHome,
  type KeycloakGround,
  type KeycloakRealm,
  noOwnPostgres,
  noRedis,
  openKeycloakRealm,
  REALM_RESOURCE,
  startKeycloak,
} from "@grantline/testing/ground";
import { auth, type OAuthDiscoveryState } from "@modelcontextprotocol/client";
import { auth as auth1, type OAuthDiscoveryState as DiscoveryState1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnnouncingServer, startAnnouncingServer } from "../../all-in-one/test/support/announcing-server.ts";
import { RememberingProvider, type StoredClient, type StoredTokens } from "../../all-in-one/test/support/remembering-provider.ts";

describe.skipIf(keycloakHome() === undefined || noOwnPostgres || noRedis)(
  "needs Keycloak, PostgreSQL and Redis: dcr-bridge before Keycloak",
  { timeout: 120_000 },
  () => {
    let keycloak: KeycloakGround;
    let realm: KeycloakRealm;
    let world: Distributed;
    let mcp: AnnouncingServer;

    beforeAll(async () => {
      keycloak = await startKeycloak();
      realm = await openKeycloakRealm(keycloak);
      world = await startDistributed({
        instances: { "dcr-bridge": 1, "token-service": 0, "client-registry": 0 },
        env: {
          GRANTLINE_BRIDGE_TARGET: "rfc7591",
          GRANTLINE_BRIDGE_SERVER_ISSUER: realm.issuer,
          GRANTLINE_BRIDGE_SERVER_SCOPES: "mcp.read,offline_access",
          GRANTLINE_BRIDGE_SERVER_SECRET_NAME: "oauth/keycloak/bridge/initial-access-token",
          // stock clients have no initial access token to show
          GRANTLINE_BRIDGE_OPEN: "true",
          OAUTH__KEYCLOAK__BRIDGE__INITIAL_ACCESS_TOKEN: await realm.initialAccessToken(),
        },
      });
      mcp = await startAnnouncingServer(`${world.origin}/bridge`);
    }, 300_000);
    afterAll(async () => {
      mcp?.close();
      await world?.stop();
      await keycloak?.stop();
    });

    /** The person's browser: to the facade, through Keycloak's pages, and back to the program. */
    async function loggedIn(url: URL | undefined): Promise<URLSearchParams> {
      const sent = await fetch(url ?? "", { redirect: "manual" });
      const person = new Person(keycloak.origin);
      const consent = await person.submit(await person.open(sent.headers.get("location") ?? ""), "kc-form-login", ANN);
      const back = await person.submit(consent, undefined, { accept: "Yes" });
      return back.url.searchParams;
    }

    const metadata = (method: string) => ({
      client_name: "Stock client",
      redirect_uris: ["http://localhost:3118/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: method,
    });

    describe.each(["none", "client_secret_basic"])("a stock MCP client that registers with %s", (method) => {
      it("of the 2.x line, which compares issuers, gets Keycloak's tokens for the MCP server and refreshes them", async () => {
        const provider = new RememberingProvider<StoredClient, StoredTokens, OAuthDiscoveryState>({ metadata: metadata(method) });
        const go = (more: object = {}) => auth(provider as never, { serverUrl: mcp.url, ...more });
        expect(await go()).toBe("REDIRECT");
        const callback = await loggedIn(provider.authorizationUrl);
        expect([callback.get("state"), callback.has("iss")]).toEqual(["opaque-state", false]);
        const iss = callback.get("iss") ?? undefined;
        expect(await go({ authorizationCode: callback.get("code") ?? "", iss })).toBe("AUTHORIZED");
        const first = provider.storedTokens;
        const keys = createRemoteJWKSet(new URL(`${realm.issuer}/protocol/openid-connect/certs`));
        // as the MCP server would look at it
        const { payload } = await jwtVerify(first?.access_token ?? "", keys, { issuer: realm.issuer, audience: REALM_RESOURCE });
        // it asks for offline_access wherever it is offered
        expect(String(payload["scope"]).split(" ").toSorted()).toEqual(["mcp.read", "offline_access"]);
        expect(await go()).toBe("AUTHORIZED");
        expect(provider.storedTokens?.access_token).not.toBe(first?.access_token);
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

    it("has a client of its own in the realm for each of them, which asks for consent", async () => {
      const there = await realm.registered();
      expect(there.length).toBe(4);
      for (const client of there) expect(client).toMatchObject({ name: "Stock client (localhost:3118)", consentRequired: true });
    });
  },
);
