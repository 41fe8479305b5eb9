// Real: event store, listings and secret store in files, @azure/identity over HTTPS, oauth4webapi as client. Stand-in: Graph and Entra's login.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decodeJwt } from "jose";
import * as oauth from "oauth4webapi";
import { parseEvent } from "@grantline/event-store";
import { agent, bearer, INITIAL, openTestBridge, type TestBridge } from "../fixtures/bridge.ts";
import { emptied, type Entra, entraParts, leftAt, startEntra } from "../fixtures/entra.ts";
import { lifeCycle } from "../process/duties.ts";

let entra: Entra;
let bridge: TestBridge;
let documents: Server;
let documentUrl = "";
let document: Record<string, unknown> = {};
beforeAll(async () => {
  entra = await startEntra();
  documents = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => documents.listen(0, "127.0.0.1", resolve));
  documentUrl = `http://127.0.0.1:${(documents.address() as AddressInfo).port}/client.json`;
});
beforeEach(async () => {
  bridge = await open();
});
afterEach(async () => {
  entra.standIn.issues = { version: 2, audience: entra.standIn.tenant.resource.appId };
  emptied(entra.standIn);
  await bridge.close();
});
afterAll(async () => {
  await entra.close();
  documents.close();
});

const open = (settings: object = {}) =>
  openTestBridge({ settings, fetch: entra.fetch, made: (secrets, clock) => entraParts(entra, secrets, clock) });
const CALLBACK = "https://agent.example.com/cb";
const VERIFIER = "v".repeat(43);

interface Client {
  readonly id: string;
  readonly secret: string | undefined;
  readonly redirectUri: string;
}

async function client(over: object = {}): Promise<Client> {
  const { status, body } = await bridge.call("POST", "/bridge/register", { headers: bearer(INITIAL), body: JSON.stringify(agent(over)) });
  expect(status).toBe(201);
  return {
    id: String(body["client_id"]),
    secret: body["client_secret"] as string | undefined,
    redirectUri: (body["redirect_uris"] as string[])[0] ?? "",
  };
}

async function authorize({ id, redirectUri }: Pick<Client, "id" | "redirectUri">, over: Record<string, string | undefined> = {}) {
  const query = new URLSearchParams();
  const all = {
    client_id: id,
    redirect_uri: redirectUri,
    response_type: "code",
    state: "st",
    scope: "mcp.read",
    resource: "https://mcp.example.com/mcp",
    code_challenge: await oauth.calculatePKCECodeChallenge(VERIFIER),
    code_challenge_method: "S256",
    ...over,
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) query.set(name, value);
  return bridge.call("GET", `/bridge/authorize?${query.toString()}`);
}

/** The browser's way: to the facade, to Entra, back to the client. */
async function codeFor(of: Pick<Client, "id" | "redirectUri">, over: Record<string, string | undefined> = {}): Promise<string> {
  const sent = await authorize(of, over);
  expect([sent.status, sent.reason, sent.body]).toEqual([302, undefined, {}]);
  const answer = await entra.fetch(String(sent.headers["location"]), {
    method: "GET",
    headers: {},
    redirect: "manual" as never,
    signal: AbortSignal.timeout(10_000),
  });
  const back = new URL(answer.headers.get("location") ?? (await answer.text()));
  expect(`${back.origin}${back.pathname}`).toBe(of.redirectUri);
  expect(back.searchParams.get("state")).toBe("st");
  return back.searchParams.get("code") ?? "";
}

