// Real: the whole server over HTTP, SQLite event store, our own access tokens; the audit endpoints on Fastify beside it. Fake: nothing.
import { createHash } from "node:crypto";
import { request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authenticateCaller, problemResponse } from "@grantline/admin";
import { createHttpServer, mountEndpoints } from "@grantline/http";
import { basic, obtainTokens, postForm, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { eventOfLine } from "../export/json-lines.ts";
import { auditEndpoints, createAuditLog } from "./index.ts";

let platform: TestPlatform;
let origin: string;
let close: () => Promise<unknown>;
let auditor: string;

beforeAll(async () => {
  platform = await startTestPlatform({ env: { GRANTLINE_DEV_USERS: "ada:ada-password" } });
  const uri = `${platform.origin}/mcp`;
  await platform.admin.resource(uri, ["read"]);
  const client = await register(platform.issuer, { client_name: "=evil()" });
  await obtainTokens(platform.person(), {
    issuer: platform.issuer,
    client,
    resource: uri,
    scope: "read",
    username: "ada",
    password: "ada-password",
  });
  const { context } = platform;
  const { store, clock, subjectKeys } = context;
  const fastify = createHttpServer({ trustedProxies: [] });
  const none = (): Promise<void> => Promise.resolve();
  const endpoints = auditEndpoints({
    store,
    clock,
    subjectKeys,
    auditLog: createAuditLog({ store, clock, region: "eu1", service: "test" }),
    version: "1.2.3",
    authenticate: (request) => authenticateCaller(context, request, "audit", "read"),
  });
  mountEndpoints(fastify, endpoints, {
    https: false,
    views: { page: ({ status }) => ({ status, body: "page" }), problem: (error, request) => problemResponse(error, request.correlationId) },
    sinks: {
      security: { count: () => undefined },
      limits: { check: none, consume: none, take: none, client: () => ({}) },
      refused: () => undefined,
      unexpected: (_endpoint, error) => {
        throw error;
      },
    },
    observe: () => undefined,
  });
  await fastify.listen({ port: 0, host: "127.0.0.1" });
  origin = `http://127.0.0.1:${(fastify.server.address() as AddressInfo).port}`;
  close = () => fastify.close();
  auditor = await tokenOf("grantline:audit:read");
});
afterAll(async () => {
  await close();
  await platform.close();
});

/** A token of a machine that an operator gave this scope. */
async function tokenOf(scope: string): Promise<string> {
  const client = await platform.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
    grant_types: ["client_credentials"],
    settings: { allowed_scopes: [scope] },
  });
  const answer = await postForm(
    `${platform.issuer}/token`,
    { grant_type: "client_credentials", scope, resource: platform.context.settings.adminResource },
    { authorization: basic(client.client_id, client.client_secret) },
  );
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`no token: ${answer.status}`);
  return token;
}
const get = (path: string, token = auditor) =>
  fetch(`${origin}/audit/v1/${path}`, { headers: token === "" ? {} : { authorization: `Bearer ${token}` } });
const readings = async () =>
  (await platform.context.store.readAll("0", 10_000, { types: ["AuditRead"] })).map(
    ({ body }) => JSON.parse(body) as { data: Record<string, unknown>; meta: { actor: object } },
  );

