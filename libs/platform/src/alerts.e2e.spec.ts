// Real: the whole server over HTTP, people who log in, the log, detectors and sinks as the all-in-one runs them, receivers over HTTP. Made: the receivers' answers.
import { createHmac } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createLogger, createMetrics, startTracing, type Metrics } from "@grantline/telemetry";
import { obtainTokens, postForm, register, startTestPlatform, type Registered, type TestPlatform } from "@grantline/testing";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startWatchingAlone } from "./watching.ts";

const KEY = Buffer.alloc(32, 7);
const CAEP = "https://schemas.openid.net/secevent/caep/event-type";
const patient = { timeout: 60_000, interval: 50 };

interface Heard {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let server: TestPlatform;
let watching: { close(): Promise<void> };
let receiver: Server;
let origin: string;
let metrics: Metrics;
const heard: Heard[] = [];
/** Statuses to answer with, by path; 202 when there is none left. */
const answers = new Map<string, number[]>();

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const path = request.url ?? "";
      heard.push({ path, headers: request.headers, body });
      response.writeHead(answers.get(path)?.shift() ?? 202).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  server = await startTestPlatform({
    env: {
      GRANTLINE_REFRESH_RETRY_WINDOW: "0",
      GRANTLINE_ANOMALIES_POLICY: "refresh-reuse=revoke-grant",
      GRANTLINE_ALERTS_WEBHOOK_URL: `${origin}/hook`,
      GRANTLINE_ALERTS_WEBHOOK_SECRET: `whsec_${KEY.toString("base64")}`,
      GRANTLINE_SSF: "true",
    },
  });
  const log = createLogger({ level: "silent", service: "test", destination: { write: () => undefined } });
  metrics = createMetrics();
  const instruments = { log, metrics, tracing: await startTracing({ service: "test" }) };
  watching = startWatchingAlone({ platform: server.platform, config: server.config, log, instruments });
});
afterAll(async () => {
  await watching.close();
  await server.close();
  await new Promise((resolve) => receiver.close(resolve));
  rmSync(server.dataDir, { recursive: true, force: true });
});

const at = (path: string) => heard.filter((each) => each.path === path);

/** A person's grant whose refresh token is used twice; the subject. */
async function reuse(): Promise<{ subject: string; client: Registered }> {
  const client = await register(server.issuer);
  const tokens = await obtainTokens(server.person(), { issuer: server.issuer, client, scope: "openid offline_access" });
  const userinfo = await fetch(`${server.issuer}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  const { sub: subject } = (await userinfo.json()) as { sub: string };
  const refresh = (token: unknown) =>
    postForm(`${server.issuer}/token`, { grant_type: "refresh_token", refresh_token: String(token), client_id: client.client_id });
  const { refresh_token: second } = (await (await refresh(tokens.refresh_token)).json()) as { refresh_token: string };
  expect((await refresh(second)).status).toBe(200);
  expect((await refresh(tokens.refresh_token)).status).toBe(400);
  return { subject, client };
}

/** A receiver with its own client and token, and a way to call the transmitter. */
async function newReceiver(scopes = ["ssf.manage", "ssf.read"]) {
  const resource = `${server.origin}/ssf/v1`;
  const client = await server.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
    client_name: "Receiver",
    grant_types: ["client_credentials"],
    settings: { allowed_scopes: scopes },
  });
  const response = await postForm(
    `${server.issuer}/token`,
    { grant_type: "client_credentials", scope: scopes.join(" "), resource },
    { authorization: `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64")}` },
  );
  const { access_token: token } = (await response.json()) as { access_token: string };
  const call = (method: string, path: string, body?: object) =>
    fetch(`${resource}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return { call, clientId: client.client_id };
}

interface Stream {
  readonly stream_id: string;
  readonly delivery: { readonly method: string; readonly endpoint_url: string };
  readonly [member: string]: unknown;
}

const verify = async (jwt: string, audience: string) => {
  expect(decodeProtectedHeader(jwt)).toMatchObject({ typ: "secevent+jwt" });
  const { payload } = await jwtVerify(jwt, createRemoteJWKSet(new URL(`${server.issuer}/jwks`)), { issuer: server.issuer, audience });
  return payload;
};

describe("the webhook", () => {
  it("is told of a finding and its response, in order, signed, again with the same id after a failure", async () => {
    answers.set("/hook", [500]);
    const { subject, client } = await reuse();
    await vi.waitFor(() => expect(at("/hook").length).toBeGreaterThanOrEqual(3), patient);
    const [failed, again, answered] = at("/hook") as [Heard, Heard, Heard];
    expect(again.headers["webhook-id"]).toBe(failed.headers["webhook-id"]);
    expect(again.body).toBe(failed.body);
    expect(JSON.parse(again.body)).toMatchObject({
      type: "anomaly.detected",
      data: { kind: "refresh-reuse", severity: "high", response: "revoke-grant", subject, client_id: client.client_id, evidence: [{}] },
    });
    expect(JSON.parse(answered.body)).toMatchObject({ type: "anomaly.answered", data: { response: "revoke-grant" } });
    for (const { headers, body } of [failed, again, answered]) {
      const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
      expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", KEY).update(signed).digest("base64")}`);
      expect(body).not.toContain("127.0.0.1");
    }
  });
});

