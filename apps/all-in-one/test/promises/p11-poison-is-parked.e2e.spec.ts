/*
 * P11. Real: the whole server over HTTP; events of types this release does not know, appended between two starts as a newer release would. Made: those events.
 */
import { rmSync } from "node:fs";
import { sealEvents } from "@grantline/event-store";
import {
  basic,
  introspect,
  keptBy,
  obtainTokens,
  onSharedEngines,
  postForm,
  refresh,
  register,
  startTestPlatform,
  type Registered,
  type TestPlatform,
  type Tokens,
} from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { eventsIn } from "../support/event-log.ts";

const RESOURCE = "https://poison.example/mcp";
let server: TestPlatform;
let rs: { resource_id: string; client_id: string; client_secret: string };
let client: Registered;

beforeAll(async () => {
  server = await startTestPlatform();
  rs = await server.admin.resource(RESOURCE, ["read"]);
  client = await register(server.issuer);
});
afterAll(async () => {
  await server.close();
  rmSync(server.dataDir, { recursive: true, force: true });
});

const logIn = (by: Registered = client): Promise<Tokens> =>
  obtainTokens(server.person(), { issuer: server.issuer, client: by, scope: "openid read", resource: RESOURCE });
const grantOf = (tokens: Tokens): string => `grant-${/^gl_rt_([a-z0-9]+)\./.exec(tokens.refresh_token as string)?.[1]}`;

/** The server stops, a newer release writes, and the older one is started again. */
async function appendUnknown(stream: string, ignorable: boolean): Promise<void> {
  await server.close({ keepData: true });
  await writeUnknown(stream, ignorable);
  server = await startTestPlatform({ dataDir: server.dataDir, port: Number(new URL(server.origin).port) });
}

async function writeUnknown(stream: string, ignorable: boolean): Promise<void> {
  const store = await (await keptBy(server.dataDir)).openStore();
  const last = await store.readLast(stream);
  if (last === undefined) throw new Error(`no stream ${stream}`);
  const meta = { correlationId: "newer", actor: { kind: "system", id: "newer-release" }, region: "local", service: "newer" } as const;
  const events = sealEvents({
    stream,
    previousHash: last.hash,
    revision: last.revision + 1,
    events: [{ type: "FutureRestriction", data: { n: 1 } }],
    definitions: { FutureRestriction: { version: 1, ignorable } },
    meta,
    atMs: Date.now(),
  });
  expect(await store.append(stream, last.revision, events)).toMatchObject({ kind: "appended" });
  await store.close();
}

interface Parked {
  readonly total: number;
  readonly items: readonly { readonly projection: string; readonly stream: string; readonly type: string; readonly reason: string }[];
}
const parked = async (): Promise<Parked> => {
  await server.context.projector.caughtUp();
  return server.admin.call<Parked>("GET", "/parked-events");
};

