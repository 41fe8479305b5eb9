// Real: the whole server; node-oidc-provider as authorization server; a second server of ours as one that takes metadata documents. Stood in for: the MCP server.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort, startTestPlatform, type Person, type TestPlatform } from "@grantline/testing";
import { begin, confirm, gatewayApiOf, type GatewayApi } from "../testing/connect.fixture.ts";
import { startRealProvider, type RealProvider } from "../testing/real-provider.ts";
import { startStandInMcpServer, type StandInMcpServer } from "../testing/stand-in-mcp-server.ts";

const SECRET = "custom-secret-custom-secret-custom-secret";
let platform: TestPlatform;
let provider: RealProvider;
let mcp: StandInMcpServer;
let person: Person;
let api: GatewayApi;

beforeAll(async () => {
  const port = await freePort();
  const redirect = `http://localhost:${port}/connect/callback`;
  provider = await startRealProvider([
    { client_id: "by-hand", client_secret: SECRET, redirect_uris: [redirect], response_types: ["code"] },
    { client_id: "own-client", redirect_uris: [redirect], response_types: ["code"], token_endpoint_auth_method: "none" },
  ]);
  mcp = await startStandInMcpServer();
  platform = await startTestPlatform({
    port,
    frozenAt: Math.floor(Date.now() / 1_000),
    env: {
      GRANTLINE_GATEWAY_PROVIDERS: JSON.stringify([
        {
          name: "house",
          kind: "custom",
          clientId: "by-hand",
          issuer: provider.issuer,
          resource: "send",
          authorizeParameters: { prompt: "consent" },
        },
      ]),
      GRANTLINE_SECRETS_ORDER: "environment,file",
      GRANTLINE_GATEWAY_PRIVATE_UPSTREAMS: "10.0.0.7",
    },
    secrets: { OAUTH__HOUSE__APP__CLIENT_SECRET: SECRET },
  });
  describeMcp({});
});
// the clock moves by minutes: what was given at the beginning would end on the way
beforeEach(async () => {
  person = platform.person();
  api = await gatewayApiOf(platform, person);
});
afterAll(async () => {
  await platform.close();
  await Promise.all([provider.close(), mcp.close()]);
});

/** What the MCP server publishes of itself. */
function describeMcp(changes: object, at = "/.well-known/oauth-protected-resource/mcp"): void {
  mcp.documents = { [at]: { resource: mcp.url, authorization_servers: [provider.issuer], scopes_supported: ["notes:read"], ...changes } };
  mcp.challenge = undefined;
  forgetDocuments();
}

/** What was fetched, or was not there, is not asked for again for a while. */
function forgetDocuments(): void {
  platform.advance(61);
}

let count = 0;
async function addServer(more: object = {}): Promise<string> {
  const name = `notes-${++count}`;
  await platform.admin.call("POST", "/servers", { name, url: mcp.url, scopes: ["notes:read"], ...more });
  return name;
}

async function connect(server: string, allow = provider.allow): Promise<{ readonly status: number; readonly html: string }> {
  const { url } = await begin(api, server);
  const page = await person.open(await allow(await confirm(person, url)));
  if (page.kind !== "page") throw new Error("the browser was sent away");
  return page;
}

/** What the person sees instead of the page that asks. */
async function refusedToShow(server: string): Promise<number> {
  const page = await person.open((await begin(api, server)).url);
  return page.kind === "page" ? page.status : 0;
}

const connection = async (server: string) =>
  ((await api.call("GET", "/connections")).body["items"] as Record<string, unknown>[]).find((item) => item["server"] === server);

