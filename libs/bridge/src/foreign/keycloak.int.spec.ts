// Real: Keycloak with its pages, policies and tokens; event store, listings and secret store in files. Made: where a client's redirects lead.
import { hash } from "node:crypto";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Person } from "@grantline/testing";
import {
  ANN,
  keycloakHome,
  type KeycloakGround,
  type KeycloakRealm,
  openKeycloakRealm,
  REALM_RESOURCE,
  startKeycloak,
} from "@grantline/testing/ground";
import { runRegistrationTargetContract } from "../contract/index.ts";
import { agent, bearer, INITIAL, openTestBridge, type TestBridge } from "../fixtures/bridge.ts";
import { memorySecrets } from "../fixtures/memory-secrets.ts";
import type { Fetch } from "../fetch.port.ts";
import { resume } from "../process/duties.ts";
import { foreignServer } from "./foreign-server.ts";
import { foreignTarget } from "./foreign-target.ts";
import { foreignUpstream } from "./foreign-upstream.ts";

const send = fetch as Fetch;
const SCOPES = ["mcp.read", "offline_access"];
const VERIFIER = "v".repeat(43);

describe.skipIf(keycloakHome() === undefined)("needs Keycloak: the bridge", { timeout: 120_000 }, () => {
  let keycloak: KeycloakGround;
  let realm: KeycloakRealm;
  let token = "";
  let bridge: TestBridge | undefined;
  beforeAll(async () => {
    keycloak = await startKeycloak();
    realm = await openKeycloakRealm(keycloak);
    token = await realm.initialAccessToken();
  }, 240_000);
  afterAll(() => keycloak?.stop());
  afterEach(async () => {
    await bridge?.close();
    bridge = undefined;
    await realm.empty();
  });

  runRegistrationTargetContract("Keycloak", async () => {
    let cut = false;
    // the network between, which is quicker cut than Keycloak is started again
    const through: Fetch = async (url, init) => {
      if (cut) throw new TypeError("the network is cut");
      return send(url, init);
    };
    const secrets = memorySecrets();
    const server = { metadata: () => foreignServer(realm.issuer, through).metadata() };
    return {
      target: foreignTarget({ server, secrets, scopes: SCOPES, initialAccessToken: async () => token, fetch: through }),
      applications: async () => (await realm.registered()).length,
      redirectUris: async (clientId) => (await realm.registered()).find((each) => each.clientId === clientId)?.redirectUris ?? [],
      secrets: async () => secrets.values.size,
      away: async (gone) => {
        cut = gone;
      },
      close: () => realm.empty(),
    };
  });

  interface Around {
    readonly token?: string | undefined;
    readonly fetch?: Fetch;
  }
  async function open(around: Around = { token }): Promise<TestBridge> {
    const server = foreignServer(realm.issuer, send);
    const initial = around.token;
    bridge = await openTestBridge({
      fetch: send,
      settings: { patience: 60 },
      made: (secrets) => ({
        target: foreignTarget({
          server,
          secrets,
          scopes: SCOPES,
          fetch: around.fetch ?? send,
          ...(initial === undefined ? {} : { initialAccessToken: async () => initial }),
        }),
        upstream: foreignUpstream(server, SCOPES),
      }),
    });
    return bridge;
  }
  const register = (over: object = {}) =>
    (bridge as TestBridge).call("POST", "/bridge/register", { headers: bearer(INITIAL), body: JSON.stringify(agent(over)) });
  const managed = (of: Readonly<Record<string, unknown>>, method: string, body?: object) =>
    (bridge as TestBridge).call(method, `/bridge/register/${String(of["client_id"])}`, {
      headers: bearer(String(of["registration_access_token"])),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const warned = () => JSON.stringify((bridge as TestBridge).lines);

  describe("a person's way through it", () => {
    async function sentOn(of: Readonly<Record<string, unknown>>, over: Record<string, string> = {}): Promise<string> {
      const query = new URLSearchParams({
        client_id: String(of["client_id"]),
        response_type: "code",
        redirect_uri: "https://agent.example.com/cb",
        state: "st",
        scope: "mcp.read offline_access",
        resource: REALM_RESOURCE,
        code_challenge: hash("sha256", VERIFIER, "base64url"),
        code_challenge_method: "S256",
        ...over,
      });
      const sent = await (bridge as TestBridge).call("GET", `/bridge/authorize?${query.toString()}`);
      expect(sent.status).toBe(302);
      return String(sent.headers["location"]);
    }
    const atToken = (of: Readonly<Record<string, unknown>>, form: Record<string, string>) => {
      const credentials = Buffer.from(`${String(of["client_id"])}:${String(of["client_secret"])}`).toString("base64");
      return (bridge as TestBridge).call("POST", "/bridge/token", {
        headers: { authorization: `Basic ${credentials}` },
        body: new URLSearchParams(form).toString(),
      });
    };

    it("leads from registration over login and consent to tokens for the MCP server, and to none once the client is removed", async () => {
      await open();
      const { status, body } = await register();
      expect(status).toBe(201);
      const person = new Person(keycloak.origin);
      const login = await person.open(await sentOn(body));
      const consent = await person.submit(login, "kc-form-login", ANN);
      // anybody can take any name: where the code goes is what the person is told
      expect(consent.kind === "page" && consent.html).toContain("Grant Access to Agent (agent.example.com)");
      expect(consent.kind === "page" && consent.html).toContain("Read through MCP");
      const { kind, url } = await person.submit(consent, undefined, { accept: "Yes" });
      expect([kind, `${url.origin}${url.pathname}`, url.searchParams.get("state")]).toEqual([
        "callback",
        "https://agent.example.com/cb",
        "st",
      ]);
      // RFC 9207 §2.4: a client of the facade would have to refuse Keycloak's own issuer
      expect(url.searchParams.has("iss")).toBe(false);
      const code = url.searchParams.get("code") ?? "";
      const redirect_uri = "https://agent.example.com/cb";
      const tokens = await atToken(body, { grant_type: "authorization_code", code, redirect_uri, code_verifier: VERIFIER });
      expect([tokens.status, new Set(String(tokens.body["scope"]).split(" "))]).toEqual([200, new Set(SCOPES)]);
      expect(tokens.body).not.toHaveProperty("id_token");
      const claims = decodeJwt(String(tokens.body["access_token"]));
      expect([claims.iss, claims.aud]).toEqual([realm.issuer, REALM_RESOURCE]);
      expect(claims.sub).toMatch(/^[0-9a-f-]{36}$/);
      // neither roles nor anything else the realm gives by default
      expect(claims).not.toHaveProperty("realm_access");
      const refresh = { grant_type: "refresh_token", refresh_token: String(tokens.body["refresh_token"]) };
      const refreshed = await atToken(body, refresh);
      expect([refreshed.status, decodeJwt(String(refreshed.body["access_token"])).aud]).toEqual([200, REALM_RESOURCE]);
      expect((await managed(body, "DELETE")).status).toBe(204);
      expect([await realm.registered(), await (bridge as TestBridge).secrets.list()]).toEqual([[], []]);
      expect((await atToken(body, refresh)).status).toBe(401);
    });

    it("asks for nothing the client did not register, since Keycloak would refuse all of it", async () => {
      await open();
      const { body } = await register({ scope: "mcp.read unheard-of" });
      const location = new URL(await sentOn(body));
      expect([location.searchParams.get("scope"), location.searchParams.has("resource")]).toEqual(["mcp.read", false]);
      const page = await new Person(keycloak.origin).open(location);
      expect([page.kind, page.kind === "page" && page.html.includes("kc-form-login")]).toEqual(["page", true]);
    });

    it("goes to a port that was not registered where the redirect is to this device (RFC 8252 §7.3)", async () => {
      await open();
      const { body } = await register({ redirect_uris: ["http://127.0.0.1/cb"], application_type: "native" });
      const page = await new Person(keycloak.origin).open(await sentOn(body, { redirect_uri: "http://127.0.0.1:49152/cb" }));
      expect([page.kind, page.kind === "page" && page.html.includes("kc-form-login")]).toEqual(["page", true]);
    });
  });

  describe("registers a client", () => {
    it("with the scopes it may have and no others, asking each person, and not naming Keycloak as issuer to it", async () => {
      await open();
      await register({ scope: "mcp.read", client_name: "${client_account}" });
      const [there] = await realm.registered();
      expect(there).toMatchObject({
        name: "$client_account (agent.example.com)",
        consentRequired: true,
        fullScopeAllowed: false,
        optionalClientScopes: ["mcp.read"],
        attributes: { "exclude.issuer.from.auth.response": "true", "client.secret.authentication.allowed.method": "client_secret_post" },
      });
      expect(there?.defaultClientScopes).not.toContain("roles");
    });

    it("that is changed, twice, although Keycloak replaces the registration access token each time", async () => {
      await open();
      const { body } = await register();
      for (const uri of ["https://agent.example.com/two", "https://agent.example.com/three"]) {
        const { client_id, client_secret } = body;
        expect((await managed(body, "PUT", agent({ redirect_uris: [uri], client_id, client_secret }))).status).toBe(200);
        expect(await realm.registered()).toMatchObject([
          { redirectUris: [uri], attributes: { "exclude.issuer.from.auth.response": "true" } },
        ]);
      }
      expect((await managed(body, "DELETE")).status).toBe(204);
      expect(await realm.registered()).toEqual([]);
    });

    it("not with a redirect URI that Keycloak would take for a pattern", async () => {
      await open();
      const { status, body } = await register({ redirect_uris: ["https://agent.example.com/*"] });
      expect([status, body["error"], await realm.registered()]).toEqual([400, "invalid_redirect_uri", []]);
    });
  });

  describe("is refused", () => {
    it("by a policy, which the log names and the client is not told", async () => {
      await open({ token: undefined });
      const { status, body, reason } = await register();
      expect([status, body["error"], reason]).toEqual([502, "server_error", "bridge-target-refused"]);
      expect(JSON.stringify(body)).not.toMatch(/Trusted|Keycloak/);
      expect(warned()).toContain("403 insufficient_scope (policy Trusted Hosts)");
      expect([await realm.registered(), await (bridge as TestBridge).secrets.list()]).toEqual([[], []]);
    });

    it("not by that policy once it trusts the bridge's host and the client's", async () => {
      await realm.trustHosts(["127.0.0.1", "agent.example.com"]);
      await open({ token: undefined });
      const { status, body } = await register();
      expect([status, (await realm.registered()).map(({ consentRequired }) => consentRequired)]).toEqual([201, [true]]);
      expect((await managed(body, "DELETE")).status).toBe(204);
      await realm.trustHosts([]);
    });

    it("once the initial access token is used up, and by one it never gave", async () => {
      for (const spent of [await realm.initialAccessToken(1), "not-a-token-of-keycloak"]) {
        await open({ token: spent });
        if (spent !== "not-a-token-of-keycloak") expect((await register()).status).toBe(201);
        expect((await register()).status).toBe(502);
        expect(warned()).toContain("target-token-refused");
        expect(warned()).toContain("401 invalid_token");
        expect(warned()).not.toContain(spent);
        await bridge?.close();
      }
      bridge = undefined;
    });
  });

  describe("when the answer to a change gets lost", () => {
    function cutting(): { readonly fetch: Fetch; lose: boolean } {
      const state = {
        lose: false,
        fetch: (async (url, init) => {
          const answer = await send(url, init);
          if (!state.lose || init.method !== "PUT") return answer;
          state.lose = false;
          throw new TypeError("the answer was cut off");
        }) as Fetch,
      };
      return state;
    }

    it("keeps the client for an administrator to remove: its registration access token went with the answer", async () => {
      const wire = cutting();
      await open({ token, fetch: wire.fetch });
      const { body } = await register();
      const [there] = await realm.registered();
      wire.lose = true;
      const { client_id, client_secret } = body;
      const changed = await managed(body, "PUT", agent({ redirect_uris: ["https://agent.example.com/two"], client_id, client_secret }));
      // the stream has it, and the duty goes on with it
      expect(changed.status).toBe(200);
      // gone for the facade; Keycloak still has it, and 401 is not taken for a removal
      expect((await managed(body, "DELETE")).status).toBe(204);
      expect(warned()).toContain("it has to be removed there by hand");
      expect(await realm.registered()).toHaveLength(1);
      await realm.remove(there?.clientId ?? "");
      await bridge?.projector.caughtUp();
      expect(await resume((bridge as TestBridge).parts)).toBe(1);
      expect(await (bridge as TestBridge).secrets.list()).toEqual([]);
    });

    it("changes and removes it all the same where the realm leaves registration access tokens as they are", async () => {
      await realm.rotation(false);
      const wire = cutting();
      await open({ token, fetch: wire.fetch });
      const { body } = await register();
      wire.lose = true;
      const { client_id, client_secret } = body;
      await managed(body, "PUT", agent({ redirect_uris: ["https://agent.example.com/two"], client_id, client_secret }));
      await bridge?.projector.caughtUp();
      expect(await resume((bridge as TestBridge).parts)).toBe(1);
      expect(await realm.registered()).toMatchObject([{ redirectUris: ["https://agent.example.com/two"] }]);
      expect((await managed(body, "DELETE")).status).toBe(204);
      expect(await realm.registered()).toEqual([]);
      await realm.rotation(true);
    });
  });
});
