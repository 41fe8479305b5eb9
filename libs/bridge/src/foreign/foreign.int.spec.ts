// Real: node-oidc-provider with RFC 7591 and RFC 7592 over HTTP; event store, listings and secret store in files. Stand-in: Okta, after its documentation.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { BridgeRegistration } from "@grantline/domain/bridge";
import { runRegistrationTargetContract } from "../contract/index.ts";
import { agent, bearer, INITIAL, openTestBridge, type TestBridge } from "../fixtures/bridge.ts";
import { memorySecrets } from "../fixtures/memory-secrets.ts";
import { FOREIGN_INITIAL, startProvider } from "../fixtures/oidc-provider.ts";
import { startOktaLike } from "../fixtures/okta-like.ts";
import type { Fetch } from "../fetch.port.ts";
import { resume } from "../process/duties.ts";
import type { StepRun } from "../target.port.ts";
import { foreignServer } from "./foreign-server.ts";
import { foreignTarget } from "./foreign-target.ts";
import { foreignUpstream } from "./foreign-upstream.ts";

const send = fetch as Fetch;
const SCOPES = ["mcp.read", "offline_access"];
const initialAccessToken = async () => FOREIGN_INITIAL;

runRegistrationTargetContract("node-oidc-provider (RFC 7591)", async () => {
  const provider = await startProvider();
  const secrets = memorySecrets();
  // each question finds the metadata anew, so that being away is noticed
  const server = { metadata: () => foreignServer(provider.issuer, send).metadata() };
  return {
    target: foreignTarget({ server, secrets, scopes: SCOPES, initialAccessToken, fetch: send }),
    applications: async () => provider.clients().length,
    redirectUris: async (clientId) =>
      (provider.clients().find((each) => each["client_id"] === clientId)?.["redirect_uris"] ?? []) as readonly string[],
    secrets: async () => secrets.values.size,
    away: provider.away,
    close: provider.close,
  };
});

runRegistrationTargetContract("an endpoint as Okta's documentation has it", async () => {
  const okta = await startOktaLike();
  const secrets = memorySecrets();
  const server = { metadata: () => foreignServer(okta.issuer, send).metadata() };
  const token = { initialAccessToken: async () => okta.apiToken, tokenType: "SSWS" } as const;
  return {
    target: foreignTarget({ server, secrets, scopes: SCOPES, fetch: send, ...token }),
    applications: async () => okta.clients.size,
    redirectUris: async (clientId) => (okta.clients.get(clientId)?.["redirect_uris"] ?? []) as readonly string[],
    secrets: async () => secrets.values.size,
    away: okta.away,
    close: okta.close,
  };
});

let bridge: TestBridge | undefined;
let double: Server | undefined;
afterEach(async () => {
  await bridge?.close();
  bridge = undefined;
  double?.close();
  double = undefined;
});

function open(issuer: string, around: { readonly fetch?: Fetch; readonly settings?: object } = {}) {
  const server = foreignServer(issuer, send);
  return openTestBridge({
    fetch: send,
    settings: around.settings ?? {},
    made: (secrets) => ({
      target: foreignTarget({ server, secrets, scopes: SCOPES, initialAccessToken, fetch: around.fetch ?? send }),
      upstream: foreignUpstream(server, SCOPES),
    }),
  });
}

