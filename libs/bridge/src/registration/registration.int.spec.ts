// Real: event store, listings and secret store in files, @azure/identity over HTTPS. Stand-in: Graph.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseEvent } from "@grantline/event-store";
import { SecretStoreReadOnly } from "@grantline/secrets";
import type { Fetch } from "../fetch.port.ts";
import { agent, bearer, INITIAL, openTestBridge, type TestBridge } from "../fixtures/bridge.ts";
import { emptied, type Entra, entraParts, INSTALLATION, leftAt, startEntra } from "../fixtures/entra.ts";
import { lifeCycle, resume } from "../process/duties.ts";

let entra: Entra;
let bridge: TestBridge;
beforeAll(async () => {
  entra = await startEntra();
});
beforeEach(async () => {
  bridge = await open();
});
afterEach(async () => {
  entra.standIn.trouble = { kind: "none" };
  entra.standIn.lag = 0;
  emptied(entra.standIn);
  await bridge.close();
});
afterAll(() => entra.close());

/** `before`: goes on with what that one left. */
const open = (settings: object = {}, before?: TestBridge) =>
  openTestBridge({
    settings,
    fetch: entra.fetch,
    made: (secrets, clock) => entraParts(entra, secrets, clock),
    ...(before === undefined ? {} : { dir: before.dir, now: before.clock.time }),
  });
const register = (document: object = agent(), headers: object = bearer(INITIAL)) =>
  bridge.call("POST", "/bridge/register", { headers: { ...headers }, body: JSON.stringify(document) });
