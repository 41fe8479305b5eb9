// Real: HTTP, the whole server, SQLite event store and read model, keys; a person who logs in and consents. Given: the clock.
import { afterAll, beforeAll, expect, it } from "vitest";
import { obtainTokens, postForm, refresh, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { sweepUnusedClients } from "./sweep-unused-clients.ts";

const WEEK = 7 * 86_400;
let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ frozenAt: 1_900_000_000, env: { GRANTLINE_DEV_USERS: "ada:ada-password" } });
  await platform.admin.resource(`${platform.origin}/mcp`, ["read"]);
});
afterAll(() => platform.close());

it("lets go of registrations nobody used, keeps those with a live grant, and tells the client what to do", async () => {
  const idle = await register(platform.issuer);
  const used = await register(platform.issuer);
  const tokens = await obtainTokens(platform.person(), {
    issuer: platform.issuer,
    client: used,
    resource: `${platform.origin}/mcp`,
    username: "ada",
    password: "ada-password",
  });
  expect(await sweepUnusedClients(platform.context)).toBe(0);
  const lifetime = platform.context.settings.dcr.unusedLifetime;
  let refreshToken = tokens.refresh_token ?? "";
  for (let passed = 0; passed <= lifetime; passed += WEEK) {
    platform.advance(WEEK);
    refreshToken = ((await (await refresh(platform.issuer, used, refreshToken)).json()) as { refresh_token: string }).refresh_token;
  }
  expect(await sweepUnusedClients(platform.context)).toBe(1);
  expect(await sweepUnusedClients(platform.context)).toBe(0);
  const answer = await postForm(`${platform.issuer}/token`, {
    grant_type: "refresh_token",
    refresh_token: "gl_rt_x",
    client_id: idle.client_id,
  });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({
    error: "invalid_client",
    error_description: expect.stringContaining("register again") as string,
  });
  expect((await refresh(platform.issuer, used, refreshToken)).status).toBe(200);
});
