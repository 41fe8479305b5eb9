// Real: the whole server over HTTP, a person who logs in, the log, the detectors as the all-in-one runs them. Made: nothing.
import { rmSync } from "node:fs";
import { createLogger, createMetrics, startTracing, type Metrics } from "@grantline/telemetry";
import { obtainTokens, postForm, register, startTestPlatform, type Registered, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startWatchingAlone } from "./watching.ts";

interface Anomaly {
  readonly finding_id: string;
  readonly kind: string;
  readonly status: string;
  readonly response: string;
  readonly client_id?: string;
  readonly grant_id?: string;
  readonly evidence: readonly { readonly position: string; readonly id: string }[];
}

let server: TestPlatform;
let metrics: Metrics;
let watching: { close(): Promise<void> };
const start = async () => {
  const log = createLogger({ level: "silent", service: "test", destination: { write: () => undefined } });
  metrics = createMetrics();
  const instruments = { log, metrics, tracing: await startTracing({ service: "test" }) };
  return startWatchingAlone({ platform: server.platform, config: server.config, log, instruments });
};

beforeAll(async () => {
  server = await startTestPlatform({
    env: { GRANTLINE_REFRESH_RETRY_WINDOW: "0", GRANTLINE_ANOMALIES_POLICY: "refresh-reuse=suspend-client,code-replay=alert" },
  });
  watching = await start();
});
afterAll(async () => {
  await watching.close();
  await server.close();
  rmSync(server.dataDir, { recursive: true, force: true });
});

const refresh = (client: Registered, token: unknown) =>
  postForm(`${server.issuer}/token`, { grant_type: "refresh_token", refresh_token: String(token), client_id: client.client_id });

/** A refresh token that comes back after its use. */
async function reuse(client: Registered): Promise<void> {
  const { refresh_token: first } = await obtainTokens(server.person(), { issuer: server.issuer, client, scope: "openid offline_access" });
  const { refresh_token: second } = (await (await refresh(client, first)).json()) as { refresh_token: string };
  expect((await refresh(client, second)).status).toBe(200);
  expect((await refresh(client, first)).status).toBe(400);
}

const anomaliesOf = async (client: Registered): Promise<readonly Anomaly[]> =>
  (await server.admin.call<{ items: readonly Anomaly[] }>("GET", `/anomalies?client_id=${encodeURIComponent(client.client_id)}`)).items;
const statusOf = async (client: Registered) => (await server.admin.call<{ status: string }>("GET", `/clients/${client.client_id}`)).status;
const patient = { timeout: 30_000, interval: 50 };

describe("a refresh token that is used twice", () => {
  it("becomes one finding with its evidence, answered as the policy says, and lifted by an operator", async () => {
    const client = await register(server.issuer);
    await reuse(client);
    const [found] = await vi.waitFor(async () => {
      const all = await anomaliesOf(client);
      expect(all).toMatchObject([{ kind: "refresh-reuse", status: "answered", response: "suspend-client", result: "done" }]);
      return all;
    }, patient);
    expect(await statusOf(client)).toBe("suspended");
    const [{ position, id }] = (found as Anomaly).evidence as readonly [Anomaly["evidence"][number]];
    const [stored] = await server.context.store.readAll(String(Number(position) - 1), 1);
    expect(stored).toMatchObject({ id, type: "RefreshReuseDetected", stream: `grant-${found?.grant_id}` });

    const path = `/anomalies/${found?.finding_id}`;
    const lifted = await server.admin.call("POST", `${path}/lift`, { reason: "a drill" });
    expect(lifted).toMatchObject({ status: "lifted", lifted_because: "a drill" });
    expect(await statusOf(client)).toBe("active");
    expect(await server.admin.call("GET", path)).toMatchObject({ status: "lifted" });
    expect(await metrics.text()).toContain('grantline_anomalies_total{kind="refresh-reuse",severity="high",response="suspend-client"} 1');
  });

  it("is not found or answered again by whoever looks at the whole log anew", async () => {
    const client = await register(server.issuer);
    await reuse(client);
    await vi.waitFor(async () => expect(await statusOf(client)).toBe("suspended"), patient);
    await vi.waitFor(async () => expect(await anomaliesOf(client)).toMatchObject([{ status: "answered" }]), patient);
    const [found] = await anomaliesOf(client);
    await server.admin.call("POST", `/anomalies/${found?.finding_id}/lift`, { reason: "a drill" });
    await watching.close();
    // as when Redis has lost everything: the detectors' place in the log is gone, and what they knew
    await server.context.readModel.clear("anomalies.v2");
    watching = await start();
    const other = await register(server.issuer);
    await reuse(other);
    await vi.waitFor(async () => expect(await statusOf(other)).toBe("suspended"), patient);
    expect(await anomaliesOf(client)).toMatchObject([{ status: "lifted" }]);
    expect(await statusOf(client)).toBe("active");
    expect(await metrics.text()).toContain('grantline_anomalies_total{kind="refresh-reuse",severity="high",response="suspend-client"} 1');
  });

  it("is only told of while responses are switched off", async () => {
    await server.admin.call("PUT", "/flags/anomalies.responses", { enabled: false, reason: "a noisy day" });
    await vi.waitFor(() => expect(server.context.flags.enabled("anomalies.responses")).toBe(false), patient);
    const client = await register(server.issuer);
    await reuse(client);
    const [found] = await vi.waitFor(async () => {
      const all = await anomaliesOf(client);
      expect(all).toMatchObject([{ kind: "refresh-reuse", status: "open", response: "alert" }]);
      return all;
    }, patient);
    expect(await statusOf(client)).toBe("active");
    const lift = await server.admin.raw("POST", `/anomalies/${found?.finding_id}/lift`, { reason: "x" });
    expect([lift.status, await lift.json()]).toEqual([409, expect.objectContaining({ type: "urn:grantline:problem:state-conflict" })]);
    expect((await server.admin.raw("GET", "/anomalies/not-an-id")).status).toBe(404);
    expect((await server.admin.raw("GET", `/anomalies/${"0".repeat(32)}`)).status).toBe(404);
  });
});
