// Real: the whole server over HTTP, its stores, the secret store in its encrypted file. Stood in for: GitHub, Google and Entra, on this machine.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ADMIN_SECRET, secretScan, startTestPlatform, TestAdmin, type Person, type TestPlatform } from "@grantline/testing";
import { atProvider, begin, confirm, connect, gatewayApiOf, type GatewayApi } from "./testing/connect.fixture.ts";
import { startStandInProvider, type StandInKind, type StandInProvider } from "./testing/stand-in-provider.ts";

const KINDS: readonly StandInKind[] = ["github", "github-app", "google", "entra"];
const stand = {} as Record<StandInKind, StandInProvider>;
let platform: TestPlatform;
let person: Person;
let api: GatewayApi;
const T0 = 1_900_000_000;

beforeAll(async () => {
  for (const kind of KINDS) stand[kind] = await startStandInProvider(kind);
  const providers = KINDS.map((kind) => ({
    name: kind,
    kind,
    clientId: stand[kind].clientId,
    authority: stand[kind].authority,
    ...(kind === "entra" ? { tenant: "common" } : {}),
  }));
  platform = await startTestPlatform({
    frozenAt: T0,
    env: {
      GRANTLINE_GATEWAY_PROVIDERS: JSON.stringify(providers),
      GRANTLINE_SECRETS_ORDER: "environment,file",
      GRANTLINE_DEV_USERS: "demo:demo,other:other",
    },
    secrets: Object.fromEntries(
      KINDS.map((kind) => [`OAUTH__${kind.toUpperCase().replace("-", "_")}__APP__CLIENT_SECRET`, stand[kind].clientSecret]),
    ),
  });
  const scopes = {
    github: ["repo"],
    "github-app": ["ignored"],
    google: ["https://www.googleapis.com/auth/drive", "email"],
    entra: ["api://app/Files.Read"],
  };
  for (const kind of KINDS)
    await platform.admin.call("POST", "/servers", {
      name: kind,
      url: `${stand[kind].authority}/mcp`,
      provider: kind,
      scopes: scopes[kind],
    });
  person = platform.person();
  api = await gatewayApiOf(platform, person);
});
afterAll(async () => {
  await platform.close();
  await Promise.all(KINDS.map((kind) => stand[kind].close()));
});
beforeEach(() => {
  for (const kind of KINDS) {
    stand[kind].failing = undefined;
    stand[kind].denies = false;
    stand[kind].unticked = [];
    stand[kind].asked.length = 0;
  }
});

/** After the clock has moved by hours, logins and tokens of before are over. */
async function logInAgain(): Promise<void> {
  person = platform.person();
  api = await gatewayApiOf(platform, person);
}

async function shown(server: string): Promise<Record<string, unknown> | undefined> {
  const { body } = await api.call("GET", "/connections");
  return (body["items"] as Record<string, unknown>[]).find((item) => item["server"] === server);
}

async function subject(): Promise<string> {
  const { rows } = await platform.context.readModel.list("upstreams.v1", { limit: 1 });
  const [row] = rows;
  if (row === undefined) throw new Error("nobody is connected yet");
  return (row.value as { user: string }).user;
}

async function access(server: string, scopes?: readonly string[]) {
  const { servers, upstreams } = platform.platform.upstream;
  const found = await servers.find(server);
  if (found === undefined) throw new Error(`no server ${server}`);
  const meta = { correlationId: "test", actor: { kind: "user", id: "test" } } as const;
  return upstreams.access({ user: await subject(), server: found, meta, ...(scopes === undefined ? {} : { scopes }) });
}