const basic = ({ id, secret = "" }: Client) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` });
const token = (form: Record<string, string>, headers: object = {}) =>
  bridge.call("POST", "/bridge/token", { headers: { ...headers }, body: new URLSearchParams(form).toString() });
const redeem = (of: Client, code: string, over: Record<string, string> = {}) =>
  token(
    {
      grant_type: "authorization_code",
      code,
      redirect_uri: of.redirectUri,
      code_verifier: VERIFIER,
      ...(of.secret === undefined ? { client_id: of.id } : {}),
      ...over,
    },
    of.secret === undefined ? {} : basic(of),
  );

describe("the facade's metadata", () => {
  it("is at all three places, complete, and accepted by a strict client", async () => {
    const places = [
      "/.well-known/oauth-authorization-server/bridge",
      "/.well-known/openid-configuration/bridge",
      "/bridge/.well-known/openid-configuration",
    ];
    for (const place of places) {
      const { status, body } = await bridge.call("GET", place);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        issuer: "http://as.test/bridge",
        code_challenge_methods_supported: ["S256"],
        registration_endpoint: "http://as.test/bridge/register",
      });
      const as = await oauth.processDiscoveryResponse(
        new URL("http://as.test/bridge"),
        new Response(JSON.stringify(body), { status: 200, headers: { "content-type": "application/json" } }),
      );
      expect(as.token_endpoint).toBe("http://as.test/bridge/token");
      expect(as["scopes_supported"]).toEqual(["mcp.read", "mcp.write", "offline_access"]);
      expect(as["client_id_metadata_document_supported"]).toBe(false);
    }
  });
});

describe("a login through the facade", () => {
  it("ends in tokens of Entra for a confidential client, whose secret Entra never sees, and the other way round", async () => {
    const mine = await client();
    const sent = await authorize(mine, { prompt: "login", evil: "1" });
    const target = new URL(String(sent.headers["location"]));
    const [application] = entra.standIn.directory.applications().slice(-1);
    expect(Object.fromEntries(target.searchParams)).toEqual({
      client_id: application?.appId,
      response_type: "code",
      response_mode: "query",
      redirect_uri: CALLBACK,
      scope: "api://grantline-mcp/mcp.read offline_access",
      code_challenge: await oauth.calculatePKCECodeChallenge(VERIFIER),
      code_challenge_method: "S256",
      state: "st",
      prompt: "login",
    });
    const { status, body } = await redeem(mine, await codeFor(mine), { resource: "https://mcp.example.com/mcp" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: "Bearer", scope: "mcp.read", expires_in: 3_599 });
    expect(body).not.toHaveProperty("id_token");
    expect(decodeJwt(String(body["access_token"]))).toMatchObject({ scp: "mcp.read", azp: application?.appId });
    const answer = JSON.stringify(body);
    for (const { secretText } of application?.passwords ?? []) expect(answer).not.toContain(secretText);
    const types = (await bridge.store.readStream(`bridge-${mine.id}`, 0, 100)).map((stored) => parseEvent(stored).event.type);
    expect(types.at(-1)).toBe("RegistrationUsed");
  });

  it("works for a public client with a loopback redirect on any port, which needs no secret anywhere", async () => {
    const registered = await client({ redirect_uris: ["http://localhost/cb"], token_endpoint_auth_method: "none" });
    const mine = { ...registered, redirectUri: "http://localhost:53123/cb" };
    const { status, body } = await redeem(mine, await codeFor(mine));
    expect([status, body["scope"]]).toEqual([200, "mcp.read"]);
    const refreshed = await token({ grant_type: "refresh_token", refresh_token: String(body["refresh_token"]), client_id: mine.id });
    expect(refreshed.status).toBe(200);
  });

  it("works for a public client with an https redirect: the facade attaches the secret", async () => {
    const mine = await client({ token_endpoint_auth_method: "none" });
    expect((await redeem(mine, await codeFor(mine))).status).toBe(200);
  });

  it("repeats the scope at a refresh, narrows it when asked, and never widens it", async () => {
    const mine = await client();
    const { body } = await redeem(mine, await codeFor(mine, { scope: "mcp.read mcp.write" }));
    expect(body["scope"]).toBe("api://grantline-mcp/mcp.read api://grantline-mcp/mcp.write".replaceAll("api://grantline-mcp/", ""));
    const refresh = (more: Record<string, string> = {}, value = String(body["refresh_token"])) =>
      token({ grant_type: "refresh_token", refresh_token: value, ...more }, basic(mine));
    expect((await refresh()).body["scope"]).toBe("mcp.read mcp.write");
    const narrow = await refresh({ scope: "mcp.read", resource: "https://mcp.example.com/mcp" });
    expect(narrow.body["scope"]).toBe("mcp.read");
    expect((await refresh({}, String(narrow.body["refresh_token"]))).status).toBe(200);
    const readOnly = await redeem(mine, await codeFor(mine));
    const wider = await refresh({ scope: "mcp.read mcp.write" }, String(readOnly.body["refresh_token"]));
    expect([wider.status, wider.body["error"]]).toEqual([400, "invalid_scope"]);
    for (const value of ["nonsense", "gl_br_e30.x", `gl_br_${Buffer.from("[]").toString("base64url")}.x`, "gl_br_%%%.x", "gl_br_e30."])
      expect((await refresh({}, value)).body["error"]).toBe("invalid_grant");
    const dead = `${String(body["refresh_token"]).split(".")[0] ?? ""}.1.Adead`;
    const refused = await refresh({}, dead);
    expect([refused.status, refused.body]).toEqual([
      400,
      { error: "invalid_grant", error_description: "The directory behind this bridge refused (AADSTS700082)." },
    ]);
  });

  it("goes on through a rotation of the application's secret", async () => {
    const mine = await client();
    const { body } = await redeem(mine, await codeFor(mine));
    bridge.clock.time += 80 * 86_400;
    await token({ grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) }, basic(mine));
    bridge.clock.time += 87 * 86_400;
    await bridge.projector.caughtUp();
    await lifeCycle(bridge.parts);
    const application = entra.standIn.directory.applications().find(({ uniqueName }) => uniqueName?.includes(mine.id));
    expect(application?.passwords.length).toBe(2);
    expect((await token({ grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) }, basic(mine))).status).toBe(200);
    bridge.clock.time += 2 * 86_400;
    await bridge.projector.caughtUp();
    await lifeCycle(bridge.parts);
    expect(entra.standIn.directory.applications().find(({ uniqueName }) => uniqueName?.includes(mine.id))?.passwords.length).toBe(1);
    expect((await token({ grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) }, basic(mine))).status).toBe(200);
  });
});

describe("the facade is no confused deputy", () => {
  it("F-13: sends nobody anywhere but to a redirect URI of that very client", async () => {
    const [mine, other] = [await client(), await client({ redirect_uris: ["https://other.example.com/cb"] })];
    const wrong = [
      other.redirectUri,
      `${CALLBACK}/`,
      `${CALLBACK}?x=1`,
      "https://agent.example.com.evil.com/cb",
      "https://agent.example.com/CB",
      "//agent.example.com/cb",
    ];
    for (const redirectUri of wrong) {
      const { status, headers, reason } = await authorize({ id: mine.id, redirectUri });
      expect([redirectUri, status, reason, headers["location"]]).toEqual([redirectUri, 400, "redirect-uri-unregistered", undefined]);
    }
    for (const id of ["unknown", "0".repeat(32), "", "__proto__"])
      expect((await authorize({ id, redirectUri: CALLBACK })).headers["location"]).toBeUndefined();
  });

  it("F-13: gives each client an application of its own, so that codes, refresh tokens and consent of one are nothing to another", async () => {
    const [mine, other] = [await client(), await client()];
    const code = await codeFor(mine);
    const stolen = await redeem(other, code);
    expect([stolen.status, stolen.body["error"]]).toEqual([400, "invalid_grant"]);
    const { body } = await redeem(mine, await codeFor(mine));
    const taken = await token({ grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) }, basic(other));
    expect([taken.status, taken.body["error"]]).toEqual([400, "invalid_grant"]);
    // no consent is given for anybody: that would let any client past Entra's own question
    expect(entra.standIn.requests.filter((line) => /oauth2PermissionGrants|appRoleAssign/.test(line))).toEqual([]);
  });

  it("F-13: demands PKCE and a code flow, and tells the client so by redirect", async () => {
    const mine = await client();
    const faults: readonly (readonly [Record<string, string | undefined>, string])[] = [
      [{ code_challenge: undefined }, "invalid_request"],
      [{ code_challenge_method: "plain" }, "invalid_request"],
      [{ response_type: "token" }, "unsupported_response_type"],
      [{ response_mode: "fragment" }, "invalid_request"],
      [{ request: "x" }, "request_not_supported"],
      [{ scope: "https://graph.microsoft.com/.default" }, "invalid_scope"],
      [{ login_hint: "x".repeat(5_000) }, "invalid_request"],
    ];
    for (const [over, error] of faults) {
      const { status, headers, reason } = await authorize(mine, over);
      const location = new URL(String(headers["location"]));
      expect([over, status, location.searchParams.get("error"), location.searchParams.get("state")]).toEqual([over, 302, error, "st"]);
      expect([location.origin, reason === undefined]).toEqual(["https://agent.example.com", false]);
    }
    const wrongVerifier = await redeem(mine, await codeFor(mine), { code_verifier: "w".repeat(43) });
    expect(wrongVerifier.body["error"]).toBe("invalid_grant");
  });

  it("K-01: lets only the client itself redeem, with what it registered", async () => {
    const mine = await client();
    const form = { grant_type: "authorization_code", code: "c", redirect_uri: CALLBACK, code_verifier: VERIFIER };
    const attempts: readonly (readonly [Record<string, string>, object, string])[] = [
      [{ ...form, client_id: mine.id }, {}, "client-method-mismatch"],
      [form, basic({ ...mine, secret: "wrong" }), "client-secret-wrong"],
      [{ ...form, client_id: mine.id, client_secret: "wrong" }, {}, "client-secret-wrong"],
      [{ ...form, client_id: "0".repeat(32) }, {}, "client-unknown"],
      [form, {}, "client-authentication-missing"],
    ];
    for (const [body, headers, reason] of attempts) {
      const answer = await token(body, headers);
      expect([answer.status, answer.body["error"], answer.reason]).toEqual([401, "invalid_client", reason]);
    }
    const limited = await token(form, basic({ ...mine, secret: "wrong" }));
    expect([401, 429]).toContain(limited.status);
  });

  it("refuses other grants, and clients that were removed", async () => {
    const mine = await client();
    expect((await token({ grant_type: "client_credentials" }, basic(mine))).body["error"]).toBe("unsupported_grant_type");
    expect((await token({}, basic(mine))).body["error"]).toBe("invalid_request");
    await bridge.parts.bridges.execute(
      mine.id,
      { kind: "end", now: bridge.clock.now(), reason: "admin" },
      { correlationId: "t", actor: { kind: "system", id: "t" } },
    );
    const gone = await redeem(mine, "c");
    expect([gone.status, gone.body["error"], gone.reason]).toEqual([401, "invalid_client", "client-deleted"]);
    expect((await authorize(mine)).status).toBe(401);
  });
});

describe("what Entra answers", () => {
  it("F-14: is taken in both versions and both spellings of the audience, and not when it is for something else", async () => {
    const mine = await client();
    const { resource } = entra.standIn.tenant;
    for (const version of [1, 2] as const)
      for (const audience of [resource.uri, resource.appId, `api://${resource.appId}`]) {
        entra.standIn.issues = { version, audience };
        expect((await redeem(mine, await codeFor(mine))).status).toBe(200);
      }
    for (const audience of ["00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com", "api://other"]) {
      entra.standIn.issues = { version: 2, audience };
      const { status, body, reason } = await redeem(mine, await codeFor(mine));
      expect([status, body["error"], reason, body["access_token"]]).toEqual([502, "server_error", "bridge-token-foreign", undefined]);
    }
  });

  it("F-14: that refuses the application's own secret is not told as the client's fault", async () => {
    const mine = await client();
    const code = await codeFor(mine);
    const application = entra.standIn.directory.applications().find(({ uniqueName }) => uniqueName?.includes(mine.id));
    for (const { keyId } of application?.passwords ?? []) entra.standIn.directory.removePassword(application?.id ?? "", keyId);
    const { status, body, reason } = await redeem(mine, code);
    expect([status, body["error"], reason]).toEqual([502, "server_error", "bridge-target-refused"]);
    expect(JSON.stringify(body)).not.toMatch(/Trace|secret/);
  });
});

