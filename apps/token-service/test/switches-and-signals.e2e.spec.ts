/*
 * Flags, findings and signals in the distributed shape. Real: the services as processes (two token-services, client-registry, rotation-worker, audit-projector), PostgreSQL,
 * Redis, HTTP. Made: nothing.
 */
import { obtainTokens, postForm, register, type Registered } from "@grantline/testing";
import { startDistributed, type Distributed } from "@grantline/testing/distributed";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { noEngines } from "./support/world.ts";

const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const CAEP = "https://schemas.openid.net/secevent/caep/event-type";
const patient = { timeout: 90_000, interval: 100 };

let world: Distributed;

describe.skipIf(noEngines)("needs PostgreSQL and Redis: flags, findings and signals over many processes", () => {
  beforeAll(async () => {
    world = await startDistributed({
      env: {
        GRANTLINE_REFRESH_RETRY_WINDOW: "0",
        GRANTLINE_ANOMALIES_POLICY: "refresh-reuse=suspend-client",
        GRANTLINE_SSF: "true",
      },
    });
  }, 240_000);
  afterAll(() => world?.stop());

  it("a kill switch thrown at the registry acts in every token-service, and so does taking it back", async () => {
    const client = await register(world.issuer, { grant_types: [DEVICE], redirect_uris: [], response_types: [] });
    const ask = async () =>
      Promise.all(
        world
          .all("token-service")
          .map(async ({ origin }) => (await postForm(`${origin}/oauth/device_authorization`, { client_id: client.client_id })).status),
      );
    expect(await ask()).toEqual([200, 200]);
    await world.admin.call("PUT", "/flags/oauth.device-grant", { enabled: false, reason: "an incident" });
    await vi.waitFor(async () => expect(await ask()).toEqual([400, 400]), patient);
    await world.admin.call("PUT", "/flags/oauth.device-grant", { reason: "over" });
    await vi.waitFor(async () => expect(await ask()).toEqual([200, 200]), patient);
  }, 120_000);

  it("a token used twice at one instance is found by the rotation-worker, answered, told at another instance, and lifted", async () => {
    const receiver = await newReceiver();
    const created = await receiver("POST", "/stream", { events_requested: [`${CAEP}/risk-level-change`] });
    const { stream_id } = (await created.json()) as { stream_id: string };
    const client = await reuse();

    const [finding] = await vi.waitFor(async () => {
      const { items } = await world.admin.call<{ items: readonly { finding_id: string }[] }>(
        "GET",
        `/anomalies?client_id=${client.client_id}`,
      );
      expect(items).toMatchObject([{ kind: "refresh-reuse", status: "answered", result: "done", client_id: client.client_id }]);
      return items;
    }, patient);
    const suspended = await world.admin.call<{ status: string }>("GET", `/clients/${client.client_id}`);
    expect(suspended.status).toBe("suspended");

    const sets = await vi.waitFor(async () => {
      const polled = await receiver("POST", `/poll/${stream_id}`, { returnImmediately: true });
      const found = Object.values(((await polled.json()) as { sets: Record<string, string> }).sets);
      expect(found.length).toBeGreaterThan(0);
      return found;
    }, patient);
    expect(decodeJwt(sets[0] as string)).toMatchObject({
      iss: world.issuer,
      events: { [`${CAEP}/risk-level-change`]: { current_level: "HIGH", risk_reason: "refresh-reuse" } },
    });

    await world.admin.call("POST", `/anomalies/${finding?.finding_id}/lift`, { reason: "a drill" });
    expect(await world.admin.call("GET", `/clients/${client.client_id}`)).toMatchObject({ status: "active" });
  }, 240_000);

  async function reuse(): Promise<Registered> {
    const client = await register(world.issuer);
    const first = await obtainTokens(world.person(), { issuer: world.issuer, client, scope: "openid offline_access" });
    const refresh = (token: unknown) =>
      postForm(`${world.issuer}/token`, { grant_type: "refresh_token", refresh_token: String(token), client_id: client.client_id });
    const second = (await (await refresh(first.refresh_token)).json()) as { refresh_token: string };
    expect((await refresh(second.refresh_token)).status).toBe(200);
    expect((await refresh(first.refresh_token)).status).toBe(400);
    return client;
  }

  /** Calls the transmitter, each time at another instance. */
  async function newReceiver() {
    const resource = `${world.origin}/ssf/v1`;
    const scopes = ["ssf.manage", "ssf.read"];
    const client = await world.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
      client_name: "Receiver",
      grant_types: ["client_credentials"],
      settings: { allowed_scopes: scopes },
    });
    const answer = await postForm(
      `${world.issuer}/token`,
      { grant_type: "client_credentials", scope: scopes.join(" "), resource },
      { authorization: `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64")}` },
    );
    const { access_token: token } = (await answer.json()) as { access_token: string };
    let turn = 0;
    return (method: string, path: string, body: object): Promise<Response> => {
      const instances = world.all("token-service");
      turn += 1;
      return fetch(`${instances[turn % instances.length]?.origin}/ssf/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    };
  }
});
