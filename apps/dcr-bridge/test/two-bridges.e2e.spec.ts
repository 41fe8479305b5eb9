/*
 * Two bridges as one. Real: dcr-bridge ×2, rotation-worker, audit-projector as processes behind one origin, PostgreSQL, Redis, @azure/identity over HTTPS.
 * Stand-in: Microsoft Graph and Entra's login. The secret store is the encrypted file of a folder both have; on several machines it would be Key Vault.
 */
import { hash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Distributed, startDistributed } from "@grantline/testing/distributed";
import { noOwnPostgres, noRedis } from "@grantline/testing/ground";
import { fetch as trusting } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EntraTenant, startEntraTenant } from "../../all-in-one/test/support/entra-tenant.ts";

const INITIAL = "initial-access-token-of-the-test";
const CALLBACK = "https://agent.example.com/cb";
const VERIFIER = "v".repeat(43);

let entra: EntraTenant;
let standIn: EntraTenant["standIn"];
let world: Distributed;

describe.skipIf(noOwnPostgres || noRedis)("needs PostgreSQL and Redis: two bridges", () => {
  beforeAll(async () => {
    entra = await startEntraTenant();
    standIn = entra.standIn;
    world = await startDistributed({
      instances: { "dcr-bridge": 2, "token-service": 0, "client-registry": 0 },
      env: {
        ...entra.env,
        GRANTLINE_DATA_DIR: join(entra.folder, "data"),
        GRANTLINE_BRIDGE_INITIAL_ACCESS_TOKENS: INITIAL,
      },
      // the first has time for its registrations on a busy machine; the second soon believes that nobody waits any more
      envOf: (service, instance) => (service === "dcr-bridge" ? { GRANTLINE_BRIDGE_PATIENCE: instance === 0 ? "30" : "5" } : {}),
    });
  }, 240_000);
  afterAll(async () => {
    await world?.stop();
    await entra?.close();
  });

  it("serve a client at one that was registered at the other, with metadata at the origin of both", async () => {
    const [one, other] = world.all("dcr-bridge");
    const metadata = await fetch(`${world.origin}/.well-known/oauth-authorization-server/bridge`);
    expect(await metadata.json()).toMatchObject({ issuer: `${world.origin}/bridge`, code_challenge_methods_supported: ["S256"] });
    const answer = await register(one?.origin ?? "");
    expect(answer.status).toBe(201);
    const client = (await answer.json()) as Registered;
    const code = await codeFor(other?.origin ?? "", client);
    const tokens = await redeem(other?.origin ?? "", client, code);
    expect([tokens.status, ((await tokens.json()) as { scope?: string }).scope]).toEqual([200, "mcp.read"]);
    const removed = await fetch(`${one?.origin ?? ""}/bridge/register/${client.client_id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${client.registration_access_token}` },
    });
    expect(removed.status).toBe(204);
    expect(standIn.directory.applications()).toEqual([]);
    const gone = await fetch(`${other?.origin ?? ""}/bridge/register/${client.client_id}`, {
      headers: { authorization: `Bearer ${client.registration_access_token}` },
    });
    expect(gone.status).toBe(401);
  });

  it("take back what one of them was killed at", async () => {
    const [one, other] = world.all("dcr-bridge");
    const killed = Promise.withResolvers<void>();
    standIn.onRequest = (moment, what) => {
      if (moment !== "after" || !what.includes("addPassword")) return;
      standIn.onRequest = () => undefined;
      one?.signal("SIGKILL").then(() => killed.resolve(), killed.reject);
    };
    const lost = register(one?.origin ?? "").then(
      () => "answered",
      () => "cut off",
    );
    await killed.promise;
    expect(await lost).toBe("cut off");
    expect(standIn.directory.applications().length).toBe(1);
    // the other one stands for the duties of the dead, and its own patience has to pass first
    // removed first, and then from what the directory would bring back
    const left = () => [...standIn.directory.applications(), ...standIn.directory.deleted()].length;
    for (const end = Date.now() + 120_000; left() > 0; await pause(200))
      if (Date.now() > end) throw new Error(`not ready in 120 s: ${other?.output() ?? ""}`);
  }, 180_000);
});

interface Registered {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

function register(origin: string): Promise<Response> {
  return fetch(`${origin}/bridge/register`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${INITIAL}` },
    body: JSON.stringify({ client_name: "Agent", redirect_uris: [CALLBACK], grant_types: ["authorization_code", "refresh_token"] }),
  });
}

async function codeFor(origin: string, client: Registered): Promise<string> {
  const query = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "mcp.read",
    code_challenge: hash("sha256", VERIFIER, "base64url"),
    code_challenge_method: "S256",
  });
  const sent = await fetch(`${origin}/bridge/authorize?${query.toString()}`, { redirect: "manual" });
  const back = await trusting(sent.headers.get("location") ?? "", { redirect: "manual", dispatcher: entra.dispatcher });
  return new URL(back.headers.get("location") ?? "").searchParams.get("code") ?? "";
}

function redeem(origin: string, client: Registered, code: string): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: CALLBACK, code_verifier: VERIFIER });
  return fetch(`${origin}/bridge/token`, { method: "POST", headers: { authorization }, body });
}