describe("GET /audit/v1/events", () => {
  it("streams the log in every format, and the manifest of that download fits it", async () => {
    for (const format of ["jsonl", "csv", "parquet", "cloudevents", "ocsf"]) {
      const answer = await get(`events?format=${format}`);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const head = answer.headers.get("grantline-head") ?? "";
      expect([answer.status, answer.headers.get("content-length"), answer.headers.get("transfer-encoding")]).toEqual([
        200,
        null,
        "chunked",
      ]);
      expect(Buffer.from(await (await get(`events?format=${format}&head=${head}`)).arrayBuffer()).equals(bytes)).toBe(true);
      expect(await (await get(`manifest?format=${format}&head=${head}`)).json()).toMatchObject({
        to: head,
        files: [{ bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }],
      });
    }
  });

  it("goes on after a position, by the filters of the query", async () => {
    const answer = await get("events?type=ResourceRegistered&since=2020-01-01");
    const head = answer.headers.get("grantline-head");
    const lines = (await answer.text()).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(1);
    expect(new Set(lines.map((line) => eventOfLine(line).type))).toEqual(new Set(["ResourceRegistered"]));
    const rest = await (await get(`events?type=ResourceRegistered&head=${head}&after=${eventOfLine(lines[0] ?? "").position}`)).text();
    expect(rest).toBe(`${lines.slice(1).join("\n")}\n`);
  });

  it("is for the audit scopes alone", async () => {
    expect((await get("events", "")).status).toBe(401);
    expect((await get("events", "nonsense")).status).toBe(401);
    const other = await tokenOf("grantline:clients");
    for (const path of ["events", "manifest?head=1", "state", "diff?from=1", "sample?seed=1"]) {
      const answer = await get(path, other);
      expect([path, answer.status, answer.headers.get("content-type")]).toEqual([path, 403, "application/problem+json"]);
    }
    expect((await get("state", await platform.admin.token())).status).toBe(200);
  });

  it("refuses what it does not understand, before anything is sent", async () => {
    const wrong = [
      "events?tpye=x",
      "events?format=xml",
      "events?since=never",
      "events?after=x",
      "events?head=99999999",
      "state?at=soon",
      "state?at=99999999",
      "diff",
      "sample",
      "sample?seed=a&count=0",
      "manifest",
    ];
    for (const path of wrong) expect([path, (await get(path)).status]).toEqual([path, 400]);
  });

  it("is recorded before its first byte, with who and what, and not when it was refused", async () => {
    const before = (await readings()).length;
    await get("events?format=xml");
    expect(await readings()).toHaveLength(before);
    const answer = await get("events?client=c1&format=csv");
    const [reading] = (await readings()).slice(before);
    expect(reading).toMatchObject({
      data: { what: "replay", query: { client: "c1" }, from: "0", to: answer.headers.get("grantline-head"), format: "csv" },
      meta: { actor: { kind: "operator" } },
    });
    await answer.text();
    await (await get("state?subject=nobody")).text();
    await (await get("sample?seed=q1&count=3")).text();
    expect((await readings()).slice(before + 1).map(({ data }) => [data["what"], data["query"]])).toEqual([
      ["state", { subject: "nobody", at: expect.any(String) as string }],
      ["sample", { seed: "q1" }],
    ]);
  });

  it("answers HEAD with the headers alone", async () => {
    const status = await new Promise((resolve, reject) => {
      const outgoing = send(
        `${origin}/audit/v1/events`,
        { method: "HEAD", headers: { authorization: `Bearer ${auditor}` } },
        (incoming) => {
          incoming.resume().once("end", () => resolve(incoming.statusCode));
        },
      );
      outgoing.once("error", reject).end();
    });
    expect(status).toBe(200);
  });
});

describe("state, diff and sample over HTTP", () => {
  it("say who could call the server now, and what changed", async () => {
    const state = (await (await get(`state?resource=${encodeURIComponent(`${platform.origin}/mcp`)}`)).json()) as {
      access: { client: object; consent: object }[];
      position: string;
    };
    expect(state.access).toMatchObject([{ kind: "grant", could: true, client: { name: "=evil()" }, consent: { revision: 0 } }]);
    const diff = (await (await get("diff?from=1")).json()) as { access: { added: object[] } };
    expect(diff.access.added.length).toBeGreaterThanOrEqual(1);
  });

  it("draw the same sample for the same seed", async () => {
    const draw = async (seed: string) =>
      (
        (await (
          await get(`sample?seed=${seed}&count=5&type=AccessTokenIssued,ResourceRegistered,ScopesDefined,AccessPolicySet,ClientRegistered`)
        ).json()) as { items: { position: string }[] }
      ).items.map(({ position }) => position);
    const first = await draw("q1");
    expect(first).toHaveLength(5);
    expect(await draw("q1")).toEqual(first);
    expect(await draw("another")).not.toEqual(first);
  });
});