describe("a client that is known by its document (CIMD)", () => {
  const describing = (over: object = {}) => ({
    client_id: documentUrl,
    client_name: "Document agent",
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: "none",
    ...over,
  });

  it("is registered when it comes, followed when its document changes, and comes back after its removal", async () => {
    await bridge.close();
    bridge = await open({ documentHosts: [new URL(documentUrl).host] });
    document = describing();
    const mine = { id: documentUrl, secret: undefined, redirectUri: CALLBACK };
    const before = leftAt(entra.standIn).applications;
    expect((await redeem(mine, await codeFor(mine))).status).toBe(200);
    expect((await redeem(mine, await codeFor(mine))).status).toBe(200);
    expect(leftAt(entra.standIn).applications).toBe(before + 1);
    document = describing({ client_name: "Renamed" });
    bridge.clock.time += 3_601;
    expect((await authorize(mine)).status).toBe(302);
    expect(entra.standIn.directory.applications().at(-1)?.properties["displayName"]).toBe("Renamed (agent.example.com)");
    bridge.clock.time += 100 * 86_400;
    await bridge.projector.caughtUp();
    await lifeCycle(bridge.parts);
    expect(leftAt(entra.standIn).applications).toBe(before);
    expect((await redeem(mine, await codeFor(mine))).status).toBe(200);
    expect(entra.standIn.directory.applications().at(-1)?.uniqueName).toMatch(/-2$/);
  });

  it("F-01: of a host nobody allowed, or that needs keys, makes neither a request nor an application", async () => {
    document = describing();
    const before = leftAt(entra.standIn).applications;
    for (const id of [documentUrl, "https://169.254.169.254/latest", "https://agent.example.com@127.0.0.1/x"]) {
      const { status, reason, headers } = await authorize({ id, redirectUri: CALLBACK });
      expect([status, reason, headers["location"]]).toEqual([401, "document-host-not-allowed", undefined]);
    }
    await bridge.close();
    bridge = await open({ documentHosts: [new URL(documentUrl).host] });
    document = describing({ token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://agent.example.com/keys" });
    expect((await authorize({ id: documentUrl, redirectUri: CALLBACK })).status).toBe(400);
    expect(
      (
        await token({
          grant_type: "authorization_code",
          client_id: documentUrl,
          code: "c",
          code_verifier: VERIFIER,
          redirect_uri: CALLBACK,
        })
      ).status,
    ).toBe(401);
    expect(leftAt(entra.standIn).applications).toBe(before);
  });
});