describe("the webhook's switch", () => {
  it("ends what is tried again and again, too; what is found once it is on again is told", async () => {
    const before = at("/hook").length;
    answers.set("/hook", Array<number>(10_000).fill(500));
    await reuse();
    await vi.waitFor(() => expect(at("/hook").length).toBeGreaterThanOrEqual(before + 2), patient);
    const given = at("/hook").at(-1)?.headers["webhook-id"];
    await server.admin.call("PUT", "/flags/alerts.webhook", { enabled: false, reason: "the receiver is out of order" });
    const dropped = /grantline_alerts_total\{sink="webhook",outcome="dropped"\} [1-9]/;
    await vi.waitFor(async () => expect(await metrics.text()).toMatch(dropped), patient);
    const tried = at("/hook").length;
    answers.delete("/hook");
    await server.admin.call("PUT", "/flags/alerts.webhook", { enabled: true, reason: "it is mended" });
    await vi.waitFor(() => expect(server.context.flags.enabled("alerts.webhook")).toBe(true), patient);
    await reuse();
    await vi.waitFor(() => expect(at("/hook").length).toBeGreaterThan(tried), patient);
    expect(
      at("/hook")
        .slice(tried)
        .map(({ headers }) => headers["webhook-id"]),
    ).not.toContain(given);
  });
});