describe("poison is parked (P11)", () => {
  it("in a grant: writes to it are 503, its tokens are inactive, every other stream goes on", async () => {
    const [poisoned, other] = [await logIn(), await logIn()];
    await appendUnknown(grantOf(poisoned), false);
    expect(await introspect(server.issuer, rs, poisoned.access_token)).toEqual({ active: false });
    const written = [
      await refresh(server.issuer, client, poisoned.refresh_token as string),
      await postForm(`${server.issuer}/revoke`, { token: poisoned.refresh_token, client_id: client.client_id }),
    ];
    for (const response of written)
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    expect(await introspect(server.issuer, rs, poisoned.access_token)).toEqual({ active: false });
    expect((await introspect(server.issuer, rs, other.access_token)).active).toBe(true);
    expect((await refresh(server.issuer, client, other.refresh_token as string)).status).toBe(200);
    expect((await logIn()).access_token).toBeTruthy();
  });

  it("the projection parks that stream alone, tells of it and counts it, and keeps it at a retry that does not help", async () => {
    const before = (await parked()).total;
    const tokens = await logIn();
    await appendUnknown(grantOf(tokens), false);
    const { total, items } = await parked();
    expect(total).toBe(before + 1);
    expect(items.find(({ stream }) => stream === grantOf(tokens))).toMatchObject({
      projection: "grants",
      type: "FutureRestriction",
      reason: "unknown-event",
    });
    expect(server.logs()).toContain("event parked");
    expect(await server.admin.call("POST", "/parked-events/retry")).toEqual({ freed: 0 });
    expect((await parked()).total).toBe(before + 1);
    const grants = await server.admin.call<{ items: { grant_id: string }[]; parked: string[] }>(
      "GET",
      `/grants?client_id=${client.client_id}`,
    );
    expect(grants.parked).toContain(grantOf(tokens));
    expect(grants.items.length).toBeGreaterThan(0);
  });

  it.each([
    [
      "a person's stream",
      (tokens: Tokens) =>
        `subject-${(JSON.parse(Buffer.from(tokens.id_token?.split(".")[1] as string, "base64url").toString()) as { sub: string }).sub}`,
    ],
    ["a resource's stream", () => `resource-${rs.resource_id}`],
    ["a client's stream", () => `client-${client.client_id}`],
    ["a consent's stream", async () => (await eventsIn(server.dataDir, "consent-")).at(-1)?.stream ?? "no consent"],
  ])("in %s: what rests on it is inactive, and userinfo refuses it", async (_where, streamOf) => {
    const former = [server, rs, client] as const;
    server = await startTestPlatform();
    try {
      rs = await server.admin.resource(RESOURCE, ["read"]);
      client = await register(server.issuer);
      const tokens = await logIn();
      expect((await introspect(server.issuer, rs, tokens.access_token)).active).toBe(true);
      const forIssuer = await refresh(server.issuer, client, tokens.refresh_token as string, { resource: server.issuer });
      const own = (await forIssuer.json()) as Tokens;
      const userinfo = () => fetch(`${server.issuer}/userinfo`, { headers: { authorization: `Bearer ${own.access_token}` } });
      expect((await userinfo()).status).toBe(200);
      const stream = await streamOf(tokens);
      await appendUnknown(stream, false);
      expect(await introspect(server.issuer, rs, tokens.access_token)).toEqual({ active: false });
      // what is for the issuer rests on no resource
      expect((await userinfo()).status).toBe(stream.startsWith("resource-") ? 200 : 401);
      expect((await refresh(server.issuer, client, own.refresh_token as string)).status).toBe(503);
    } finally {
      await server.close();
      rmSync(server.dataDir, { recursive: true, force: true });
      [server, rs, client] = former;
    }
  });

  it.runIf(onSharedEngines)("written by a newer release beside it while it serves: the same, without a restart", async () => {
    const [poisoned, other] = [await logIn(), await logIn()];
    expect((await introspect(server.issuer, rs, poisoned.access_token)).active).toBe(true);
    await writeUnknown(grantOf(poisoned), false);
    await expect.poll(async () => (await introspect(server.issuer, rs, poisoned.access_token)).active, { timeout: 5_000 }).toBe(false);
    const refused = await refresh(server.issuer, client, poisoned.refresh_token as string);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    expect((await parked()).items.map(({ stream }) => stream)).toContain(grantOf(poisoned));
    expect((await refresh(server.issuer, client, other.refresh_token as string)).status).toBe(200);
  });

  it("an event whose writer said that it may be skipped stops nothing", async () => {
    const before = (await parked()).total;
    const tokens = await logIn();
    await appendUnknown(grantOf(tokens), true);
    expect((await introspect(server.issuer, rs, tokens.access_token)).active).toBe(true);
    expect((await refresh(server.issuer, client, tokens.refresh_token as string)).status).toBe(200);
    expect((await parked()).total).toBe(before);
  });

  it("stays parked over a restart, and the server starts all the same", async () => {
    const tokens = await logIn();
    await appendUnknown(grantOf(tokens), false);
    const { total } = await parked();
    expect(total).toBeGreaterThan(0);
    await server.close({ keepData: true });
    server = await startTestPlatform({ dataDir: server.dataDir });
    expect((await parked()).total).toBe(total);
    expect(await introspect(server.issuer, rs, tokens.access_token)).toEqual({ active: false });
    const machine = await server.admin.machine();
    expect(
      (
        await postForm(
          `${server.issuer}/token`,
          { grant_type: "client_credentials", scope: "read", resource: RESOURCE },
          { authorization: basic(machine.client_id, machine.client_secret) },
        )
      ).status,
    ).toBe(200);
  });
});
