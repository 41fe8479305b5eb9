/*
 * Real: @modelcontextprotocol/sdk 1.32 and @modelcontextprotocol/client 2.4 with nothing but the gateway's URL, Grantline with its gateway and the connections of
 * its users, the secret store, an MCP server built with the official package. Stood in for: GitHub's authorization server, on this machine, and the person.
 */
import { startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sessionServer, type ForeignServer } from "../../../libs/gateway/src/testing/mcp-servers.ts";
import { atProvider, confirm } from "../../../libs/upstream/src/testing/connect.fixture.ts";
import { startStandInProvider, type StandInProvider } from "../../../libs/upstream/src/testing/stand-in-provider.ts";
import { ClientSession } from "./support/client-session.ts";
import type { NotesWorld } from "./support/notes-world.ts";
import { SdkSession } from "./support/sdk-session.ts";

let platform: TestPlatform;
let provider: StandInProvider;
let foreign: ForeignServer;
let world: NotesWorld;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  provider = await startStandInProvider("github-app");
  foreign = await sessionServer();
  foreign.accepts = (token) => provider.alive.has(token);
  const github = { name: "github", kind: "github-app", clientId: provider.clientId, authority: provider.authority };
  platform = await startTestPlatform({
    frozenAt: Math.floor(Date.now() / 1_000),
    env: {
      GRANTLINE_GATEWAY_PROVIDERS: JSON.stringify([github]),
      GRANTLINE_SECRETS_ORDER: "environment,file",
      GRANTLINE_STEP_UP_NUDGE: "on",
    },
    secrets: { OAUTH__GITHUB__APP__CLIENT_SECRET: provider.clientSecret },
  });
  await platform.admin.call("POST", "/servers", {
    name: "issues",
    url: foreign.url,
    provider: "github",
    policy: { tools: { deny: ["delete_all"], scopes: { write: ["issues:write"] } } },
  });
  const resource = `${platform.origin}/mcp/issues`;
  world = { platform, resource, mcp: { url: new URL(resource) } } as unknown as NotesWorld;
});
afterEach(async () => {
  for (const session of open.splice(0)) await session.close();
});
afterAll(async () => {
  await platform?.close();
  await foreign?.close();
  await provider?.close();
});

const STARTS = {
  "sdk 1.32": () => SdkSession.start(world, "dynamic registration", ""),
  "client 2.4": () => ClientSession.start(world, "dynamic registration", ""),
};

describe.each(Object.entries(STARTS))("%s", (name, start) => {
  it("logs in, is led to the provider, calls tools, outlives the upstream token, steps up, and is shut out when it is revoked", async () => {
    const session = await start();
    open.push(session);
    // nothing but the URL: 401, resource metadata, authorization server, registration, login, token
    expect(await session.connectsAtOnce()).toBe(false);
    await session.decide();
    expect(await session.connectsAtOnce()).toBe(true);
    expect(session.provider.authorizationUrl?.searchParams.get("resource")).toBe(world.resource);

    // the first client's user connects; the account is the person's, so the second finds it
    if (name === "sdk 1.32") {
      expect((await session.client.listTools()).tools.map((tool) => tool.name)).toEqual(["connect_account"]);
      const link = /http\S+\/connect\/\S+/.exec(await session.call("connect_account"))?.[0] as string;
      const ended = await session.person.open(await atProvider(await confirm(session.person, link)));
      expect(ended).toMatchObject({ kind: "page", status: 200 });
    }
    expect((await session.client.listTools()).tools.map((tool) => tool.name)).toEqual(["echo", "write", "count"]);
    expect(await session.call("echo", { text: "through" })).toBe("through");
    expect([...provider.alive]).toContain(/^Bearer (.+)$/.exec(foreign.requests.at(-1)?.headers.authorization ?? "")?.[1]);

    // the provider forgets its access tokens, a while after it gave them: refreshed and sent again
    platform.advance(60);
    const asked = provider.asked.length;
    provider.alive.clear();
    expect(await session.call("echo", { text: "again" })).toBe("again");
    expect(provider.asked.slice(asked).map(({ parameters }) => parameters["grant_type"])).toEqual(["refresh_token"]);

    // a tool that wants more of our own scopes
    expect(await session.call("write")).toBe("unauthorized");
    await session.decide();
    expect(await session.call("write")).toBe("written");

    await platform.admin.call("DELETE", `/grants?client_id=${encodeURIComponent(session.clientId)}`);
    expect(await session.call("echo", { text: "x" })).toBe("unauthorized");
  });
});

it("none of it shows our tokens to the server, or anybody's in the log", () => {
  const seen = JSON.stringify(foreign.requests);
  expect(seen).not.toContain("at+jwt");
  for (const { headers } of foreign.requests) expect(headers.authorization).toMatch(/^Bearer access_[0-9a-f]+$|^$/);
  expect(platform.logs()).not.toMatch(/access_[0-9a-f]{24}|refresh_[0-9a-f]{24}/);
});
