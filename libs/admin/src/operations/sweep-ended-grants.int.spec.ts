// Real: HTTP, the whole server, SQLite event store and read model, keys; a person who logs in and consents. Given: the clock.
import { afterAll, beforeAll, expect, it } from "vitest";
import { obtainCode, obtainTokens, refresh, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { sweepEndedGrants } from "./sweep-ended-grants.ts";

const RESOURCE = "https://ended.example/mcp";
let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ frozenAt: 1_900_000_000 });
  await platform.admin.resource(RESOURCE, ["read"]);
});
afterAll(() => platform.close());

it("records the end of codes nobody redeemed, of idle families and of old ones, each once, and leaves the living alone", async () => {
  const client = await register(platform.issuer);
  const options = { issuer: platform.issuer, client, scope: "read", resource: RESOURCE };
  await obtainCode(platform.person(), options);
  await obtainTokens(platform.person(), options);
  let { refresh_token: living } = await obtainTokens(platform.person(), options);
  const { settings } = platform.context;
  const { code, refreshIdle, refreshAbsolute } = settings.lifetimes.human;
  const reasons = async (): Promise<readonly string[]> => {
    const { store } = platform.context;
    const events = await store.readAll("0", 10_000);
    return events
      .filter(({ type }) => type === "GrantExpired")
      .map(({ body }) => (JSON.parse(body) as { data: { reason: string } }).data.reason);
  };
  const useIt = async (): Promise<void> => {
    living = ((await (await refresh(platform.issuer, client, living as string)).json()) as { refresh_token: string }).refresh_token;
  };

  expect(await sweepEndedGrants(platform.context)).toBe(0);
  platform.advance(code);
  expect([await sweepEndedGrants(platform.context), await reasons()]).toEqual([1, ["code"]]);
  await useIt();
  platform.advance(refreshIdle - code);
  await useIt();
  expect([await sweepEndedGrants(platform.context), await reasons()]).toEqual([1, ["code", "idle"]]);
  for (let passed = refreshIdle; passed < refreshAbsolute - refreshIdle; passed += refreshIdle / 2) {
    platform.advance(refreshIdle / 2);
    await useIt();
  }
  expect(await sweepEndedGrants(platform.context)).toBe(0);
  platform.advance(refreshIdle * 2);
  expect([await sweepEndedGrants(platform.context), (await reasons()).at(-1)]).toEqual([1, "absolute"]);
  expect(await sweepEndedGrants(platform.context)).toBe(0);
});