const manage = (
  method: string,
  registered: Readonly<Record<string, unknown>>,
  body?: object,
  token = String(registered["registration_access_token"]),
) =>
  bridge.call(method, `/bridge/register/${String(registered["client_id"])}`, {
    headers: bearer(token),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const application = () => {
  const [found] = entra.standIn.directory.applications();
  if (found === undefined) throw new Error("there is no application");
  return found;
};
const eventsOf = async (clientId: unknown) =>
  (await bridge.store.readStream(`bridge-${String(clientId)}`, 0, 100)).map((stored) => parseEvent(stored).event.type);
const NOTHING = { applications: 0, passwords: 0, deleted: 0 };

describe("a registration through the bridge (RFC 7591)", () => {
  it("makes an application, its principal and a secret, and gives the client credentials of the facade", async () => {
    const { status, body } = await register(agent({ scope: "mcp.read" }));
    expect(status).toBe(201);
    expect(body).toMatchObject({
      client_name: "Agent",
      client_secret_expires_at: 0,
      scope: "mcp.read",
      redirect_uris: ["https://agent.example.com/cb"],
    });
    expect(body["registration_client_uri"]).toBe(`http://as.test/bridge/register/${String(body["client_id"])}`);
    const { appId, principalId, passwords, properties, uniqueName } = application();
    expect(principalId).toBeDefined();
    expect(uniqueName).toBe(`grantline-bridge-${INSTALLATION}-${String(body["client_id"])}-1`);
    const { resource } = entra.standIn.tenant;
    expect(properties).toMatchObject({
      displayName: "Agent (agent.example.com)",
      signInAudience: "AzureADMyOrg",
      web: { redirectUris: ["https://agent.example.com/cb"] },
      publicClient: { redirectUris: [] },
      spa: { redirectUris: [] },
      api: { requestedAccessTokenVersion: 2 },
      requiredResourceAccess: [{ resourceAppId: resource.appId, resourceAccess: [{ id: resource.scopes["mcp.read"], type: "Scope" }] }],
    });
    const secret = passwords[0]?.secretText ?? "";
    expect(Date.parse(passwords[0]?.endDateTime ?? "") / 1_000).toBe(bridge.clock.now() + 180 * 86_400);
    const names = (await bridge.secrets.list()).map(({ name }) => name);
    expect(names).toEqual([expect.stringMatching(new RegExp(`^oauth/entra/${String(body["client_id"])}/client-secret-[0-9a-f]{12}$`))]);
    expect((await bridge.secrets.get(names[0] ?? ""))?.value).toBe(secret);
    // neither the application's id nor its secret leaves the bridge
    for (const theirs of [appId, secret]) expect(JSON.stringify(body)).not.toContain(theirs);
    expect(await eventsOf(body["client_id"])).toEqual([
      "RegistrationRequested",
      "EntraAppCreated",
      "EntraServicePrincipalCreated",
      "EntraSecretIssued",
      "SecretStored",
      "RegistrationCompleted",
    ]);
    const log = (await bridge.store.readAll("0", 100)).map((stored) => stored.body).join("\n");
    for (const text of [secret, String(body["client_secret"]), String(body["registration_access_token"])]) {
      expect(log).not.toContain(text);
      expect(JSON.stringify(bridge.lines)).not.toContain(text);
    }
    expect(bridge.bridged).toEqual([["register", "done", expect.any(Number)]]);
    // Completed < 5 s; the deadline of a test machine is not the promise, so only the order of it is looked at
    expect(bridge.bridged[0]?.[2]).toBeLessThan(60);
  });

  it("registers native redirects as such, without a secret, and hands a public client none", async () => {
    const { status, body } = await register(agent({ redirect_uris: ["http://localhost/cb"], token_endpoint_auth_method: "none" }));
    expect(status).toBe(201);
    expect(body).not.toHaveProperty("client_secret");
    expect(application().properties).toMatchObject({ publicClient: { redirectUris: ["http://localhost/cb"] }, web: { redirectUris: [] } });
    expect(application().passwords).toEqual([]);
  });

  it("makes one application for each client, however alike they are", async () => {
    const [one, other] = await Promise.all([register(), register()]);
    expect(one.body["client_id"]).not.toBe(other.body["client_id"]);
    expect(leftAt(entra.standIn)).toEqual({ applications: 2, passwords: 2, deleted: 0 });
  });

  it("waits for replicas that lag behind", async () => {
    entra.standIn.lag = 2;
    expect((await register()).status).toBe(201);
    expect(entra.standIn.requests.some((line) => line.endsWith(" 404"))).toBe(true);
  });

  it("does as Graph says when it throttles", async () => {
    entra.standIn.trouble = { kind: "throttled", times: 2, retryAfterSeconds: 1 };
    const began = performance.now();
    expect((await register()).status).toBe(201);
    expect(performance.now() - began).toBeGreaterThanOrEqual(2_000);
  });

  it("finds its own application when the answer got lost, and makes no second secret", async () => {
    entra.standIn.trouble = { kind: "cut-after" };
    expect((await register()).status).toBe(201);
    expect(leftAt(entra.standIn)).toEqual({ applications: 1, passwords: 1, deleted: 0 });
    let cut = false;
    entra.standIn.onRequest = (moment, what) => {
      if (moment === "before" && what.endsWith("addPassword") && !cut) {
        cut = true;
        entra.standIn.trouble = { kind: "cut-after" };
      }
    };
    expect((await register()).status).toBe(201);
    entra.standIn.onRequest = () => undefined;
    expect(cut).toBe(true);
    expect(leftAt(entra.standIn)).toEqual({ applications: 2, passwords: 2, deleted: 0 });
  });
});

describe("a registration that can't be made", () => {
  it("F-12: is 503 with Retry-After while Graph is away, and leaves nothing", async () => {
    await bridge.close();
    bridge = await open({ patience: 1 });
    entra.standIn.trouble = { kind: "unavailable" };
    const { status, body, headers, reason } = await register();
    expect([status, body["error"], reason]).toEqual([503, "temporarily_unavailable", "bridge-target-unavailable"]);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    entra.standIn.trouble = { kind: "none" };
    // whether Graph made something of it is certain after a minute; then the duty takes it back
    bridge.clock.time += 61;
    await bridge.projector.caughtUp();
    expect(await resume(bridge.parts)).toBe(1);
    expect(leftAt(entra.standIn)).toEqual(NOTHING);
    expect(bridge.bridged).toEqual([["register", "failed", expect.any(Number)]]);
  });

  it("F-12: takes back what there is when Graph goes away in the middle", async () => {
    await bridge.close();
    // enough for what comes before it even on a busy machine
    bridge = await open({ patience: 6 });
    entra.standIn.onRequest = (moment, what) => {
      if (moment === "before" && what.endsWith("addPassword")) entra.standIn.trouble = { kind: "hang" };
    };
    const asked = register();
    expect((await asked).status).toBe(503);
    entra.standIn.onRequest = () => undefined;
    entra.standIn.trouble = { kind: "none" };
    const log = (await bridge.store.readAll("0", 100)).map((stored) => stored.body).join("\n");
    expect(log).toContain('"step":"issue-secret","reason":"target-unavailable"');
    expect(leftAt(entra.standIn).applications).toBe(1);
    await bridge.projector.caughtUp();
    expect(await resume(bridge.parts)).toBe(1);
    expect(leftAt(entra.standIn)).toEqual(NOTHING);
  });

  it("is 503 when the secret store can't be written, and is taken back: a secret that nobody can keep is none", async () => {
    await bridge.close();
    bridge = await openTestBridge({
      fetch: entra.fetch,
      made: (secrets, clock) =>
        entraParts(entra, { ...secrets, set: () => Promise.reject(new SecretStoreReadOnly("secrets", "none can be written")) }, clock),
    });
    expect((await register()).status).toBe(503);
    expect(leftAt(entra.standIn)).toEqual(NOTHING);
  });

  it("is 502 when Graph answers what nobody can read, and holds up no other registration", async () => {
    const garbling: Fetch = async (url, init) => {
      const answer = await entra.fetch(url, init);
      return url.includes("addPassword") ? new Response("<html>proxy</html>", { status: 200 }) : answer;
    };
    await bridge.close();
    bridge = await openTestBridge({
      fetch: entra.fetch,
      made: (secrets, clock) => entraParts({ ...entra, fetch: garbling }, secrets, clock),
    });
    const { status, reason } = await register();
    expect([status, reason]).toEqual([502, "bridge-target-refused"]);
    expect(leftAt(entra.standIn)).toEqual(NOTHING);
  });

  it("is 502 when Graph refuses the bridge itself, says so in the log alone, and is taken back", async () => {
    entra.standIn.trouble = { kind: "forbidden" };
    const { status, body, reason } = await register();
    expect([status, body["error"], reason]).toEqual([502, "server_error", "bridge-target-refused"]);
    expect(JSON.stringify(body)).not.toMatch(/Graph|Authorization_RequestDenied/);
  });

  it("F-08: refuses what Entra would refuse, what is no metadata and what nobody vouched for, before anything is begun", async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [agent({ redirect_uris: ["http://[::1]/cb"] }), "invalid_redirect_uri"],
      [agent({ redirect_uris: [`https://agent.example.com/${"x".repeat(300)}`] }), "invalid_redirect_uri"],
      [agent({ redirect_uris: ["https://agent.example.com/cb(1)"] }), "invalid_redirect_uri"],
      [agent({ redirect_uris: ["https://*.example.com/cb"] }), "invalid_redirect_uri"],
      [agent({ redirect_uris: ["javascript:alert(1)"] }), "invalid_redirect_uri"],
      [agent({ redirect_uris: [] }), "invalid_redirect_uri"],
      [
        agent({ redirect_uris: Array.from({ length: 10_000 }, (_, index) => `https://agent.example.com/${index}`) }),
        "invalid_redirect_uri",
      ],
      [agent({ token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [] } }), "invalid_client_metadata"],
      [agent({ grant_types: ["client_credentials"] }), "invalid_client_metadata"],
      [agent({ software_statement: "a.b.c" }), "unapproved_software_statement"],
    ];
    for (const [document, error] of wrong) {
      const { status, body } = await register(document);
      expect([status, body["error"], document]).toEqual([400, error, document]);
    }
    for (const headers of [{}, bearer("another-token-of-16")]) {
      const { status, reason } = await register(agent(), headers);
      expect([status, reason]).toEqual([401, "initial-access-token-missing"]);
    }
    expect(entra.standIn.directory.applications()).toEqual([]);
    expect(await bridge.store.readAll("0", 10)).toEqual([]);
  });

  it("F-01: refuses key addresses that lead inside", async () => {
    await bridge.close();
    bridge = await open({ allowInsecureLoopback: false });
    for (const uri of ["https://127.0.0.1/keys", "https://169.254.169.254/keys", "https://[fd00::1]/keys"]) {
      const { status, body } = await register(agent({ jwks_uri: uri }));
      expect([status, body["error"]]).toEqual([400, "invalid_client_metadata"]);
    }
  });

  it("F-08: limits an open bridge by address", async () => {
    await bridge.close();
    bridge = await open({ open: true, initialAccessTokens: [] });
    const answers = [];
    for (let count = 0; count < 7; count += 1) answers.push(await register(agent(), {}));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 429, 429]);
    expect(answers.at(-1)?.headers["retry-after"]).toBeDefined();
  });
});

