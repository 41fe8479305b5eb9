// Real: the whole server over HTTP, its stores, flags as an operator sets them. Stood in for: GitHub and Google, on this machine.
import { startTestPlatform, type Person, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { atProvider, begin, confirm, connect, gatewayApiOf, type GatewayApi } from "./testing/connect.fixture.ts";
import { startStandInProvider, type StandInProvider } from "./testing/stand-in-provider.ts";

const KINDS = ["github", "google"] as const;
const stand = {} as Record<(typeof KINDS)[number], StandInProvider>;
let platform: TestPlatform;
let person: Person;
let api: GatewayApi;

beforeAll(async () => {
  for (const kind of KINDS) stand[kind] = await startStandInProvider(kind);
  const providers = KINDS.map((kind) => ({ name: kind, kind, clientId: stand[kind].clientId, authority: stand[kind].authority }));
  platform = await startTestPlatform({
    env: { GRANTLINE_GATEWAY_PROVIDERS: JSON.stringify(providers), GRANTLINE_SECRETS_ORDER: "environment,file" },
    secrets: Object.fromEntries(KINDS.map((kind) => [`OAUTH__${kind.toUpperCase()}__APP__CLIENT_SECRET`, stand[kind].clientSecret])),
  });
  for (const kind of KINDS)
    await platform.admin.call("POST", "/servers", { name: kind, url: `${stand[kind].authority}/mcp`, provider: kind, scopes: ["email"] });
  person = platform.person();
  api = await gatewayApiOf(platform, person);
});
afterAll(async () => {
  await platform.close();
  await Promise.all(KINDS.map((kind) => stand[kind].close()));
});

const within = { timeout: 20_000, interval: 20 };

describe("connecting accounts", () => {
  it("is shut off at one provider, also for links from before, and open at the others", async () => {
    const { url } = await begin(api, "github");
    const page = await person.open(url);
    const onTheWayBack = await atProvider(await confirm(person, (await begin(api, "github")).url));
    await platform.admin.call("PUT", "/flags/upstream.authorization", { providers: { github: 0 }, reason: "an incident at the provider" });
    await vi.waitFor(async () => expect(await api.call("POST", "/connections/github")).toMatchObject({ status: 503 }), within);
    const asked = stand.github.asked.length;
    expect(await person.submit(page, "connect-form", { decision: "connect" })).toMatchObject({
      status: 503,
      html: expect.stringContaining("upstream.authorization") as string,
    });
    expect(await person.open(url)).toMatchObject({ status: 503 });
    expect(await person.open(onTheWayBack)).toMatchObject({ status: 503 });
    expect(stand.github.asked.length).toBe(asked);
    await connect(api, person, "google");
    const { body } = await api.call("GET", "/connections");
    expect(body["items"]).toMatchObject([{ server: "google" }]);
  });
});
