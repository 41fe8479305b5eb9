// Real: SQLite event store, deciders, keyring, issuance writer. Fake: clock, security log, and an append that fails where said so.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventStoreUnavailable } from "@grantline/event-store";
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
import { revocationEndpoints } from "./index.ts";

const MCP = "https://mcp.test/mcp";
let world: World;

beforeAll(async () => {
  world = await openWorld();
  await aResource(world, MCP);
  await aClient(world, "app");
  await aClient(world, "other");
  await aClient(world, "job", { secret: "s" });
  await aClient(world, "rs", { secret: "s" });
  await aSubject(world, "alice");
});
afterAll(() => world.close());

const revoke = (token: unknown, extra: Record<string, string> = {}, headers = {}): Promise<Answer> =>
  send(revocationEndpoints(world.context), "/oauth/revoke", { token: String(token), client_id: "app", ...extra }, headers);
const active = async (token: unknown): Promise<unknown> =>
  (await send(introspectionEndpoints(world.context), "/oauth/introspect", { token: String(token) }, basic("rs", "s"))).body["active"];
const token = (fields: Record<string, string>, headers = {}): Promise<Answer> =>
  send(tokenEndpoints(world.context), "/oauth/token", fields, headers);
const refresh = (value: unknown): Promise<Answer> => token({ grant_type: "refresh_token", client_id: "app", refresh_token: String(value) });
const signIn = async () => {
  const { code, grantId } = await aGrant(world, { resources: { [MCP]: ["read"] } });
  return {
    grantId,
    ...(await token({ grant_type: "authorization_code", client_id: "app", code, code_verifier: VERIFIER })).body,
  } as Record<string, unknown>;
};

describe("revoking a refresh token", () => {
  it("ends the whole family, and a second time is fine (V-04)", async () => {
    const first = await signIn();
    const next = (await refresh(first["refresh_token"])).body;
    expect((await revoke(next["refresh_token"])).status).toBe(200);
    for (const value of [first["access_token"], next["access_token"]]) expect(await active(value)).toBe(false);
    expect((await refresh(next["refresh_token"])).reason).toBe("grant-revoked");
    expect((await revoke(next["refresh_token"])).status).toBe(200);
    expect((await eventsOf(world, `grant-${String(first["grantId"])}`)).filter((type) => type === "GrantRevoked")).toHaveLength(1);
  });

  it("works with one that was rotated already", async () => {
    const first = await signIn();
    const next = (await refresh(first["refresh_token"])).body;
    expect((await revoke(first["refresh_token"], { token_type_hint: "access_token" })).status).toBe(200);
    expect(await active(next["access_token"])).toBe(false);
  });
});

describe("revoking an access token", () => {
  it("ends that one alone", async () => {
    const first = await signIn();
    expect((await revoke(first["access_token"], { token_type_hint: "refresh_token" })).status).toBe(200);
    expect(await active(first["access_token"])).toBe(false);
    expect((await refresh(first["refresh_token"])).status).toBe(200);
    expect(await eventsOf(world, `grant-${String(first["grantId"])}`)).toContain("AccessTokenRevoked");
    expect((await revoke(first["access_token"], { token_type_hint: "no such type" })).status).toBe(200);
  });

  it("without a grant is an event in a stream of its own", async () => {
    const { access_token: value } = (await token({ grant_type: "client_credentials", resource: MCP, scope: "read" }, basic("job", "s")))
      .body;
    const seen = await send(introspectionEndpoints(world.context), "/oauth/introspect", { token: String(value) }, basic("rs", "s"));
    expect(seen.body["active"]).toBe(true);
    const answer = await send(revocationEndpoints(world.context), "/oauth/revoke", { token: String(value) }, basic("job", "s"));
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(await active(value)).toBe(false);
    expect(await eventsOf(world, `token-${String(seen.body["jti"])}`)).toEqual(["AccessTokenRevoked"]);
  });
});

describe("the endpoint", () => {
  it("says 200 to garbage and asks for a token", async () => {
    for (const value of ["garbage", "gl_at_x", "gl_rt_x", "a.b.c"]) expect((await revoke(value)).status).toBe(200);
    expect((await send(revocationEndpoints(world.context), "/oauth/revoke", { client_id: "app" })).reason).toBe("parameter-missing");
  });

  it("refuses a token of another client, which stays valid", async () => {
    const first = await signIn();
    for (const value of [first["access_token"], first["refresh_token"]]) {
      const answer = await revoke(value, { client_id: "other" });
      expect([answer.status, answer.body["error"], answer.reason]).toEqual([400, "invalid_grant", "client-mismatch"]);
    }
    expect(await active(first["access_token"])).toBe(true);
    expect(
      (await send(revocationEndpoints(world.context), "/oauth/revoke", { token: String(first["access_token"]), client_id: "job" })).status,
    ).toBe(401);
  });

  it("never says 200 when the event could not be appended, and the token stays (V-05, CVE 15)", async () => {
    const first = await signIn();
    const down = async (): Promise<never> => {
      throw new EventStoreUnavailable("down");
    };
    const broken = revocationEndpoints({ ...world.context, grants: { ...world.context.grants, execute: down } });
    for (const value of [first["access_token"], first["refresh_token"]]) {
      await expect(send(broken, "/oauth/revoke", { token: String(value), client_id: "app" })).rejects.toBeInstanceOf(EventStoreUnavailable);
    }
    const refusing = revocationEndpoints({
      ...world.context,
      grants: {
        ...world.context.grants,
        execute: async () => ({ outcome: { kind: "refused", reason: "token-unknown" }, state: { status: "none" }, revision: -1 }),
      },
    });
    expect((await send(refusing, "/oauth/revoke", { token: String(first["access_token"]), client_id: "app" })).status).toBe(500);
    expect(await active(first["access_token"])).toBe(true);
  });
});
