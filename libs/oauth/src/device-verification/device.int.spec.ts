import type { AccessPolicy } from "@grantline/domain/resource";
import { EventStoreUnavailable } from "@grantline/event-store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consentStreamId, resourceStreamId } from "../context/index.ts";
import { deviceAuthorizationEndpoints } from "../device-authorization/index.ts";
import { tokenEndpoints } from "../token/index.ts";
import { authorizationUrl, hidden, locationOf, text, Visitor } from "../testing/visitor.ts";
import { type Answer, eventsOf, MCP, META, openWorld, send, type World, wholeLog } from "../testing/world.ts";
import type { HttpResponse } from "../http/index.ts";

// Real: event store, ephemeral store, keys, deciders, pages. Made: the clock, which moves when told.
const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
let world: World;

beforeAll(async () => {
  world = await openWorld({ anonymousWritesPerMinute: 1_000 });
  await world.registerClient("tv", {
    client_name: "Television",
    redirect_uris: [],
    response_types: [],
    grant_types: [GRANT, "refresh_token"],
  });
  await world.registerClient("app");
  await world.registerResource(MCP, [
    { name: "files:read", description: "Read your files" },
    { name: "files:write", description: "Change your files" },
  ]);
});
afterAll(() => world.close());

const ask = (form: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  send(deviceAuthorizationEndpoints(world.context), "/oauth/device_authorization", {
    client_id: "tv",
    resource: MCP,
    scope: "files:read files:write",
    ...form,
  });
const poll = (deviceCode: unknown, form: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  send(tokenEndpoints(world.context), "/oauth/token", {
    grant_type: GRANT,
    client_id: "tv",
    device_code: String(deviceCode),
    ...form,
  });
const streamOf = (deviceCode: unknown): string => `device-${/^gl_dc_([^.]+)\./.exec(String(deviceCode))?.[1] ?? ""}`;

/** From the code to the page where the person decides. */
async function open(visitor: Visitor, userCode: string, username?: string): Promise<HttpResponse> {
  let page = await visitor.follow(await visitor.get("/oauth/device"));
  if (page.body?.includes('id="login-form"') === true) page = await visitor.login(page, username);
  return visitor.follow(await visitor.post("/oauth/device", { ...hidden(page), user_code: userCode }));
}

async function decide(visitor: Visitor, page: HttpResponse, decision: string, untick: readonly string[] = []): Promise<HttpResponse> {
  const fields = new URLSearchParams({ ...hidden(page), decision });
  for (const [, value = ""] of (page.body ?? "").matchAll(/name="scope" value="([^"]*)" checked/g))
    if (!untick.includes(value)) fields.append("scope", value);
  return visitor.post("/oauth/device/decision", fields);
}

describe("the device authorization endpoint", () => {
  it("answers a code for the device and one for its person, and leaves no trace in the log (P13)", async () => {
    const before = await wholeLog(world);
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(body).toEqual({
      device_code: expect.stringMatching(/^gl_dc_eu1[0-9a-f]{32}\.[\w-]{43}\w{6}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: "http://as.test/oauth/device",
      verification_uri_complete: `http://as.test/oauth/device?user_code=${String(body["user_code"])}`,
      expires_in: 600,
      interval: 5,
    });
    expect((await poll(body["device_code"])).body["error"]).toBe("authorization_pending");
    expect(await wholeLog(world)).toBe(before);
  });

  it("refuses a client without the grant, and what can't be had", async () => {
    expect(await ask({ client_id: "app" })).toMatchObject({ status: 400, body: { error: "unauthorized_client" } });
    expect(await ask({ client_id: "nobody" })).toMatchObject({ status: 401, body: { error: "invalid_client" } });
    expect(await ask({ scope: "unknown" })).toMatchObject({ status: 400, body: { error: "invalid_scope" } });
    expect(await ask({ resource: "https://other.example/mcp" })).toMatchObject({ status: 400, body: { error: "invalid_target" } });
  });
});

describe("a person who types the code of their device", () => {
  it("allows it, and the device gets its tokens once; the log tells the whole story", async () => {
    const { body } = await ask();
    const visitor = new Visitor(world);
    const page = await open(visitor, String(body["user_code"]).toLowerCase());
    for (const shown of ["Television", String(body["user_code"]), "192.0.2.1", "just now", "Read your files", MCP])
      expect(text(page)).toContain(shown);
    expect(page.body).not.toContain("device-elsewhere");
    const done = await decide(visitor, page, "allow", ["files:write"]);
    expect([done.status, done.body]).toEqual([200, expect.stringContaining('data-decision="allow"')]);
    expect(await eventsOf(world, streamOf(body["device_code"]))).toEqual(["DeviceAuthorizationRequested", "DeviceAuthorizationApproved"]);
    const tokens = await poll(body["device_code"]);
    expect(tokens).toMatchObject({ status: 200, body: { token_type: "Bearer", scope: "files:read" } });
    expect(tokens.body["refresh_token"]).toMatch(/^gl_rt_/);
    expect(await eventsOf(world, streamOf(body["device_code"]))).toEqual([
      "DeviceAuthorizationRequested",
      "DeviceAuthorizationApproved",
      "DeviceAuthorizationRedeemed",
    ]);
    const device = (await world.context.devices.load(streamOf(body["device_code"]).slice("device-".length))).state;
    const grantId = device.status === "redeemed" ? device.grantId : "";
    expect(await eventsOf(world, `grant-${grantId}`)).toEqual(["GrantAuthorized", "CodeRedeemed"]);
    // A poll that comes again is refused, and takes nothing away from the device
    expect(await poll(body["device_code"])).toMatchObject({ status: 400, body: { error: "invalid_grant" }, reason: "device-code-used" });
    const refreshed = await send(tokenEndpoints(world.context), "/oauth/token", {
      grant_type: "refresh_token",
      client_id: "tv",
      refresh_token: String(tokens.body["refresh_token"]),
    });
    expect(refreshed.status).toBe(200);
    const log = await wholeLog(world);
    for (const secret of [body["device_code"], body["user_code"], String(body["user_code"]).replace("-", "")])
      expect(log).not.toContain(secret);
  });

  it("denies it, and the device is told", async () => {
    const { body } = await ask();
    const visitor = new Visitor(world);
    const done = await decide(visitor, await open(visitor, String(body["user_code"])), "deny");
    expect(done.body).toContain('data-decision="deny"');
    expect(await poll(body["device_code"])).toMatchObject({ status: 400, body: { error: "access_denied" } });
    expect(await eventsOf(world, streamOf(body["device_code"]))).toEqual(["DeviceAuthorizationRequested", "DeviceAuthorizationDenied"]);
  });

  it("answers once: a second answer and another person's code are refused", async () => {
    const { body } = await ask();
    const [first, second] = [new Visitor(world), new Visitor(world)];
    const page = await open(first, String(body["user_code"]));
    const other = await open(second, String(body["user_code"]), "other");
    await decide(first, page, "allow");
    expect(await decide(second, other, "deny")).toMatchObject({ status: 400, headers: { "x-reason": "device-decided" } });
    expect((await open(new Visitor(world), String(body["user_code"]), "root")).body).toContain('id="device-error"');
    expect((await poll(body["device_code"])).status).toBe(200);
  });

  it("is asked every time, and what a browser remembers stays as it was", async () => {
    await world.registerClient("both", { grant_types: ["authorization_code", "refresh_token", GRANT] });
    const visitor = new Visitor(world);
    await visitor.authorize(authorizationUrl({ client_id: "both" }));
    const { body } = await ask({ client_id: "both" });
    const page = await open(visitor, String(body["user_code"]));
    expect(page.body).toContain('id="device-form"');
    await decide(visitor, page, "allow");
    expect(locationOf(await visitor.get(authorizationUrl({ client_id: "both" })))).toContain("https://client.example.com/cb?code=");
  });

  it("is warned when the device is on another network", async () => {
    const { body } = await ask();
    const visitor = new Visitor(world);
    await open(visitor, String(body["user_code"]));
    const call = world.call.bind(world);
    const far = { ...world, call: (request: Parameters<typeof call>[0]) => call({ ...request, ip: "198.51.100.7" }) } as World;
    expect((await open(new Visitor(far), String(body["user_code"]))).body).toContain('id="device-elsewhere"');
  });
});

describe("administration (P14, RFC 8628 §5.4)", () => {
  const ADMIN = "http://as.test/admin/v1";
  const MIXED = "https://mixed.example/mcp";
  const policy = (...scopes: readonly string[]): AccessPolicy => ({
    rules: [{ subjects: { any: true }, entities: ["human"], verification: ["operator"], scopes }],
  });
  const define = (...names: readonly string[]) => names.map((name) => ({ name, description: name }));
  beforeAll(async () => {
    await world.registerResource(ADMIN, define("grantline:admin", "grantline:audit"), policy("grantline:admin", "grantline:audit"));
    await world.registerResource(MIXED, define("read", "grantline:audit"), policy("read", "grantline:audit"));
  });
  const approved = async (deviceCode: unknown) => {
    const { state } = await world.context.devices.load(streamOf(deviceCode).slice("device-".length), { fresh: true });
    return state.status === "approved" ? state.approval : undefined;
  };

  it.each([
    [ADMIN, "grantline:admin"],
    [ADMIN, ""],
    [MIXED, "grantline:audit"],
  ])("alone is refused at once: %s %s", async (resource, scope) => {
    expect(await ask({ resource, scope })).toMatchObject({ status: 400, body: { error: "invalid_scope" }, reason: "scope-not-allowed" });
  });

  it.each([
    [ADMIN, "openid grantline:admin", [], ["openid"]],
    [MIXED, "read grantline:audit", [MIXED], ["read"]],
    [MIXED, "", [MIXED], ["read"]],
  ])("is dropped beside what else is asked for, an operator's approval or not: %s %s", async (resource, scope, resources, left) => {
    const { body } = await ask({ resource, scope });
    const visitor = new Visitor(world);
    const page = await open(visitor, String(body["user_code"]), "root");
    expect(page.body).not.toContain("grantline:");
    await decide(visitor, page, "allow");
    const approval = await approved(body["device_code"]);
    expect([approval?.resources.map(({ uri }) => uri), approval?.scope]).toEqual([resources, left]);
    expect((await poll(body["device_code"])).body["scope"]).toBe(left.join(" "));
  });

  it("is no reason to let a device in where the person has nothing else to give", async () => {
    const uri = "https://audit.example/mcp";
    await world.registerResource(uri, define("read", "grantline:audit"), policy("grantline:audit"));
    const { body } = await ask({ resource: uri, scope: "" });
    expect(await open(new Visitor(world), String(body["user_code"]), "root")).toMatchObject({ status: 403 });
    expect(await poll(body["device_code"])).toMatchObject({ status: 400, body: { error: "access_denied" } });
  });

  it.each([
    [ADMIN, ["openid", "grantline:admin"], { status: 200, body: { scope: "openid" } }],
    [MIXED, ["read", "grantline:audit"], { status: 200, body: { scope: "read" } }],
    [ADMIN, ["grantline:admin"], { status: 400, body: { error: "invalid_scope" }, reason: "scope-not-allowed" }],
  ])("that was approved all the same opens nothing: %s %j", async (resource, scope, expected) => {
    const { body } = await ask({ resource: MCP });
    const visitor = new Visitor(world);
    await decide(visitor, await open(visitor, String(body["user_code"]), "root"), "allow");
    const id = streamOf(body["device_code"]).slice("device-".length);
    const { state } = await world.context.devices.load(id, { fresh: true });
    if (state.status !== "approved") throw new Error("not approved");
    const resourceId = resourceStreamId(resource);
    const { devices } = world.context;
    const approval = {
      ...state.approval,
      resources: [{ id: resourceId, uri: resource, scopes: scope.filter((name) => name !== "openid") }],
      scope,
      generations: { ...state.approval.generations, resources: { [resourceId]: 0 } },
    };
    Object.assign(world.context, { devices: { ...devices, load: () => Promise.resolve({ state: { ...state, approval } }) } });
    try {
      expect(await poll(body["device_code"])).toMatchObject(expected);
    } finally {
      Object.assign(world.context, { devices });
    }
  });
});

describe("the kill switch", () => {
  it("stops every step of it at once, and nothing is lost by it", async () => {
    const { body } = await ask();
    const visitor = new Visitor(world);
    const page = await open(visitor, String(body["user_code"]));
    const { flags } = world.context;
    Object.assign(world.context, { flags: { enabled: (flag: string) => flag !== "oauth.device-grant" } });
    const off = { status: 400, headers: { "x-reason": "capability-off" } };
    try {
      expect(await ask()).toMatchObject({ status: 400, body: { error: "unauthorized_client" }, reason: "capability-off" });
      expect(await poll(body["device_code"])).toMatchObject({
        status: 400,
        body: { error: "unauthorized_client" },
        reason: "capability-off",
      });
      expect(await decide(visitor, page, "allow")).toMatchObject(off);
    } finally {
      Object.assign(world.context, { flags });
    }
    await decide(visitor, page, "allow");
    expect((await poll(body["device_code"])).status).toBe(200);
  });
});

describe("a device that polls", () => {
  it("too fast is told to slow down by five seconds more each time, and the log hears of it once", async () => {
    const { body } = await ask();
    const at = async (seconds: number): Promise<unknown> => {
      world.clock.time += seconds;
      return (await poll(body["device_code"])).body["error"];
    };
    expect(await at(0)).toBe("authorization_pending");
    expect(await at(2)).toBe("slow_down");
    expect(await at(7)).toBe("slow_down");
    expect(await at(15)).toBe("authorization_pending");
    expect(await at(14)).toBe("slow_down");
    const visitor = new Visitor(world);
    await decide(visitor, await open(visitor, String(body["user_code"])), "allow");
    expect((await poll(body["device_code"])).status).toBe(200);
    expect(await eventsOf(world, streamOf(body["device_code"]))).toEqual([
      "DeviceAuthorizationRequested",
      "DeviceAuthorizationApproved",
      "SlowDownIssued",
      "DeviceAuthorizationRedeemed",
    ]);
  });

  it("after the end is told so, and what was allowed expires once", async () => {
    const [left, allowed] = [(await ask()).body, (await ask()).body];
    const visitor = new Visitor(world);
    await decide(visitor, await open(visitor, String(allowed["user_code"])), "allow");
    const page = await open(visitor, String(left["user_code"]));
    world.clock.time += 600;
    for (let n = 0; n < 2; n++)
      for (const { device_code: code } of [left, allowed])
        expect(await poll(code)).toMatchObject({ status: 400, body: { error: "expired_token" } });
    expect(await decide(visitor, page, "allow")).toMatchObject({ status: 400, headers: { "x-reason": "device-expired" } });
    expect(await eventsOf(world, streamOf(left["device_code"]))).toEqual([]);
    expect(await eventsOf(world, streamOf(allowed["device_code"]))).toEqual([
      "DeviceAuthorizationRequested",
      "DeviceAuthorizationApproved",
      "DeviceAuthorizationExpired",
    ]);
  });

  it("50 times at once gets its tokens exactly once, and the rest revoke nothing (P2)", async () => {
    const { body } = await ask();
    const visitor = new Visitor(world);
    await decide(visitor, await open(visitor, String(body["user_code"])), "allow");
    const answers = await Promise.all(Array.from({ length: 50 }, () => poll(body["device_code"])));
    const [won, ...more] = answers.filter(({ status }) => status === 200);
    expect(more).toEqual([]);
    expect(new Set(answers.filter((each) => each !== won).map((each) => each.body["error"]))).toEqual(new Set(["invalid_grant"]));
    const refreshed = await send(tokenEndpoints(world.context), "/oauth/token", {
      grant_type: "refresh_token",
      client_id: "tv",
      refresh_token: String(won?.body["refresh_token"]),
    });
    expect(refreshed.status).toBe(200);
  });

  it("gets no refresh token once its client is not registered for them any more", async () => {
    await world.registerClient("radio-2", { redirect_uris: [], response_types: [], grant_types: [GRANT, "refresh_token"] });
    const { body } = await ask({ client_id: "radio-2" });
    const visitor = new Visitor(world);
    await decide(visitor, await open(visitor, String(body["user_code"])), "allow");
    const { state } = await world.context.clients.load("radio-2", { fresh: true });
    if (state.status !== "active") throw new Error("not active");
    const metadata = { ...state.metadata, grant_types: [GRANT] };
    const update = { kind: "update", now: world.clock.time, metadata, settings: state.settings, documentHash: "other" } as const;
    await world.context.clients.execute("radio-2", update, META);
    const tokens = await poll(body["device_code"], { client_id: "radio-2" });
    expect([tokens.status, tokens.body["refresh_token"]]).toEqual([200, undefined]);
  });

  it("with another client's code, a changed one, or none is refused", async () => {
    const { body } = await ask();
    await world.registerClient("radio", { redirect_uris: [], response_types: [], grant_types: [GRANT] });
    expect(await poll(body["device_code"], { client_id: "radio" })).toMatchObject({
      body: { error: "invalid_grant" },
      reason: "client-mismatch",
    });
    const other = (await ask()).body;
    const mixed = `${String(body["device_code"]).split(".")[0]}.${String(other["device_code"]).split(".")[1]}`;
    expect(await poll(mixed)).toMatchObject({ body: { error: "invalid_grant" }, reason: "device-code-unknown" });
    expect(await poll("gl_dc_nothing")).toMatchObject({ body: { error: "invalid_grant" }, reason: "device-code-unknown" });
    expect(await poll("")).toMatchObject({ body: { error: "invalid_request" } });
  });

  it("gets what was allowed while the ephemeral store is away, and is told to come back otherwise (P7)", async () => {
    const [allowed, waiting] = [(await ask()).body, (await ask()).body];
    const visitor = new Visitor(world);
    await decide(visitor, await open(visitor, String(allowed["user_code"])), "allow");
    const { ephemeral } = world.context;
    const away = (): Promise<never> => Promise.reject(new EventStoreUnavailable("Redis is away"));
    Object.assign(world.context, { ephemeral: { ...ephemeral, get: away, put: away, swap: away, addIfAbsent: away } });
    try {
      expect((await poll(allowed["device_code"])).status).toBe(200);
      await expect(poll(waiting["device_code"])).rejects.toThrow(EventStoreUnavailable);
      await expect(ask()).rejects.toThrow(EventStoreUnavailable);
    } finally {
      Object.assign(world.context, { ephemeral });
    }
    expect((await poll(waiting["device_code"])).body["error"]).toBe("authorization_pending");
  });

  it("is told that it has expired when the ephemeral store lost it: no person can find it any more", async () => {
    const { body } = await ask();
    const { ephemeral } = world.context;
    Object.assign(world.context, { ephemeral: { ...ephemeral, get: () => Promise.resolve(undefined) } });
    try {
      expect((await poll(body["device_code"])).body["error"]).toBe("expired_token");
    } finally {
      Object.assign(world.context, { ephemeral });
    }
  });

  it("gets nothing once the consent it rests on is withdrawn (P5)", async () => {
    const { body } = await ask();
    const visitor = new Visitor(world);
    await decide(visitor, await open(visitor, String(body["user_code"])), "allow");
    const { state } = await world.context.devices.load(streamOf(body["device_code"]).slice("device-".length));
    const subject = state.status === "approved" ? state.approval.subject : "";
    await world.context.consents.execute(consentStreamId(subject, "tv"), { kind: "withdraw", now: world.clock.time }, META);
    expect(await poll(body["device_code"])).toMatchObject({ status: 400, body: { error: "invalid_grant" }, reason: "standing-lost" });
  });
});