describe("the bridge to a server that speaks RFC 7591", () => {
  it("registers, sends the browser there as that client, and authenticates there with the secret it keeps", async () => {
    const provider = await startProvider();
    bridge = await open(provider.issuer);
    const { status, body } = await bridge.call("POST", "/bridge/register", { headers: bearer(INITIAL), body: JSON.stringify(agent()) });
    expect(status).toBe(201);
    const [there] = provider.clients();
    expect(there).toMatchObject({ client_name: "Agent (agent.example.com)", token_endpoint_auth_method: "client_secret_post" });
    expect(JSON.stringify(body)).not.toContain(String(there?.["client_secret"]));
    const query = new URLSearchParams({
      client_id: String(body["client_id"]),
      response_type: "code",
      redirect_uri: "https://agent.example.com/cb",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
      scope: "mcp.read other",
      resource: "https://mcp.example.com/mcp",
    });
    const sent = await bridge.call("GET", `/bridge/authorize?${query.toString()}`);
    const location = new URL(String(sent.headers["location"]));
    expect([
      location.origin,
      location.searchParams.get("client_id"),
      location.searchParams.get("scope"),
      location.searchParams.has("resource"),
    ]).toEqual([provider.issuer, there?.["client_id"], "mcp.read", false]);
    const page = await fetch(location, { redirect: "manual" });
    expect([page.status, page.headers.get("location")]).toEqual([303, "/interaction"]);
    const form = new URLSearchParams({
      grant_type: "authorization_code",
      code: "unknown",
      redirect_uri: "https://agent.example.com/cb",
      code_verifier: "v".repeat(43),
    });
    const credentials = Buffer.from(`${String(body["client_id"])}:${String(body["client_secret"])}`).toString("base64");
    const answer = await bridge.call("POST", "/bridge/token", {
      headers: { authorization: `Basic ${credentials}` },
      body: form.toString(),
    });
    // known as a client, refused for its code: had the secret not been attached this would be invalid_client, which is 502 here
    expect([answer.status, answer.body["error"]]).toEqual([400, "invalid_grant"]);
    const removed = await bridge.call("DELETE", `/bridge/register/${String(body["client_id"])}`, {
      headers: bearer(String(body["registration_access_token"])),
    });
    expect([removed.status, provider.clients(), await bridge.secrets.list()]).toEqual([204, [], []]);
    await provider.close();
  });

  it("says in the log when nobody can know whether a client was made there, and takes no second try", async () => {
    const provider = await startProvider();
    let posts = 0;
    const cutting: Fetch = async (url, init) => {
      const answer = await send(url, init);
      if (init.method !== "POST") return answer;
      posts += 1;
      throw new TypeError("the answer was cut off");
    };
    bridge = await open(provider.issuer, { fetch: cutting });
    const { status } = await bridge.call("POST", "/bridge/register", { headers: bearer(INITIAL), body: JSON.stringify(agent()) });
    expect([status, posts, provider.clients().length]).toEqual([502, 1, 1]);
    const log = (await bridge.store.readAll("0", 100)).map((stored) => stored.body).join("\n");
    expect(log).toContain('"reason":"outcome-unknown"');
    // what an operator finds it by
    const [, bridgeId] = /"bridgeId":"([0-9a-f]{32})"/.exec(log) ?? [];
    expect(provider.clients()[0]).toMatchObject({ client_name: "Agent (agent.example.com)" });
    expect(bridgeId).toBeDefined();
    await bridge.projector.caughtUp();
    expect(await resume(bridge.parts)).toBe(0);
    await provider.close();
  });
});

describe("a server behind the bridge that is not what it seems", () => {
  const run = (): StepRun => ({ signal: AbortSignal.timeout(10_000), hand: new Map(), correlationId: "t" });
  const registration = {
    bridgeId: "b1",
    life: 1,
    target: "rfc7591",
    documentHash: "h",
    metadata: { redirect_uris: ["https://agent.example.com/cb"] },
    keys: [],
  } as unknown as BridgeRegistration;

  async function serve(metadata: (issuer: string) => object, answer: object = {}): Promise<string> {
    let issuer = "";
    double = createServer((request, response) => {
      const body = request.method === "POST" ? answer : metadata(issuer);
      response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => double?.listen(0, "127.0.0.1", resolve));
    issuer = `http://127.0.0.1:${(double.address() as AddressInfo).port}`;
    return issuer;
  }
  const full = (issuer: string) => ({
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/reg`,
  });
  const create = async (issuer: string) => {
    const target = foreignTarget({ server: foreignServer(issuer, send), secrets: memorySecrets(), scopes: SCOPES, fetch: send });
    return target.perform({ kind: "create-application" }, registration, run());
  };

  it("F-14: is refused when it names another issuer, or endpoints that may not be called", async () => {
    for (const over of [
      { issuer: "https://other.example.com" },
      { token_endpoint: "http://10.0.0.1/token" },
      { registration_endpoint: "ftp://x/reg" },
      { registration_endpoint: undefined },
    ]) {
      const issuer = await serve((own) => ({ ...full(own), ...over }));
      await expect(create(issuer)).rejects.toThrow(/another issuer's, or offers no registration/);
      double?.close();
    }
  });

  it("F-01: can't send the bridge's registration token to another origin", async () => {
    const given = {
      client_id: "c",
      client_secret: "s",
      registration_access_token: "t",
      registration_client_uri: "https://169.254.169.254/reg/c",
    };
    await expect(create(await serve(full, given))).rejects.toThrow(/another origin/);
  });

  it("is refused when it gives no secret", async () => {
    await expect(create(await serve(full, { client_id: "c" }))).rejects.toThrow(/no client_id or no client_secret/);
  });
});