describe("a server whose authorization server is discovered", () => {
  it("is registered at once for all, with PKCE, resource and a checked issuer; its tokens are refreshed and taken", async () => {
    const server = await addServer();
    provider.asked.length = 0;
    expect((await connect(server)).html).toContain('data-outcome="connected"');
    // the page and the callback need its metadata, and asked once
    expect(provider.asked.filter((each) => each.includes("/.well-known/"))).toHaveLength(1);
    await connect(server);
    expect(provider.asked.filter((each) => each === "POST /reg")).toHaveLength(1);
    const events = await platform.admin.call<{ items: { type: string }[] }>("GET", `/events?stream=server-${server}`);
    expect(events.items.map(({ type }) => type)).toEqual(["ServerAdded", "ServerClientRegistered"]);
    expect(await connection(server)).toMatchObject({ status: "connected", provider: "discovered", scopes: ["notes:read"] });
    const tried = await api.call("POST", `/connections/${server}/test`);
    expect(tried.body).toEqual({ status: "ok", http_status: 200 });
    expect(mcp.seen.at(-1)).toMatchObject({ method: "DELETE", path: "/mcp" });
  });

  it("is found by its challenge before the well-known places, and by the place without a path at last", async () => {
    const elsewhere = { resource: mcp.url, authorization_servers: [provider.issuer] };
    mcp.documents = { "/described/here": elsewhere };
    mcp.challenge = new URL("/described/here", mcp.url).href;
    forgetDocuments();
    expect((await connect(await addServer())).status).toBe(200);
    describeMcp({}, "/.well-known/oauth-protected-resource");
    expect((await connect(await addServer())).status).toBe(200);
    describeMcp({});
  });

  it("follows no challenge to another origin", async () => {
    mcp.challenge = `${provider.issuer}/described/here`;
    provider.asked.length = 0;
    await begin(api, await addServer()).then(({ url }) => person.open(url));
    expect(provider.asked).not.toContain("GET /described/here");
    describeMcp({});
  });

  it("is refused when it speaks of another resource, or its authorization server of another issuer", async () => {
    describeMcp({ resource: "https://other.example/mcp" });
    expect(await refusedToShow(await addServer())).toBe(502);
    describeMcp({ authorization_servers: [`${provider.issuer}/`] });
    expect(await refusedToShow(await addServer())).toBe(502);
    describeMcp({});
  });

  it("is refused when it names a place in our own network, also one an operator named for other servers, and nothing is sent there", async () => {
    for (const inside of ["https://10.0.0.7", "https://169.254.169.254", "http://intranet.example"]) {
      describeMcp({ authorization_servers: [inside] });
      expect(await refusedToShow(await addServer())).toBe(502);
    }
    describeMcp({});
  });

  it("gets no code of another's, though it sends people on there as a client known there: it does not say who it is, so they come back to a place of its own", async () => {
    const { origin } = new URL(mcp.url);
    const issuer = `${origin}/dishonest`;
    mcp.challenge = `${origin}/described/dishonestly`;
    mcp.documents = {
      "/described/dishonestly": { resource: mcp.url, authorization_servers: [issuer] },
      "/.well-known/oauth-authorization-server/dishonest": {
        issuer,
        authorization_endpoint: `${provider.issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        registration_endpoint: `${issuer}/register`,
        code_challenge_methods_supported: ["S256"],
      },
      // a public client of ours at the honest server: with code and verifier anybody could redeem there
      "/dishonest/register": { client_id: "own-client" },
    };
    const sent = await confirm(person, (await begin(api, await addServer())).url);
    expect(sent.searchParams.get("client_id")).toBe("own-client");
    const back = sent.searchParams.get("redirect_uri") ?? "";
    expect(back).toBe(`${platform.origin}/connect/back/${Buffer.from(issuer).toString("base64url")}`);
    await expect(provider.allow(sent)).rejects.toThrow("kept the browser: 400");
    // nor does it help to bring the answer to the place of all others
    const brought = await person.open(`${platform.origin}/connect/callback?code=x&state=${sent.searchParams.get("state") ?? ""}`);
    expect(brought).toMatchObject({ kind: "page", status: 400 });
    expect(mcp.seen.map(({ path }) => path)).not.toContain("/dishonest/token");
    mcp.challenge = undefined;
  });

  it("that does not say who it is knows us by a document of its own, under its own name", async () => {
    const place = Buffer.from("https://as.example/a").toString("base64url");
    const answer = await fetch(`${platform.origin}/connect/clients/${place}`);
    expect(await answer.json()).toMatchObject({
      client_id: `${platform.origin}/connect/clients/${place}`,
      client_name: expect.stringMatching(/ for as\.example$/) as string,
      redirect_uris: [`${platform.origin}/connect/back/${place}`],
    });
    for (const made of ["x", Buffer.from("javascript:1").toString("base64url"), `${place}=`])
      expect((await fetch(`${platform.origin}/connect/clients/${made}`)).status).toBe(404);
  });

  it("is refused when its authorization server does not show that it takes S256", async () => {
    const issuer = new URL(mcp.url).origin;
    const metadata = { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` };
    mcp.documents = { "/.well-known/oauth-authorization-server": metadata };
    forgetDocuments();
    expect(await refusedToShow(await addServer())).toBe(502);
    describeMcp({});
  });

  it("may have a client made by hand", async () => {
    const server = await addServer({ client: { client_id: "own-client" } });
    provider.asked.length = 0;
    expect((await connect(server)).status).toBe(200);
    expect(provider.asked).not.toContain("POST /reg");
  });
});

describe("a provider by configuration", () => {
  it("is read from its metadata, with the secret from the store, and its refresh tokens rotate", async () => {
    const server = await addServer({ provider: "house", scopes: ["notes:read", "offline_access"] });
    expect((await connect(server)).status).toBe(200);
    expect(await connection(server)).toMatchObject({ provider: "house", refreshable: true });
    const { servers, upstreams } = platform.platform.upstream;
    const found = await servers.find(server);
    if (found === undefined) throw new Error("no server");
    // the API lets nobody refresh what has only just come
    const refresh = () => api.call("POST", `/connections/${server}/refresh`);
    expect((await refresh()).status).toBe(503);
    for (let round = 1; round <= 2; round++) {
      platform.advance(20);
      const refreshed = await refresh();
      expect(refreshed).toMatchObject({ status: 200, body: { server, last_refreshed_at: platform.context.clock.now() } });
    }
    expect((await api.call("DELETE", `/connections/${server}`)).status).toBe(204);
    expect(provider.asked).toContain("POST /token/revocation");
    expect(
      await upstreams.access({ user: "nobody", server: found, meta: { correlationId: "t", actor: { kind: "user", id: "t" } } }),
    ).toEqual({
      kind: "none",
      reason: "not-connected",
    });
  });
});

describe("an authorization server that takes metadata documents", () => {
  it("knows us by the URL of ours, and nobody registers anything; another that knows us by it is told of none of its tokens", async () => {
    const other = await startTestPlatform();
    try {
      await other.admin.resource(mcp.url, ["notes:read"]);
      describeMcp({ authorization_servers: [other.issuer] });
      const server = await addServer();
      const theirs = other.person();
      const sent: URL[] = [];
      const page = await connect(server, (url) => {
        sent.push(url);
        return theirs.authorize(url);
      });
      expect(page.html).toContain('data-outcome="connected"');
      expect(sent[0]?.searchParams.get("client_id")).toBe(`${platform.origin}/connect/client.json`);
      const document = await (await fetch(`${platform.origin}/connect/client.json`)).json();
      expect(document).toMatchObject({ client_id: `${platform.origin}/connect/client.json`, token_endpoint_auth_method: "none" });
      expect(await connection(server)).toMatchObject({ status: "connected", refreshable: true, scopes: ["offline_access", "notes:read"] });
      const { origin } = new URL(mcp.url);
      const issuer = `${origin}/hostile`;
      describeMcp({ authorization_servers: [issuer] });
      mcp.documents["/.well-known/oauth-authorization-server/hostile"] = {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        revocation_endpoint: `${issuer}/revoke`,
        code_challenge_methods_supported: ["S256"],
        client_id_metadata_document_supported: true,
        authorization_response_iss_parameter_supported: true,
      };
      expect((await api.call("DELETE", `/connections/${server}`)).status).toBe(204);
      const asked = mcp.seen.map(({ path }) => path);
      expect(asked).toContain("/.well-known/oauth-authorization-server/hostile");
      expect(asked).not.toContain("/hostile/revoke");
    } finally {
      await other.close();
      describeMcp({});
    }
  });
});
