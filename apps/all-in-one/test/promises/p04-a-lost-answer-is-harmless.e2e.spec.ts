/*
 * P4. Real: the built server as a primary with two workers, HTTP over connections held to each. Made: nothing.
 */
import { rmSync } from "node:fs";
import {
  ADMIN_SECRET,
  obtainTokens,
  Person,
  register,
  TestAdmin,
  type Registered,
  type ServerProcess,
  type Tokens,
} from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsIn } from "../support/event-log.ts";
import { linesToWorkers, startTwoWorkers, type Reply, type WorkerLine } from "../support/two-workers.ts";

const JWT = "https://jwt.example/mcp";
const OPAQUE = "https://opaque.example/mcp";
let server: ServerProcess;
let admin: TestAdmin;
let client: Registered;
let lines: readonly WorkerLine[];

beforeAll(async () => {
  server = await startTwoWorkers();
  admin = new TestAdmin(server.origin, server.issuer, ADMIN_SECRET);
  await admin.resource(JWT, ["read", "write"], { token_policy: { format: "jwt" } });
  await admin.resource(OPAQUE, ["read", "write"], { token_policy: { format: "opaque" } });
  client = await register(server.issuer);
  lines = await linesToWorkers(server.port);
});
afterAll(async () => {
  for (const line of lines) line.close();
  await server.kill("SIGTERM");
  rmSync(server.dataDir, { recursive: true, force: true });
});

const line = (index: number): WorkerLine => lines[index % 2] as WorkerLine;
const logIn = (resource: string, by: Registered = client): Promise<Tokens> =>
  obtainTokens(new Person(server.origin), { issuer: server.issuer, client: by, scope: "read write", resource });
const refreshAt = (at: WorkerLine, token: unknown, more: Readonly<Record<string, string>> = {}, by: Registered = client): Promise<Reply> =>
  at.post("/oauth/token", { grant_type: "refresh_token", refresh_token: String(token), client_id: by.client_id, ...more });
const typesOf = async (refreshToken: unknown): Promise<readonly string[]> => {
  const grant = /^gl_rt_([a-z0-9]+)\./.exec(String(refreshToken))?.[1];
  return (await eventsIn(server.dataDir, `grant-${grant}`)).map(({ type }) => type);
};
const count = (types: readonly string[], wanted: string): number => types.filter((type) => type === wanted).length;
const claimsOf = (token: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(token).split(".")[1] as string, "base64url").toString()) as Record<string, unknown>;

describe("a lost answer is harmless (P4)", () => {
  it("50 at once over two processes get one refresh token and a JWT with one jti, exp and scope, from one rotation and at most one note of a retry", async () => {
    const { refresh_token } = await logIn(JWT);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => refreshAt(line(index), refresh_token)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(new Set(answers.map(({ body }) => body["refresh_token"])).size).toBe(1);
    const claims = answers.map(({ body }) => claimsOf(body["access_token"]));
    for (const name of ["jti", "exp", "iat", "scope", "aud", "sub"])
      expect([name, new Set(claims.map((each) => each[name])).size]).toEqual([name, 1]);
    const types = await typesOf(refresh_token);
    expect(count(types, "RefreshTokenRotated")).toBe(1);
    expect(count(types, "RefreshRetried")).toBeLessThan(2);
    expect(count(types, "GrantRevoked")).toBe(0);
  });

  it("an opaque token comes back as the same value from the other process", async () => {
    const { refresh_token } = await logIn(OPAQUE);
    const first = await refreshAt(line(0), refresh_token);
    const again = await refreshAt(line(1), refresh_token);
    expect([again.body["access_token"], again.body["refresh_token"]]).toEqual([first.body["access_token"], first.body["refresh_token"]]);
  });

  it("holds although the successor was used meanwhile, and the family goes on", async () => {
    const { refresh_token } = await logIn(OPAQUE);
    const first = await refreshAt(line(0), refresh_token);
    const second = await refreshAt(line(1), first.body["refresh_token"]);
    const late = await refreshAt(line(1), refresh_token);
    expect([late.status, late.body["refresh_token"]]).toEqual([200, first.body["refresh_token"]]);
    expect((await refreshAt(line(0), second.body["refresh_token"])).status).toBe(200);
    expect(count(await typesOf(refresh_token), "GrantRevoked")).toBe(0);
  });

  it("another scope, resource or client is refused, and revokes nothing", async () => {
    const stranger = await register(server.issuer);
    const { refresh_token } = await logIn(OPAQUE);
    const first = await refreshAt(line(0), refresh_token);
    const refused = [
      await refreshAt(line(1), refresh_token, { scope: "read" }),
      await refreshAt(line(0), refresh_token, { resource: JWT }),
      await refreshAt(line(1), refresh_token, {}, stranger),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect((await refreshAt(line(0), first.body["refresh_token"])).status).toBe(200);
  });

  it("with a window of 0 for the client the second use is theft, on whichever process", async () => {
    const strict = await register(server.issuer);
    await admin.call("PATCH", `/clients/${strict.client_id}`, { settings: { refresh_retry_window: 0 } });
    const { refresh_token } = await logIn(OPAQUE, strict);
    const first = await refreshAt(line(0), refresh_token, {}, strict);
    expect(first.status).toBe(200);
    expect((await refreshAt(line(1), refresh_token, {}, strict)).status).toBe(400);
    expect((await refreshAt(line(0), first.body["refresh_token"], {}, strict)).status).toBe(400);
    expect(await typesOf(refresh_token)).toEqual(expect.arrayContaining(["RefreshReuseDetected", "GrantRevoked"]));
  });
});