describe("connecting to a provider", () => {
  it.each<[StandInKind, Record<string, string>, readonly string[]]>([
    ["github", { scope: "repo" }, ["repo"]],
    ["github-app", {}, []],
    [
      "google",
      { access_type: "offline", prompt: "consent", scope: "https://www.googleapis.com/auth/drive email" },
      ["https://www.googleapis.com/auth/drive", "https://www.googleapis.com/auth/userinfo.email"],
    ],
    ["entra", { scope: "api://app/Files.Read offline_access" }, ["api://app/Files.Read"]],
  ])("%s: asks as it wants to be asked, and keeps what it gave", async (kind, asked, granted) => {
    const page = await connect(api, person, kind);
    expect(page).toMatchObject({ kind: "page", status: 200 });
    if (page.kind === "page") expect(page.html).toContain('data-outcome="connected"');
    const sent = stand[kind].authorizations.at(-1);
    expect(sent).toMatchObject({
      ...asked,
      response_type: "code",
      code_challenge_method: "S256",
      redirect_uri: `${platform.origin}/connect/callback`,
    });
    expect(sent).not.toHaveProperty("resource");
    if (kind === "github-app") expect(sent).not.toHaveProperty("scope");
    expect(stand[kind].asked[0]?.headers.accept).toBe("application/json");
    expect(await shown(kind)).toMatchObject({ status: "connected", provider: kind, scopes: granted, authorized_at: T0 });
    const token = await access(kind);
    expect(token).toMatchObject({ kind: "token", scopes: granted });
    if (token.kind === "token") expect(stand[kind].alive.has(token.accessToken)).toBe(true);
  });

  it("says what was not granted, and asks for it again when it is needed", async () => {
    stand.google.unticked = ["email"];
    const page = await connect(api, person, "google");
    if (page.kind === "page") expect(page.html).toContain("Not granted");
    expect(await access("google", ["email"])).toEqual({ kind: "none", reason: "scope" });
    stand.google.unticked = [];
    await connect(api, person, "google", ["email"]);
    expect(await access("google", ["email"])).toMatchObject({ kind: "token" });
  });

  it("is done once: a second callback with the same state gets a page and no token", async () => {
    const { url, id } = await begin(api, "github");
    const callback = await atProvider(await confirm(person, url));
    expect((await api.call("GET", `/authorizations/${id}`)).body).toEqual({ status: "pending" });
    expect(await person.open(callback)).toMatchObject({ status: 200 });
    expect((await api.call("GET", `/authorizations/${id}`)).body).toEqual({ status: "done" });
    const asked = stand.github.asked.length;
    for (const again of [callback, url]) expect(await person.open(again)).toMatchObject({ kind: "page", status: 400 });
    expect(stand.github.asked).toHaveLength(asked);
  });

  it("of many callbacks at once lets one redeem the code (P2)", async () => {
    const { url } = await begin(api, "github");
    const callback = await atProvider(await confirm(person, url));
    const pages = await Promise.all(Array.from({ length: 8 }, () => person.open(callback)));
    expect(pages.filter((page) => page.kind === "page" && page.status === 200)).toHaveLength(1);
    expect(stand.github.asked).toHaveLength(1);
  });

  it("goes on in the browser that said yes, and by the person that began, alone (CVE 27)", async () => {
    const { url } = await begin(api, "github");
    const other = platform.person();
    await gatewayApiOf(platform, other, "other");
    expect(await other.open(url)).toMatchObject({ kind: "page", status: 403 });
    const callback = await atProvider(await confirm(person, url));
    expect(await other.open(callback)).toMatchObject({ kind: "page", status: 403 });
    // the same person in another browser: the link may have been put there
    const elsewhere = platform.person();
    await gatewayApiOf(platform, elsewhere);
    expect(await elsewhere.open(callback)).toMatchObject({ kind: "page", status: 400 });
    expect(await platform.person().open(callback)).toMatchObject({ kind: "page", status: 400 });
    expect(stand.github.asked).toEqual([]);
    expect(await person.open(callback)).toMatchObject({ status: 200 });
  });

  it("sends nobody on without a yes from our own form", async () => {
    const { url, id } = await begin(api, "github");
    const page = await person.open(url);
    expect(await person.submit(page, "connect-form", { decision: "connect", csrf: "forged" })).toMatchObject({ kind: "page", status: 403 });
    const cancelled = await person.submit(page, "connect-form", { decision: "cancel" });
    if (cancelled.kind === "page") expect(cancelled.html).toContain('data-outcome="cancelled"');
    expect((await api.call("GET", `/authorizations/${id}`)).body).toEqual({ status: "failed" });
    expect(await person.open(url)).toMatchObject({ kind: "page", status: 400 });
  });

  it("asks a person who is not logged in to log in, and brings them back", async () => {
    const { url } = await begin(api, "github");
    const visitor = platform.person();
    const login = await visitor.open(url);
    const page = await visitor.submit(login, "login-form", { username: "demo", password: "demo" });
    expect(page).toMatchObject({ kind: "page", status: 200 });
    if (page.kind === "page") expect(page.html).toContain('id="connect-form"');
  });

  it("ends with a page when the provider says no, and when ten minutes are over", async () => {
    stand.github.denies = true;
    const denied = await begin(api, "github");
    expect(await person.open(await atProvider(await confirm(person, denied.url)))).toMatchObject({ kind: "page", status: 403 });
    expect((await api.call("GET", `/authorizations/${denied.id}`)).body).toEqual({ status: "failed" });
    stand.github.denies = false;
    const late = await begin(api, "github");
    const callback = await atProvider(await confirm(person, late.url));
    platform.advance(600);
    expect(await person.open(callback)).toMatchObject({ kind: "page", status: 400 });
    expect((await api.call("GET", `/authorizations/${late.id}`)).body).toEqual({ status: "failed" });
  });

  it("believes no answer of another issuer, and no link that was made up", async () => {
    const { url, id } = await begin(api, "github");
    const callback = await atProvider(await confirm(person, url));
    const foreign = new URL(callback);
    foreign.searchParams.set("iss", "https://evil.example");
    expect(await person.open(foreign)).toMatchObject({ kind: "page", status: 403 });
    expect((await api.call("GET", `/authorizations/${id}`)).body).toEqual({ status: "pending" });
    for (const path of ["/connect/made-up", "/connect/callback?state=made-up&code=x", "/connect/callback"])
      expect(await person.open(path)).toMatchObject({ kind: "page", status: 400 });
    expect(stand.github.asked).toEqual([]);
    expect(await person.open(callback)).toMatchObject({ status: 200 });
  });
});

