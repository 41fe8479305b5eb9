// Real: SQLite event store and ephemeral store, deciders, keys. Fake: clock.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  aClient,
  aGrant,
  type Answer,
  aResource,
  aSubject,
  basic,
  eventsOf,
  openWorld,
  send,
  VERIFIER,
  type World,
} from "../testing/world.ts";
import { introspectionEndpoints } from "../introspection/index.ts";
import { tokenEndpoints } from "../token/index.ts";

const MCP = "https://mcp.test/mcp";
let world: World;
let plain: World;

beforeAll(async () => {
  world = await openWorld({ settings: { stepUpNudge: true } });
  plain = await openWorld();
  for (const each of [world, plain]) {
    await aResource(each, MCP, { clientId: "rs" });
    await aClient(each, "app");
    await aSubject(each, "alice");
    await aClient(each, "rs", { secret: "s" });
  }
});
afterAll(async () => {
  await world.close();
  await plain.close();
});

const token = (at: World, form: Record<string, string>): Promise<Answer> =>
  send(tokenEndpoints(at.context), "/oauth/token", { client_id: "app", ...form });
async function signIn(
  at: World,
  granted: readonly string[] = ["read"],
  scope?: string,
): Promise<Answer["body"] & { readonly grantId: string }> {
  const { code, grantId } = await aGrant(at, { resources: { [MCP]: granted } });
  let { body } = await token(at, { grant_type: "authorization_code", code, code_verifier: VERIFIER });
  if (scope !== undefined)
    ({ body } = await token(at, { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]), scope }));
  return { ...body, grantId };
}
const refresh = async (at: World, value: unknown): Promise<readonly unknown[]> => {
  const answer = await token(at, { grant_type: "refresh_token", refresh_token: String(value) });
  return [answer.status, answer.body["error"], answer.reason];
};
/** A resource server says what it wanted when it asks. */
const challenge = (at: World, value: unknown, required = "read write") =>
  send(introspectionEndpoints(at.context), "/oauth/introspect", { token: String(value), required_scope: required }, basic("rs", "s"));
const OK = [200, undefined, undefined];
const NUDGE = [400, "invalid_grant", "step-up-required"];

describe("the first refresh after a resource wanted more scope", () => {
  it("is refused once, so that the client goes and asks for it; nothing is revoked or recorded", async () => {
    const signed = await signIn(world);
    expect((await challenge(world, signed["access_token"])).body).toMatchObject({ active: true, scope: "read" });
    const before = await eventsOf(world, `grant-${signed.grantId}`);
    expect(await refresh(world, signed["refresh_token"])).toEqual(NUDGE);
    expect(await eventsOf(world, `grant-${signed.grantId}`)).toEqual(before);
    expect(await refresh(world, signed["refresh_token"])).toEqual(OK);
  });

  it("is refused to one of many at once", async () => {
    const signed = await signIn(world);
    await challenge(world, signed["access_token"]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(world, signed["refresh_token"])));
    expect(answers.filter(([, error]) => error === "invalid_grant")).toEqual([NUDGE]);
  });

  it("passes where it brings what was missing, or nothing was", async () => {
    const narrowed = await signIn(world, ["read", "write"], "read");
    await challenge(world, narrowed["access_token"]);
    expect(await refresh(world, narrowed["refresh_token"])).toEqual(OK);
    const enough = await signIn(world);
    await challenge(world, enough["access_token"], "read");
    expect(await refresh(world, enough["refresh_token"])).toEqual(OK);
  });

  it("passes a minute later, for another grant, and where the operator did not ask for this", async () => {
    const late = await signIn(world);
    await challenge(world, late["access_token"]);
    expect(await refresh(world, (await signIn(world))["refresh_token"])).toEqual(OK);
    world.clock.time += 61;
    expect(await refresh(world, late["refresh_token"])).toEqual(OK);
    const unasked = await signIn(plain);
    await challenge(plain, unasked["access_token"]);
    expect(await refresh(plain, unasked["refresh_token"])).toEqual(OK);
  });

  it("tells a thief nothing: a rotated token is theft, whatever was challenged (P3)", async () => {
    const signed = await signIn(world);
    const next = await token(world, { grant_type: "refresh_token", refresh_token: String(signed["refresh_token"]) });
    world.clock.time += 31;
    await challenge(world, next.body["access_token"]);
    expect(await refresh(world, signed["refresh_token"])).toEqual([400, "invalid_grant", "refresh-reused"]);
  });

  it("is asked about in full each time, for no such question is answered from what was kept", async () => {
    const signed = await signIn(world);
    const endpoints = introspectionEndpoints(world.context);
    const form = { token: String(signed["access_token"]), required_scope: "write" };
    for (let n = 0; n < 2; n++) {
      expect((await send(endpoints, "/oauth/introspect", form, basic("rs", "s"))).status).toBe(200);
      expect(await refresh(world, signed["refresh_token"])).toEqual(NUDGE);
    }
  });

  it("is served while the store of what was noted is away (P7)", async () => {
    const signed = await signIn(world);
    const gone = () => Promise.reject(new Error("away"));
    const ephemeral = { ...world.context.ephemeral, put: gone, get: gone };
    const away = { ...world, context: { ...world.context, ephemeral } };
    expect((await challenge(away, signed["access_token"])).body["active"]).toBe(true);
    await challenge(world, signed["access_token"]);
    expect(await refresh(away, signed["refresh_token"])).toEqual(OK);
  });
});
