/*
 * Real: the whole server with its gateway over HTTP, its store, the secret store in its encrypted file, an MCP server built with the official packages.
 * Stood in for: GitHub, on this machine.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HOSTILE_NAMES } from "@grantline/secrets/contract";
import {
  keptBy,
  obtainTokens,
  onSharedEngines,
  register,
  secretScan,
  startTestPlatform,
  type Person,
  type TestPlatform,
} from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sessionServer, type ForeignServer } from "../../../../libs/gateway/src/testing/mcp-servers.ts";
import { initialize, messageOf, post, rpc } from "../../../../libs/gateway/src/testing/world.ts";
import {
  atProvider,
  begin,
  confirm,
  connect,
  gatewayApiOf,
  type GatewayApi,
} from "../../../../libs/upstream/src/testing/connect.fixture.ts";
import { startStandInProvider, type StandInProvider } from "../../../../libs/upstream/src/testing/stand-in-provider.ts";

let platform: TestPlatform;
let provider: StandInProvider;
let foreign: ForeignServer;
let person: Person;
let api: GatewayApi;
let token: string;

const adding = (over: object) => ({ name: "tracker", url: foreign.url, provider: "github", scopes: ["repo"], ...over });
/** A tool called in a session of its own. */
async function call(): Promise<Response> {
  const url = `${platform.origin}/mcp/tracker`;
  const { id } = await initialize(url, token);
  return post(url, rpc("tools/call", { name: "echo", arguments: { text: "x" } }), { token, headers: { "mcp-session-id": id } });
}

function start(again: { readonly dataDir?: string; readonly port?: number } = {}): Promise<TestPlatform> {
  const { clientId, authority, clientSecret } = provider;
  return startTestPlatform({
    ...again,
    env: {
      GRANTLINE_GATEWAY_PROVIDERS: JSON.stringify([{ name: "github", kind: "github", clientId, authority }]),
      GRANTLINE_SECRETS_ORDER: "environment,file",
      GRANTLINE_DEV_USERS: "demo:demo,other:other",
    },
    secrets: { OAUTH__GITHUB__APP__CLIENT_SECRET: clientSecret },
  });
}

beforeAll(async () => {
  [provider, foreign] = [await startStandInProvider("github"), await sessionServer()];
  foreign.accepts = (presented) => provider.alive.has(presented);
  platform = await start();
  await platform.admin.call("POST", "/servers", adding({}));
  person = platform.person();
  api = await gatewayApiOf(platform, person);
  const { issuer, origin } = platform;
  token = (await obtainTokens(person, { issuer, client: await register(issuer), resource: `${origin}/mcp/tracker`, scope: "mcp:use" }))
    .access_token;
});
afterAll(async () => {
  await platform?.close({ keepData: true });
  await provider?.close();
  await foreign?.close();
  if (platform !== undefined) rmSync(platform.dataDir, { recursive: true, force: true });
});

describe("secrets of other servers", () => {
  it("E-01 have names that are no path, no option, no command and no other server's; what was given is not repeated", async () => {
    const authorization = `Bearer ${await platform.admin.token()}`;
    const foreignNames = ["oauth/github/app/client-secret", "oauth/github/other/client-secret", "oauth/google/named/client-secret"];
    for (const name of [...HOSTILE_NAMES.filter((each) => each !== ""), ...foreignNames]) {
      const answer = await fetch(`${platform.origin}/admin/v1/servers`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify(adding({ name: "named", client: { client_id: "x", secret_name: name } })),
      });
      const text = await answer.text();
      expect([name.slice(0, 60), answer.status, (JSON.parse(text) as { type: string }).type]).toEqual([
        name.slice(0, 60),
        400,
        "urn:grantline:problem:value-not-allowed",
      ]);
      if (name.length > 30) expect([text.includes(name), platform.logs().includes(name)]).toEqual([false, false]);
    }
    for (const name of ["../x", "a/b", "$(id)", "--help", "a\u0000b", "x".repeat(49)])
      await expect(platform.admin.call("POST", "/servers", adding({ name }))).rejects.toThrow(/400/);
  });

  it("E-02 are in no answer, log, metric, event or file in the clear", async () => {
    const page = await connect(api, person, "tracker");
    expect(page).toMatchObject({ kind: "page", status: 200 });
    expect((await messageOf(await call())).result).toEqual({ content: [{ type: "text", text: "x" }] });
    const listed = JSON.stringify([
      await api.call("GET", "/connections"),
      await api.call("POST", "/connections/tracker/test"),
      await platform.admin.call("GET", "/servers/tracker"),
    ]);
    const metrics = await (await fetch(`${platform.origin}/metrics`)).text();
    const secrets = new Map([...provider.alive].map((each) => [each, "upstream token"]));
    secrets.set(provider.clientSecret, "client secret");
    expect(secrets.size).toBeGreaterThan(1);
    const kept = onSharedEngines ? await (await keptBy(platform.dataDir)).texts() : {};
    const texts = { logs: platform.logs(), metrics, listed, page: JSON.stringify(page), ...kept };
    expect(secretScan({ secrets, texts, dataDir: platform.dataDir })).toEqual([]);
  });

  it("U-06 are had by nobody who did not say yes in this browser, as this person (CVE 27)", async () => {
    const { url } = await begin(api, "tracker");
    const other = platform.person();
    await gatewayApiOf(platform, other, "other");
    expect(await other.open(url)).toMatchObject({ kind: "page", status: 403 });
    const before = provider.asked.length;
    const callback = await atProvider(await confirm(person, url));
    expect(await other.open(callback)).toMatchObject({ kind: "page", status: 403 });
    expect(await platform.person().open(callback)).toMatchObject({ kind: "page", status: 400 });
    expect(provider.asked).toHaveLength(before);
  });

  it("E-03 that were altered are no reason to ask the person again, and nothing of them goes to the server", async () => {
    const { dataDir, config } = platform;
    await platform.close({ keepData: true });
    const database = new DatabaseSync(join(dataDir, "secrets", "secrets.db"));
    database.exec("UPDATE secret SET sealed = CAST(substr(sealed, 1, 20) || x'00' || substr(sealed, 22) AS BLOB)");
    database.close();
    // what a process has read is in its memory; a new one has read nothing
    platform = await start({ dataDir, port: config.server.port });
    const before = foreign.requests.length;
    const answer = await post(`${platform.origin}/mcp/tracker`, rpc("tools/list"), { token });
    const { error } = await messageOf(answer);
    expect([answer.status, error?.data?.["reason"]]).toEqual([503, "upstream-access-unavailable"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(foreign.requests).toHaveLength(before);
  });
});