describe("the transmitter", () => {
  it("describes itself before the issuer's path and at the root", async () => {
    for (const path of ["/.well-known/ssf-configuration/oauth", "/.well-known/ssf-configuration"])
      expect(await (await fetch(`${server.origin}${path}`)).json()).toMatchObject({
        spec_version: "1_0",
        issuer: server.issuer,
        jwks_uri: `${server.issuer}/jwks`,
        delivery_methods_supported: ["urn:ietf:rfc:8935", "urn:ietf:rfc:8936"],
        configuration_endpoint: `${server.origin}/ssf/v1/stream`,
        authorization_schemes: [{ spec_urn: "urn:ietf:rfc:6749" }],
        default_subjects: "ALL",
      });
  });

  it("stands in the API's description, with what its operations take and give", async () => {
    const { paths } = (await (await fetch(`${server.origin}/admin/v1/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { requestBody?: { content: object }; responses: Record<string, object> }>>;
    };
    const described = Object.entries(paths).filter(([path]) => path.startsWith("/ssf/v1/") || path.includes("ssf-configuration"));
    expect(described.map(([path, methods]) => [path, Object.keys(methods).toSorted()])).toEqual([
      ["/.well-known/ssf-configuration", ["get"]],
      ["/.well-known/ssf-configuration/oauth", ["get"]],
      ["/ssf/v1/poll/{stream_id}", ["post"]],
      ["/ssf/v1/status", ["get", "post"]],
      ["/ssf/v1/stream", ["delete", "get", "patch", "post", "put"]],
      ["/ssf/v1/verify", ["post"]],
    ]);
    for (const [path, methods] of described)
      for (const [method, { requestBody, responses }] of Object.entries(methods)) {
        expect([path, method, requestBody !== undefined]).toEqual([path, method, !["get", "delete"].includes(method)]);
        const done = responses["200"] ?? responses["201"];
        expect([path, method, done === undefined ? "204" in responses : "content" in done]).toEqual([path, method, true]);
      }
    expect(JSON.stringify(paths["/ssf/v1/stream"]?.["post"]?.requestBody)).toContain("urn:ietf:rfc:8935");
  });

  it("pushes verification, risk and revocation to a receiver, with its header, each signed and once though it failed before", async () => {
    const { call, clientId } = await newReceiver();
    const created = await call("POST", "/stream", {
      delivery: { method: "urn:ietf:rfc:8935", endpoint_url: `${origin}/push`, authorization_header: "Bearer receivers-own-secret" },
      events_requested: [`${CAEP}/session-revoked`, `${CAEP}/risk-level-change`, "urn:unknown"],
    });
    const stream = (await created.json()) as Stream;
    expect([created.status, stream]).toMatchObject([
      201,
      {
        aud: clientId,
        events_delivered: [`${CAEP}/session-revoked`, `${CAEP}/risk-level-change`],
        delivery: { endpoint_url: `${origin}/push` },
      },
    ]);
    expect(JSON.stringify(stream)).not.toContain("receivers-own-secret");
    expect(JSON.stringify(await server.context.store.readAll("0", 10_000))).not.toContain("receivers-own-secret");

    answers.set("/push", [503]);
    const { stream_id } = stream;
    expect((await call("POST", "/verify", { stream_id, state: "abc" })).status).toBe(204);
    expect((await call("POST", "/verify", { stream_id })).status).toBe(429);
    const { subject } = await reuse();
    await vi.waitFor(() => expect(at("/push").length).toBeGreaterThanOrEqual(4), patient);
    const [failed, ...taken] = at("/push") as [Heard, ...Heard[]];
    expect(failed.body).toBe(taken[0]?.body);
    for (const { headers } of taken) {
      expect(headers["content-type"]).toBe("application/secevent+jwt");
      expect(headers.authorization).toBe("Bearer receivers-own-secret");
    }
    const sets = await Promise.all(taken.map(({ body }) => verify(body, clientId)));
    expect(sets[0]).toMatchObject({
      sub_id: { format: "opaque", id: stream_id },
      events: { "https://schemas.openid.net/secevent/ssf/event-type/verification": { state: "abc" } },
    });
    const about = { format: "iss_sub", iss: server.issuer, sub: subject };
    const events = sets.slice(1).map(({ sub_id, events: of }) => [Object.keys(of as object)[0], sub_id, Object.values(of as object)[0]]);
    expect(events).toContainEqual([
      `${CAEP}/risk-level-change`,
      about,
      expect.objectContaining({ principal: "USER", current_level: "HIGH", risk_reason: "refresh-reuse" }),
    ]);
    expect(events).toContainEqual([
      `${CAEP}/session-revoked`,
      expect.objectContaining({ format: "complex", user: about }),
      expect.objectContaining({ reason_admin: { en: "refresh-reuse" }, event_timestamp: expect.any(Number) as number }),
    ]);
    for (const set of sets) expect(set).not.toHaveProperty("sub");
    expect(new Set(sets.map(({ jti }) => jti)).size).toBe(sets.length);
    expect((await call("DELETE", `/stream?stream_id=${stream_id}`)).status).toBe(204);
    expect(await (await call("GET", "/stream")).json()).toEqual([]);
  });

  it("holds tokens for a receiver that polls, until it has acknowledged them, in whatever order", async () => {
    const { call, clientId } = await newReceiver();
    const { stream_id, delivery } = (await (
      await call("POST", "/stream", { events_requested: [`${CAEP}/credential-change`] })
    ).json()) as Stream;
    expect(delivery).toEqual({ method: "urn:ietf:rfc:8936", endpoint_url: `${server.origin}/ssf/v1/poll/${stream_id}` });
    const poll = async (body: object = {}) =>
      (await (await call("POST", `/poll/${stream_id}`, { returnImmediately: true, ...body })).json()) as {
        sets: Record<string, string>;
        moreAvailable: boolean;
      };
    expect(await poll()).toEqual({ sets: {}, moreAvailable: false });
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1)
      ids.push((await server.admin.call<{ client_id: string }>("POST", "/clients", { grant_types: ["client_credentials"] })).client_id);
    const first = await poll({ maxEvents: 2 });
    expect([Object.keys(first.sets).length, first.moreAvailable]).toEqual([2, true]);
    const all = await poll();
    const jtis = Object.keys(all.sets);
    expect(jtis.slice(0, 2)).toEqual(Object.keys(first.sets));
    const subjects = await Promise.all(jtis.map(async (jti) => (await verify(all.sets[jti] as string, clientId))["sub_id"]));
    expect(subjects).toEqual(ids.map((sub) => ({ format: "iss_sub", iss: server.issuer, sub })));
    // the second first: the first is still to come, the third too
    expect(Object.keys((await poll({ ack: [jtis[1]] })).sets)).toEqual([jtis[0], jtis[2]]);
    expect(Object.keys((await poll({ setErrs: { [jtis[0] as string]: { err: "invalid_key" } } })).sets)).toEqual([jtis[2]]);
    expect(await poll({ ack: [jtis[2]] })).toEqual({ sets: {}, moreAvailable: false });

    // paused: held; disabled: not held
    await call("POST", "/status", { stream_id, status: "paused", reason: "maintenance" });
    await server.admin.call("POST", "/clients", { grant_types: ["client_credentials"] });
    expect(await poll()).toEqual({ sets: {}, moreAvailable: false });
    await call("POST", "/status", { stream_id, status: "enabled" });
    const held = await poll();
    expect(Object.keys(held.sets)).toHaveLength(1);
    await poll({ ack: Object.keys(held.sets) });
    await call("POST", "/status", { stream_id, status: "disabled" });
    await server.admin.call("POST", "/clients", { grant_types: ["client_credentials"] });
    expect(await (await call("POST", "/status", { stream_id, status: "enabled" })).json()).toEqual({ stream_id, status: "enabled" });
    expect(await poll()).toEqual({ sets: {}, moreAvailable: false });

    const waiting = call("POST", `/poll/${stream_id}`, {});
    await server.admin.call("POST", "/clients", { grant_types: ["client_credentials"] });
    expect(Object.keys(((await (await waiting).json()) as { sets: object }).sets)).toHaveLength(1);
  });

  it("is changed by its owner alone, with the scope for it, and to public hosts only", async () => {
    const owner = await newReceiver();
    const stranger = await newReceiver();
    const reader = await newReceiver(["ssf.read"]);
    const { stream_id } = (await (await owner.call("POST", "/stream", {})).json()) as Stream;
    const status = async (answer: Promise<Response>) => (await answer).status;
    expect(await status(owner.call("POST", "/stream", {}))).toBe(409);
    expect(await status(reader.call("POST", "/stream", {}))).toBe(403);
    expect(await status(reader.call("GET", "/stream"))).toBe(200);
    expect(await status(fetch(`${server.origin}/ssf/v1/stream`))).toBe(401);
    for (const answer of [
      stranger.call("GET", `/stream?stream_id=${stream_id}`),
      stranger.call("DELETE", `/stream?stream_id=${stream_id}`),
      stranger.call("POST", `/poll/${stream_id}`, { returnImmediately: true }),
      stranger.call("POST", "/verify", { stream_id }),
      stranger.call("PATCH", "/stream", { stream_id, events_requested: [] }),
      stranger.call("POST", "/status", { stream_id, status: "disabled" }),
    ])
      expect(await status(answer)).toBe(404);
    for (const endpoint_url of [
      "http://receiver.example/",
      "https://10.0.0.1/",
      "https://169.254.169.254/",
      "https://[fd00::1]/",
      "not a url",
    ])
      expect([
        endpoint_url,
        await status(owner.call("PATCH", "/stream", { stream_id, delivery: { method: "urn:ietf:rfc:8935", endpoint_url } })),
      ]).toEqual([endpoint_url, 400]);
    for (const body of [{ stream_id, iss: "https://else.example" }, { stream_id, events_requested: "all" }, {}])
      expect([body, await status(owner.call("PATCH", "/stream", body))]).toEqual([body, 400]);
    const patched = await owner.call("PATCH", "/stream", { stream_id, events_requested: [`${CAEP}/session-revoked`], description: "Ours" });
    expect(await patched.json()).toMatchObject({ description: "Ours", events_delivered: [`${CAEP}/session-revoked`] });
    const put = await owner.call("PUT", "/stream", { stream_id });
    const replaced = (await put.json()) as Stream;
    expect(replaced["events_delivered"]).toEqual([]);
    expect(replaced).not.toHaveProperty("description");
  });

  it("is closed while its flag is off", async () => {
    const { call } = await newReceiver();
    await server.admin.call("PUT", "/flags/alerts.ssf", { enabled: false, reason: "a test" });
    await vi.waitFor(async () => expect((await call("GET", "/stream")).status).toBe(503), patient);
    await server.admin.call("PUT", "/flags/alerts.ssf", { enabled: true, reason: "a test" });
    await vi.waitFor(async () => expect((await call("GET", "/stream")).status).toBe(200), patient);
  });
});