describe("an open bridge", () => {
  it("F-08: fills the directory up to a number and no further, until something goes or a minute has passed", async () => {
    await bridge.close();
    bridge = await openTestBridge({
      settings: { open: true, initialAccessTokens: [] },
      maxClients: 2,
      fetch: entra.fetch,
      made: (secrets, clock) => entraParts(entra, secrets, clock),
    });
    const first = await register(agent(), {});
    expect([first.status, (await register(agent(), {})).status]).toEqual([201, 201]);
    const over = await register(agent(), {});
    expect([over.status, over.body["error"], over.reason]).toEqual([429, "too_many_requests", "registration-quota"]);
    await manage("DELETE", first.body);
    await bridge.projector.caughtUp();
    bridge.clock.time += 60;
    expect((await register(agent(), {})).status).toBe(201);
    expect((await register(agent(), {})).status).toBe(429);
    expect(leftAt(entra.standIn).applications).toBe(2);
  });
});

describe("management of a registration (RFC 7592)", () => {
  it("F-09: reads, changes and removes with the client's own token alone", async () => {
    const { body: mine } = await register();
    const { body: other } = await register();
    expect((await manage("GET", mine)).body).toMatchObject({ client_id: mine["client_id"], client_name: "Agent" });
    for (const [registered, token] of [
      [mine, String(other["registration_access_token"])],
      [mine, "nonsense"],
      [{ client_id: "unknown" }, String(mine["registration_access_token"])],
    ] as const)
      for (const method of ["GET", "PUT", "DELETE"]) {
        const { status, reason } = await manage(method, registered, agent(), token);
        expect([method, status, reason]).toEqual([method, 401, "registration-token-wrong"]);
      }
    const changed = await manage(
      "PUT",
      mine,
      agent({ client_id: mine["client_id"], client_name: "Renamed", redirect_uris: ["http://localhost/cb"] }),
    );
    expect([changed.status, changed.body["client_name"]]).toEqual([200, "Renamed"]);
    const mineThere = entra.standIn.directory.applications().find(({ uniqueName }) => uniqueName?.includes(String(mine["client_id"])));
    // the web redirect went, and with it the application's secret
    expect(mineThere).toMatchObject({
      passwords: [],
      properties: {
        displayName: "Renamed (localhost)",
        publicClient: { redirectUris: ["http://localhost/cb"] },
        web: { redirectUris: [] },
      },
    });
    expect((await manage("DELETE", mine)).status).toBe(204);
    expect((await manage("GET", mine)).status).toBe(401);
    expect(leftAt(entra.standIn)).toEqual({ applications: 1, passwords: 1, deleted: 0 });
    expect((await bridge.secrets.list()).length).toBe(1);
  });

  it("refuses a chosen secret, a foreign client_id and members that are the server's", async () => {
    const { body: mine } = await register();
    const own = { client_id: mine["client_id"] };
    for (const document of [
      agent(),
      agent({ client_id: "other" }),
      agent({ ...own, client_secret: "chosen" }),
      agent({ ...own, client_id_issued_at: 1 }),
    ])
      expect((await manage("PUT", mine, document)).body["error"]).toBe("invalid_client_metadata");
    const shown = await manage("PUT", mine, agent({ ...own, client_secret: mine["client_secret"] }));
    expect([shown.status, shown.body["client_secret"]]).toEqual([200, mine["client_secret"]]);
  });

  it("is kept when Graph is away, and brought in line by the duty", async () => {
    const { body: mine } = await register();
    await bridge.close({ keep: true });
    bridge = await open({ patience: 1 }, bridge);
    entra.standIn.trouble = { kind: "unavailable" };
    const changed = await manage("PUT", mine, agent({ client_id: mine["client_id"], client_name: "Renamed" }));
    expect([changed.status, changed.body["client_name"]]).toEqual([200, "Renamed"]);
    expect(application().properties["displayName"]).toBe("Agent (agent.example.com)");
    const removed = await manage("DELETE", changed.body);
    expect(removed.status).toBe(204);
    entra.standIn.trouble = { kind: "none" };
    await bridge.projector.caughtUp();
    expect(await resume(bridge.parts)).toBe(1);
    expect(leftAt(entra.standIn)).toEqual(NOTHING);
  });
});

