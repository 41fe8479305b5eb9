// Real: the server as a process of its own, killed by SIGKILL, with @azure/identity over HTTPS. Stand-in: Microsoft Graph and Entra's login.
import { hash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServerProcess } from "@grantline/testing";
import { fetch as trusting } from "undici";
import { type EntraTenant, startEntraTenant } from "../support/entra-tenant.ts";

const INITIAL = "initial-access-token-of-the-test";
const CALLBACK = "https://agent.example.com/cb";
const VERIFIER = "v".repeat(43);
const CHALLENGE = hash("sha256", VERIFIER, "base64url");

let entra: EntraTenant;
let standIn: EntraTenant["standIn"];
let server: ServerProcess;

beforeAll(async () => {
  entra = await startEntraTenant();
  standIn = entra.standIn;
  server = await ServerProcess.create({
    dataDir: join(entra.folder, "data"),
    env: {
      ...entra.env,
      GRANTLINE_BRIDGE_INITIAL_ACCESS_TOKENS: INITIAL,
      GRANTLINE_BRIDGE_PATIENCE: "3",
      // what the bridge keeps goes to the encrypted file; its own secret is found in the environment behind it
      GRANTLINE_SECRETS_ORDER: "file,environment",
    },
  });
  mkdirSync(server.dataDir);
  await server.start();
});
afterAll(async () => {
  await server.kill();
  await entra.close();
});

interface Registered {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

function register(over: object = {}, token = INITIAL): Promise<Response> {
  return fetch(`${server.origin}/bridge/register`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({
      client_name: "Agent",
      redirect_uris: [CALLBACK],
      grant_types: ["authorization_code", "refresh_token"],
      ...over,
    }),
  });
}

async function registered(over: object = {}): Promise<Registered> {
  const answer = await register(over);
  expect(answer.status).toBe(201);
  return (await answer.json()) as Registered;
}

function authorize(of: Registered, redirectUri = CALLBACK): Promise<Response> {
  const query = new URLSearchParams({
    client_id: of.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    state: "st",
    scope: "mcp.read",
    resource: "https://mcp.example.com/mcp",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
  });
  return fetch(`${server.origin}/bridge/authorize?${query.toString()}`, { redirect: "manual" });
}

async function codeFor(of: Registered): Promise<string> {
  const sent = await authorize(of);
  const back = await trusting(sent.headers.get("location") ?? "", { redirect: "manual", dispatcher: entra.dispatcher });
  return new URL(back.headers.get("location") ?? "").searchParams.get("code") ?? "";
}

function redeem(of: Registered, code: string): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${of.client_id}:${of.client_secret}`).toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: CALLBACK, code_verifier: VERIFIER });
  return fetch(`${server.origin}/bridge/token`, { method: "POST", headers: { authorization }, body });
}

async function errorOf(answer: Response): Promise<readonly [number, unknown]> {
  return [answer.status, ((await answer.json()) as { error?: unknown }).error];
}

/** Applications of this server at the stand-in. */
const applications = () => standIn.directory.applications();

async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + 90_000; !what(); await pause(100))
    if (Date.now() > end) throw new Error(`not ready in 90 s: ${server.output}`);
}

describe("the bridge to Microsoft Entra in the whole server", () => {
  it("F-12 a SIGKILL in the middle of a registration leaves no application and no secret, and those who were registered stay", async () => {
    const kept = await registered();
    for (const [when, where] of [
      ["before", "servicePrincipals"],
      ["after", "addPassword"],
    ] as const) {
      const killed = Promise.withResolvers<void>();
      standIn.onRequest = (moment, what) => {
        if (moment !== when || !what.includes(where)) return;
        standIn.onRequest = () => undefined;
        server.kill().then(() => killed.resolve(), killed.reject);
      };
      const lost = register().then(
        ({ status }) => status,
        () => "cut off",
      );
      await killed.promise;
      expect(await lost).toBe("cut off");
      expect(applications().length).toBe(2);
      // one that soon believes that nobody waits for what was begun
      await server.start({ GRANTLINE_BRIDGE_PATIENCE: "1" });
      // removed first, and then from what the directory would bring back
      await until(() => applications().length === 1 && standIn.directory.deleted().length === 0);
      await server.kill("SIGTERM");
      await server.start();
    }
    expect(applications()[0]?.uniqueName).toContain(kept.client_id);
    expect((await redeem(kept, await codeFor(kept))).status).toBe(200);
  }, 180_000);

  it("F-12 an outage is 503 with Retry-After, throttling only takes longer", async () => {
    standIn.trouble = { kind: "throttled", times: 1, retryAfterSeconds: 1 };
    expect((await register()).status).toBe(201);
    standIn.trouble = { kind: "unavailable" };
    const away = await register();
    expect(await errorOf(away)).toEqual([503, "temporarily_unavailable"]);
    expect(Number(away.headers.get("retry-after"))).toBeGreaterThan(0);
    standIn.trouble = { kind: "none" };
  });

  it("F-13 redirects, codes and tokens of one client are nothing to another", async () => {
    const [mine, other] = [await registered(), await registered({ redirect_uris: ["https://other.example.com/cb"] })];
    const astray = await authorize(mine, "https://other.example.com/cb");
    expect([astray.status, astray.headers.get("location")]).toEqual([400, null]);
    expect(astray.headers.get("content-type")).toContain("text/html");
    expect(await errorOf(await redeem({ ...other, client_id: mine.client_id }, "c"))).toEqual([401, "invalid_client"]);
    const twin = await registered();
    expect(await errorOf(await redeem(twin, await codeFor(mine)))).toEqual([400, "invalid_grant"]);
    const managed = await fetch(`${server.origin}/bridge/register/${mine.client_id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${other.registration_access_token}` },
    });
    expect(await errorOf(managed)).toEqual([401, "invalid_token"]);
  });

  it("F-14 a token for something else is not passed on", async () => {
    const mine = await registered();
    standIn.issues = { version: 2, audience: "00000003-0000-0000-c000-000000000000" };
    const answer = await redeem(mine, await codeFor(mine));
    expect(await errorOf(answer)).toEqual([502, "server_error"]);
    standIn.issues = { version: 1, audience: standIn.tenant.resource.uri };
    expect((await redeem(mine, await codeFor(mine))).status).toBe(200);
  });

  it("F-01 F-08 F-10 refuses what a registration must not hold, and nobody registers without an initial access token", async () => {
    const before = applications().length;
    const wrong: readonly (readonly [object, string])[] = [
      [{ redirect_uris: ["http://[::1]/cb"] }, "invalid_redirect_uri"],
      [{ redirect_uris: ["http://agent.example.com/cb"] }, "invalid_redirect_uri"],
      [{ token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://169.254.169.254/keys" }, "invalid_client_metadata"],
      [{ software_statement: "x" }, "invalid_software_statement"],
    ];
    for (const [document, error] of wrong) expect(await errorOf(await register(document))).toEqual([400, error]);
    expect(await errorOf(await register({}, "another-token-of-the-test"))).toEqual([401, "invalid_token"]);
    const cimd = await authorize({ client_id: "https://169.254.169.254/client.json", client_secret: "", registration_access_token: "" });
    expect([cimd.status, cimd.headers.get("location")]).toEqual([401, null]);
    expect(applications().length).toBe(before);
  });

  it("the bridge's secrets are in no log", () => {
    const secrets = [
      standIn.tenant.bridge.clientSecret,
      INITIAL,
      ...applications().flatMap(({ passwords }) => passwords.map(({ secretText }) => secretText)),
    ];
    for (const secret of secrets) expect(server.output).not.toContain(secret);
  });
});
