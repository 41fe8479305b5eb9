/*
 * P7, what applies to one machine. Real: the whole server over HTTP. Made: the store answers nothing when told.
 */
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
import { breakable, type BrokenStore } from "../support/broken-store.ts";

const RESOURCE = "https://degrade.example/mcp";
let server: TestPlatform;
let rs: { client_id: string; client_secret: string };
let client: Registered;
let warm: Tokens;
let cold: Tokens;
let store: BrokenStore;

beforeAll(async () => {
  server = await startTestPlatform();
  rs = await server.admin.resource(RESOURCE, ["read"]);
  client = await register(server.issuer);
  const options = { issuer: server.issuer, client, scope: "read", resource: RESOURCE };
  [warm, cold] = [await obtainTokens(server.person(), options), await obtainTokens(server.person(), options)];
  await introspect(server.issuer, rs, warm.access_token);
  store = breakable(server.context.store);
});
afterAll(() => server.close());

const ask = (token: string): Promise<Response> =>
  postForm(`${server.issuer}/introspect`, { token }, { authorization: basic(rs.client_id, rs.client_secret) });

describe("degrade, don't fail, and never guess (P7)", () => {
  it("without a store validation goes on from memory, revocations included", async () => {
    await postForm(`${server.issuer}/revoke`, { token: cold.refresh_token, client_id: client.client_id });
    store.goAway();
    const [still, gone] = [await ask(warm.access_token), await ask(cold.access_token)];
    store.comeBack();
    expect([still.status, await still.json()]).toEqual([200, expect.objectContaining({ active: true })]);
    expect([gone.status, await gone.json()]).toEqual([200, { active: false }]);
  });

  it("what is not in memory is 503 with Retry-After, never a guess", async () => {
    const other = await obtainTokens(server.person(), { issuer: server.issuer, client, scope: "read", resource: RESOURCE });
    await server.close({ keepData: true });
    server = await startTestPlatform({ dataDir: server.dataDir });
    store = breakable(server.context.store);
    expect(await (await ask(warm.access_token)).json()).toMatchObject({ active: true });
    store.goAway();
    if (onSharedEngines) {
      // there what another process has seen comes from Redis, until that has lost it
      expect(await (await ask(other.access_token)).json()).toMatchObject({ active: true });
      await server.close({ keepData: true });
      server = await startTestPlatform({ dataDir: server.dataDir });
      await ask(warm.access_token);
      store = breakable(server.context.store);
      await (await keptBy(server.dataDir)).loseDisposable();
      store.goAway();
    }
    const unknown = await ask(other.access_token);
    store.comeBack();
    expect([unknown.status, unknown.headers.get("retry-after")]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    expect(await unknown.json()).toMatchObject({ error: "temporarily_unavailable" });
    expect(await (await ask(other.access_token)).json()).toMatchObject({ active: true });
  });

  it("writes are 503 with Retry-After, the instance says it is not ready, and all is well when the store is back", async () => {
    store.goAway();
    const refused = await refresh(server.issuer, client, warm.refresh_token as string);
    const ready = await fetch(`${server.origin}/health/ready`);
    const live = await fetch(`${server.origin}/health/live`);
    store.comeBack();
    expect([refused.status, refused.headers.get("retry-after"), ready.status, live.status]).toEqual([
      503,
      expect.stringMatching(/^\d+$/),
      503,
      200,
    ]);
    expect((await fetch(`${server.origin}/health/ready`)).status).toBe(200);
    expect((await refresh(server.issuer, client, warm.refresh_token as string)).status).toBe(200);
  });

  it("keys already unwrapped keep signing although the keys at rest are gone", async () => {
    const machine = await server.admin.machine();
    await (await keptBy(server.dataDir)).loseKeys();
    const response = await postForm(
      `${server.issuer}/token`,
      { grant_type: "client_credentials", scope: "read", resource: RESOURCE },
      { authorization: basic(machine.client_id, machine.client_secret) },
    );
    expect(response.status).toBe(200);
  });
});