describe("the life cycle of registrations", () => {
  it("removes what nobody uses, and what nobody uses any more", async () => {
    const DAY = 86_400;
    const { body: used } = await register();
    await register();
    await bridge.parts.bridges.execute(
      String(used["client_id"]),
      { kind: "used", now: bridge.clock.now(), atMostEvery: DAY },
      { correlationId: "t", actor: { kind: "system", id: "t" } },
    );
    bridge.clock.time += 31 * DAY;
    await bridge.projector.caughtUp();
    expect(await lifeCycle(bridge.parts)).toBe(1);
    expect(leftAt(entra.standIn).applications).toBe(1);
    bridge.clock.time += 60 * DAY;
    await bridge.projector.caughtUp();
    expect(await lifeCycle(bridge.parts)).toBe(1);
    expect(leftAt(entra.standIn)).toEqual(NOTHING);
    expect(await bridge.secrets.list()).toEqual([]);
  });

  it("removes applications and secrets of this installation that no stream knows, and nobody else's", async () => {
    const { directory } = entra.standIn;
    await register();
    const tags = ["grantline-bridge", `grantline-bridge-${INSTALLATION}`];
    for (const [name, its] of [
      [`grantline-bridge-${INSTALLATION}-d00d-1`, tags],
      ["grantline-bridge-other-d00d-1", ["grantline-bridge", "grantline-bridge-other"]],
      ["somebody's own", []],
    ] as const)
      directory.upsert(name, { displayName: "x", tags: its }, true);
    directory.addPassword(application().id, { displayName: "grantline lost" });
    directory.addPassword(application().id, { displayName: "by hand" });
    await bridge.projector.caughtUp();
    // what is young may be somebody's work in hand
    expect(await lifeCycle(bridge.parts)).toBe(0);
    bridge.clock.time += 3_600;
    expect(await lifeCycle(bridge.parts)).toBe(2);
    expect(directory.applications().map(({ uniqueName }) => uniqueName)).toEqual([
      application().uniqueName,
      "grantline-bridge-other-d00d-1",
      "somebody's own",
    ]);
    expect(application().passwords.map(({ displayName }) => displayName)).toEqual([
      expect.stringMatching(/^grantline [0-9a-f]{16}$/),
      "by hand",
    ]);
  });

  it("removes nothing where the log is not the one the applications were made from", async () => {
    const { directory } = entra.standIn;
    const tags = ["grantline-bridge", `grantline-bridge-${INSTALLATION}`];
    const made = (name: string) => directory.upsert(`grantline-bridge-${INSTALLATION}-${name}-1`, { displayName: "x", tags }, true);
    for (let n = 0; n < 11; n++) made(`d00d${n}`);
    await register();
    await bridge.projector.caughtUp();
    bridge.clock.time += 3_600;
    expect(await lifeCycle(bridge.parts)).toBe(0);
    expect(leftAt(entra.standIn)).toMatchObject({ applications: 12, deleted: 0 });
    expect(JSON.stringify(bridge.lines)).toContain("is this the right log?");
  });

  it("leaves a registration alone whose requester may still be waiting", async () => {
    await bridge.projector.caughtUp();
    const { body } = await register();
    const event = {
      ...(await bridge.parts.bridges.load(String(body["client_id"]))).state,
      bridgeId: "pending1",
      clientId: "pending1",
    } as never;
    const { bridges } = bridge.parts;
    const request = event as { metadata: never; documentHash: string };
    await bridges.execute(
      "pending1",
      {
        kind: "request",
        now: bridge.clock.now(),
        event: {
          bridgeId: "pending1",
          clientId: "pending1",
          origin: "dcr",
          target: "entra",
          metadata: request.metadata,
          documentHash: "h",
          needsSecret: false,
        },
      },
      { correlationId: "t", actor: { kind: "system", id: "t" } },
    );
    await bridge.projector.caughtUp();
    expect(await resume(bridge.parts)).toBe(0);
    bridge.clock.time += 120;
    expect(await resume(bridge.parts)).toBe(1);
    expect((await bridges.load("pending1")).state).toMatchObject({ status: "gone", reason: "abandoned" });
  });
});