describe("a connection's tokens", () => {
  beforeEach(logInAgain);

  it.each(["github-app", "google", "entra"] as const)("of %s are refreshed ahead of their end, as it wants it", async (kind) => {
    await connect(api, person, kind);
    const first = await access(kind);
    stand[kind].asked.length = 0;
    platform.advance(3_400);
    const second = await access(kind);
    expect(second.kind === "token" && first.kind === "token" && second.generation > first.generation).toBe(true);
    expect(stand[kind].asked).toHaveLength(1);
    const sent = stand[kind].asked[0]?.parameters ?? {};
    expect(sent["grant_type"]).toBe("refresh_token");
    expect(sent["scope"]).toBe(kind === "entra" ? "api://app/Files.Read offline_access" : undefined);
    platform.advance(3_400);
    expect(await access(kind)).toMatchObject({ kind: "token" });
  });

  it("that do not end are handed out for ever, and one that is refused ends the connection", async () => {
    await connect(api, person, "github");
    platform.advance(90 * 86_400);
    await logInAgain();
    expect(await access("github")).toMatchObject({ kind: "token" });
    expect((await api.call("POST", "/connections/github/refresh")).status).toBe(409);
    expect(await shown("github")).toMatchObject({ status: "reconnect", last_error: "no-refresh-token" });
    expect(await access("github")).toEqual({ kind: "none", reason: "refresh-refused" });
  });

  it("rest after a provider's trouble for as long as it asks, and are used while they are good", async () => {
    await connect(api, person, "google");
    platform.advance(3_400);
    stand.google.failing = { status: 503, retryAfter: "40" };
    stand.google.asked.length = 0;
    expect(await access("google")).toMatchObject({ kind: "token" });
    expect(await access("google")).toMatchObject({ kind: "token" });
    expect(stand.google.asked).toHaveLength(1);
    platform.advance(250);
    stand.google.failing = { html: true };
    expect(await access("google")).toMatchObject({ kind: "unavailable", reason: "answer-unreadable" });
    platform.advance(60);
    stand.google.failing = undefined;
    expect(await access("google")).toMatchObject({ kind: "token" });
  });

  it.each([
    ["github-app", "bad_refresh_token"],
    ["entra", "invalid_grant"],
  ] as const)("of %s end for good when it says %s", async (kind, error) => {
    await connect(api, person, kind);
    stand[kind].failing = { error };
    platform.advance(3_590);
    expect(await access(kind)).toEqual({ kind: "none", reason: "refresh-refused" });
    await logInAgain();
    expect(await shown(kind)).toMatchObject({ status: "reconnect", last_error: "invalid-grant" });
    stand[kind].failing = undefined;
  });

  it("do not end when we are set up wrongly at the provider", async () => {
    await connect(api, person, "google");
    stand.google.failing = { error: "invalid_client" };
    platform.advance(3_599);
    expect(await access("google")).toMatchObject({ kind: "unavailable", reason: "invalid-client" });
    stand.google.failing = undefined;
    platform.advance(20);
    expect(await access("google")).toMatchObject({ kind: "token" });
  });

  it("are revoked here, at the provider and in the secret store", async () => {
    for (const kind of ["github-app", "google"] as const) {
      await connect(api, person, kind);
      expect((await api.call("DELETE", `/connections/${kind}`)).status).toBe(204);
      expect(stand[kind].revoked).toHaveLength(1);
      expect(await shown(kind)).toBeUndefined();
      expect(await access(kind)).toEqual({ kind: "none", reason: "revoked" });
      expect((await api.call("DELETE", `/connections/${kind}`)).status).toBe(409);
    }
  });

  it("go to no server at another place", async () => {
    await connect(api, person, "google");
    const definition = { provider: "google", scopes: [] };
    const admin = new TestAdmin(platform.origin, platform.issuer, ADMIN_SECRET);
    await admin.call("PUT", "/servers/google", { ...definition, url: "https://elsewhere.example/mcp" });
    expect(await access("google")).toEqual({ kind: "none", reason: "not-connected" });
    expect(await shown("google")).toMatchObject({ status: "reconnect", last_error: "server-moved" });
    await admin.call("PUT", "/servers/google", { ...definition, url: `${stand.google.authority}/mcp` });
    expect(await access("google")).toMatchObject({ kind: "token" });
  });

  it("are in no event and no log line", async () => {
    await connect(api, person, "github-app");
    const token = await access("github-app");
    if (token.kind !== "token") throw new Error("no token");
    const secrets = new Map([
      [token.accessToken, "access token"],
      [stand["github-app"].clientSecret, "client secret"],
      ...stand["github-app"].asked.map(({ parameters }) => [parameters["code"] ?? "", "code"] as const),
    ]);
    expect(secretScan({ secrets, texts: { logs: platform.logs() }, dataDir: platform.dataDir })).toEqual([]);
  });
});
